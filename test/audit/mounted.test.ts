import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { TrailReport } from 'sallyport'
import { programOf } from '../program.js'
import { describeWith } from '../services.js'
import { SIGNING } from './gates.js'

let folder: string
let server: Mounted
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-mounted-'))
})
afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** How somebody may mount what only they and their children see, if they may at all. */
const rights = ['-m', '-Urm'].find((flags) => {
  const mount = 'mount -t tmpfs -o size=64k none /tmp'
  return spawnSync('unshare', [flags, 'sh', '-c', mount]).status === 0
})

interface Mounted {
  tell(command: string): Promise<unknown>
  /** The status of a request, and how long it took. */
  ask(path: string): Promise<readonly [status: number, ms: number]>
  stop(): Promise<void>
}

async function start(options: string): Promise<Mounted> {
  const keys = join(folder, 'keys')
  writeFileSync(keys, [SIGNING.key, ...SIGNING.publicKeys].join('\0'))
  const disk = mkdtempSync(join(folder, 'disk-'))
  const mount = `mount -t tmpfs -o ${options} none "$0" && exec "$@"`
  const program = [process.execPath, programOf('test/audit/mounted.ts'), disk, keys]
  const child = spawn('unshare', [rights ?? '', 'sh', '-c', mount, disk, ...program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown
  const { port, secret } = (await next()) as { port: number; secret: string }
  const headers = { authorization: `Bearer ${secret}` }
  return {
    async tell(command) {
      child.stdin.write(`${command}\n`)
      return ((await next()) as { answer: unknown }).answer
    },
    async ask(path) {
      const begun = performance.now()
      const { status } = await fetch(`http://127.0.0.1:${String(port)}/${path}`, { headers })
      return [status, performance.now() - begun]
    },
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Which of some requests in a row were let in. */
async function allowedOf(paths: readonly string[]): Promise<string[]> {
  const allowed: string[] = []
  for (const path of paths) if ((await server.ask(path))[0] === 200) allowed.push(`/${path}`)
  return allowed
}

const paths = (mode: string, name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${mode}/${name}-${String(n)}`)

/** Asks until it is let in, and says how long that took. */
async function recovery(path: string): Promise<number> {
  const begun = performance.now()
  while ((await server.ask(path))[0] !== 200) {
    if (performance.now() - begun > 20_000) throw new Error('It was not let in again.')
    await pause(20)
  }
  return performance.now() - begun
}

async function report() {
  return (await server.tell('report')) as {
    found: TrailReport
    paths: string[]
    alarms: string[]
  }
}

async function expectOutage(name: string): Promise<void> {
  for (const path of paths('required', name, 1)) {
    const [status, ms] = await server.ask(path)
    expect(status).toBe(503)
    // A quarter of a second by itself; the machine may be busy.
    expect([ms > 240, ms < 2_000]).toEqual([true, true])
  }
  expect(await allowedOf(paths('best-effort', name, 10))).toHaveLength(10)
}

describeWith(rights, 'a disk of 64 KiB (for whoever may mount: root, or by unshare -Urm)', () => {
  test('that is full, and read-only: 503 in mode required, 200 in best-effort, and it goes on', async () => {
    server = await start('size=64k')
    const acknowledged = await allowedOf(paths('required', 'before', 10))
    expect(acknowledged).toHaveLength(10)
    await server.tell('fill')
    // The last page of the trail may have room for some.
    const last = await allowedOf(paths('required', 'last', 8))
    expect(last.length).toBeLessThan(8)
    await expectOutage('full')
    expect(await server.tell('readonly')).toBe(true)
    await expectOutage('readonly')
    expect(await server.tell('writable')).toBe(true)
    await expectOutage('full-again')
    await server.tell('free')
    expect(await recovery('required/recovered')).toBeLessThan(5_000)
    const after = await allowedOf(paths('required', 'after', 10))
    expect(after).toHaveLength(10)
    const { found, paths: kept, alarms } = await report()
    const whole = { writers: 1, invalid: 0, missing: 0, unproven: 0, torn: 0, dropped: 0 }
    expect(found).toMatchObject({ ...whole, findings: [] })
    // What was let in while it could not be written has been written since.
    const waited = ['full', 'readonly', 'full-again'].flatMap((name) =>
      paths('best-effort', name, 10).map((path) => `/${path}`),
    )
    const all = [...acknowledged, ...last, ...waited, ...after]
    expect(all.filter((path) => !kept.includes(path))).toEqual([])
    expect(alarms).toContain('AuditError: The audit trail cannot be written.')
  }, 60_000)

  test('that is read-only from the beginning takes the trail as soon as it is not', async () => {
    server = await start('size=64k,ro')
    await expectOutage('readonly')
    expect(await server.tell('writable')).toBe(true)
    expect(await recovery('required/recovered')).toBeLessThan(5_000)
    const { found, paths: kept } = await report()
    expect(found).toMatchObject({ invalid: 0, missing: 0, unproven: 0, findings: [] })
    expect(kept.length).toBeGreaterThanOrEqual(11)
  }, 60_000)

  test('that is full for more than there is room for in memory: the trail says how much it has not', async () => {
    server = await start('size=64k')
    await server.tell('fill')
    expect(await server.tell('flood')).toBe(12_000)
    expect(await server.tell('grow')).toBe(true)
    await server.tell('flush')
    expect((await server.ask('required/recovered'))[0]).toBe(200)
    const { found, paths: kept, alarms } = await report()
    expect(found).toMatchObject({ invalid: 0, missing: 0, unproven: 0, torn: 0, findings: [] })
    expect(found.dropped).toBeGreaterThan(0)
    const flooded = kept.filter((path) => path.startsWith('/flood/')).length
    expect(flooded + found.dropped).toBe(12_000)
    expect(alarms.filter((alarm) => alarm.includes('queue is full'))).toHaveLength(1)
  }, 60_000)

  test('control: with room on it, nothing of that happens', async () => {
    server = await start('size=64m')
    expect(await allowedOf(paths('required', 'sound', 20))).toHaveLength(20)
    expect(await server.tell('trickle')).toBe(12_000)
    const { found, alarms } = await report()
    expect([found.dropped, found.findings, alarms]).toEqual([0, [], []])
  }, 60_000)
})
