import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parseAuditLine, verifyTrail, type AuditMode } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { programOf } from '../program.js'

const KILLS = Number(process.env['SALLYPORT_TEST_KILLS'] ?? 6)
const CLIENTS = 8
let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-kill-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

interface Killed {
  readonly answered: ReadonlySet<string>
  readonly recorded: ReadonlySet<string>
}

/** A server under load, killed at some moment. */
async function kill(round: number, mode: AuditMode, into: string): Promise<Killed> {
  const program = programOf('test/audit/server.ts')
  const child = spawn(process.execPath, [program, into, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const { port, secret } = JSON.parse(line) as { port: number; secret: string }
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  const answered = new Set<string>()
  let next = 0
  const client = async () => {
    for (;;) {
      const path = `/${String(round)}-${String(next++)}`
      const status = await ask(port, path, secret, agent)
      if (status === 0) return
      // A busy machine may not write in time: then it is refused.
      if (status === 200) answered.add(path)
    }
  }
  const clients = Array.from({ length: CLIENTS }, client)
  while (answered.size < 20) await pause(1)
  await pause(Math.random() * 30)
  child.kill('SIGKILL')
  await Promise.all([once(child, 'exit'), ...clients])
  agent.destroy()
  const recorded = new Set<string>()
  for await (const { line } of createAuditFiles(into).lines()) {
    const record = parseAuditLine(line)
    if (record?.kind === 'access' && record.outcome === 'allowed') recorded.add(record.path ?? '')
  }
  return { answered, recorded }
}

/** The status, or 0 where the server is gone. */
function ask(port: number, path: string, secret: string, agent: Agent): Promise<number> {
  const headers = { authorization: `Bearer ${secret}` }
  return new Promise((resolve) => {
    get({ port, host: '127.0.0.1', path, agent, headers }, (response) => {
      response
        .resume()
        .on('end', () => {
          resolve(response.statusCode ?? 0)
        })
        .on('error', () => {
          resolve(0)
        })
    }).on('error', () => {
      resolve(0)
    })
  })
}

test(
  `what was answered is in the trail, whenever the server is killed: ${String(KILLS)} times`,
  async () => {
    let requests = 0
    for (let round = 0; round < KILLS; round++) {
      const into = join(directory, `required-${String(Math.floor(round / 20))}`)
      const { answered, recorded } = await kill(round, 'required', into)
      requests += answered.size
      expect([...answered].filter((path) => !recorded.has(path))).toEqual([])
      const last = round % 20 === 19 || round === KILLS - 1
      if (!last) continue
      const report = await verifyTrail(createAuditFiles(into).lines())
      expect(report).toMatchObject({ invalid: 0, missing: 0 })
      expect(report.writers).toBe((round % 20) + 1)
    }
    expect(requests).toBeGreaterThanOrEqual(20 * KILLS)
  },
  60_000 + KILLS * 2_000,
)

test('control: in mode best-effort, some of it is missing', async () => {
  const missing: string[] = []
  for (let round = 0; round < 6 && missing.length === 0; round++) {
    const { answered, recorded } = await kill(round, 'best-effort', join(directory, 'best-effort'))
    missing.push(...[...answered].filter((path) => !recorded.has(path)))
  }
  expect(missing.length).toBeGreaterThan(0)
}, 60_000)
