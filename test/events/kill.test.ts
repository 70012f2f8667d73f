import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createTestClock } from 'sallyport/testing'
import { programOf } from '../program.js'

const KILLS = Number(process.env['SALLYPORT_TEST_KILLS'] ?? 8)
/** Processes at once, on one database. */
const AT_ONCE = 2
const directory = mkdtempSync(join(tmpdir(), 'sallyport-events-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** The keys of a process that was killed while it made them. */
async function kill(program: string, database: string, told: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, database, told], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ids: string[] = []
  const lines = createInterface(child.stdout).on('line', (id) => ids.push(id))
  await once(lines, 'line')
  await pause(Math.random() * 60)
  child.kill('SIGKILL')
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
  return ids
}

test(
  `of ${String(KILLS)} processes that are killed between a commit and its event, no event is lost`,
  async () => {
    const program = programOf('test/events/killed.ts')
    const [database, told] = [join(directory, 'keys.db'), join(directory, 'told')]
    const store = await openSqliteKeyStore(database)
    const seen: string[] = []
    // Whatever the killed had claimed is free by now.
    const time = createTestClock(new Date(Date.now() + 3_600_000))
    const committed: string[] = []
    for (let round = 0; round < KILLS; round += AT_ONCE) {
      const killed = Array.from({ length: AT_ONCE }, () => kill(program, database, told))
      committed.push(...(await Promise.all(killed)).flat())
    }
    const last = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [], clock: time.clock },
      notify: ({ id, type, data }) => seen.push(`${id} ${type} ${String(data['id'])}`),
    })
    await last.events.run()
    const before = readFileSync(told, 'utf8').split('\n').filter(Boolean)
    const all = [...before, ...seen]
    const stored: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await store.list({ limit: 200, ...(cursor !== undefined && { cursor }) })
      for (const { id, revokedAt } of page.items)
        stored.push(`key.created ${id}`, ...(revokedAt ? [`key.revoked ${id}`] : []))
      cursor = page.cursor
      if (cursor === undefined) break
    }
    await last.close()
    store.close()
    const events = new Set(all.map((line) => line.slice(line.indexOf(' ') + 1)))
    expect(committed.length).toBeGreaterThan(KILLS - 1)
    expect(committed.filter((id) => !events.has(`key.revoked ${id}`))).toEqual([])
    // No change is without its event, and no event without its change, whether anybody heard of the commit or not.
    expect([...events].sort()).toEqual([...stored].sort())
    // What is told again has the id that it had.
    expect(new Set(all).size).toBe(events.size)
    expect(seen.length).toBeGreaterThan(0)
  },
  // A third of a second each; ten times that where the machine has other work.
  30_000 + KILLS * 4_000,
)
