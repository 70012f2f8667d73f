import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AuditError, openAuditLine, verifyTrail, type AuditSink } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { spoilDisk, type Disk, type DiskState } from './disk.js'
import { auditedGate, KEY, keptSink, PATIENT, requestWith, type AuditedGate } from './gates.js'

let directory: string
let disk: Disk

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-audit-'))
  disk = spoilDisk()
})
afterEach(() => {
  disk.repair()
  rmSync(directory, { recursive: true })
})

/** The paths of what was allowed, from the disk. */
async function pathsIn(folder: string): Promise<ReadonlySet<string | undefined>> {
  const paths = new Set<string | undefined>()
  for await (const { line } of createAuditFiles(folder).lines()) {
    const record = openAuditLine(line)
    if (record?.kind === 'access' && record.outcome === 'allowed') paths.add(record.path)
  }
  return paths
}

/** Asks until it is let in, for as long as an outage may take to be over. */
async function untilAllowed(gate: AuditedGate, secret: string, path: string): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await gate.check(requestWith(secret, path))).allowed) {
    if (performance.now() > end) throw new Error('It was not let in again.')
  }
}

const FAULTS: readonly DiskState[] = ['full', 'fsync fails', 'read-only', 'hangs', 'out of handles']

describe.each(FAULTS)('a disk that is in state "%s"', (state) => {
  test('in mode required: 503 until it is over, and nothing acknowledged is missing', async () => {
    const errors: unknown[] = []
    const sink = createAuditFiles(directory)
    const gate = auditedGate({ sink, mode: 'required' }, (error) => errors.push(error))
    const { secret } = await gate.keys.create(KEY)
    await untilAllowed(gate, secret, '/before')
    // An open file goes on where no other can be opened: it has failed once before.
    disk.state = state === 'out of handles' ? 'fsync fails' : state
    const first = gate.check(requestWith(secret, '/first'))
    if (state === 'out of handles') setImmediate(() => setTimeout(() => (disk.state = state), 20))
    const begun = performance.now()
    const denied = await first
    expect(performance.now() - begun).toBeLessThan(2_000)
    expect(denied).toMatchObject({ allowed: false, status: 503, reason: 'audit_unavailable' })
    expect(denied.headers).toMatchObject({ 'retry-after': '1' })
    expect(await gate.check(requestWith(secret, '/second'))).toMatchObject({ status: 503 })
    expect(errors).toContainEqual(expect.any(AuditError))
    disk.state = 'sound'
    await untilAllowed(gate, secret, '/after')
    await gate.close()
    const paths = await pathsIn(directory)
    expect([paths.has('/before'), paths.has('/after')]).toEqual([true, true])
    const report = await verifyTrail(createAuditFiles(directory).lines())
    expect(report).toMatchObject({ invalid: 0, missing: 0, torn: 0, dropped: 0 })
  }, 40_000)

  test('in mode best-effort: let in all the time, and all of it is written when it is over', async () => {
    const errors: unknown[] = []
    const sink = createAuditFiles(directory)
    const gate = auditedGate({ sink }, (error) => errors.push(error))
    const { secret } = await gate.keys.create(KEY)
    disk.state = state
    const asked = Array.from({ length: 50 }, (_, index) => `/${String(index)}`)
    for (const path of asked) {
      expect(await gate.check(requestWith(secret, path))).toMatchObject({ allowed: true })
      await new Promise((resolve) => setImmediate(resolve))
    }
    disk.state = 'sound'
    await gate.close()
    const paths = await pathsIn(directory)
    expect(asked.filter((path) => !paths.has(path))).toEqual([])
    expect(await verifyTrail(createAuditFiles(directory).lines())).toMatchObject({
      ...{ invalid: 0, missing: 0, torn: 0, dropped: 0 },
    })
  }, 40_000)
})

test('a file that is taken away is missed, and the trail goes on in another', async () => {
  const sink = createAuditFiles(directory)
  const gate = auditedGate({ sink, mode: 'required' })
  const { secret } = await gate.keys.create(KEY)
  await untilAllowed(gate, secret, '/before')
  for (const name of readdirSync(directory)) unlinkSync(join(directory, name))
  await untilAllowed(gate, secret, '/after')
  await gate.close()
  expect((await pathsIn(directory)).has('/after')).toBe(true)
  const report = await verifyTrail(createAuditFiles(directory).lines())
  expect(report.findings[0]).toMatchObject({ fault: 'missing', seq: 0 })
  expect(report.invalid).toBe(0)
})

describe('a sink that never answers', () => {
  function hung(): { sink: AuditSink; heal: () => void; kept: ReturnType<typeof keptSink> } {
    const kept = keptSink()
    let healthy = false
    return {
      kept,
      heal: () => (healthy = true),
      sink: {
        write: (entries) => (healthy ? kept.write(entries) : new Promise<void>(() => undefined)),
      },
    }
  }

  test('in mode required: 503 in time; it is asked again, without a restart', async () => {
    const { sink, heal } = hung()
    const gate = auditedGate({ sink, mode: 'best-effort' })
    const { secret } = await gate.keys.create(KEY)
    const begun = performance.now()
    const denied = await gate.check(requestWith(secret), { phi: PATIENT })
    const took = performance.now() - begun
    expect(denied).toMatchObject({ status: 503, reason: 'audit_unavailable' })
    expect([took >= 240, took < 2_000]).toEqual([true, true])
    heal()
    const demand = gate.demand({ phi: PATIENT })
    const end = performance.now() + 20_000
    while (!(await gate.check(requestWith(secret), demand)).allowed) {
      if (performance.now() > end) throw new Error('It was not let in again.')
    }
    await gate.close()
  }, 40_000)

  test('in mode best-effort: what has no place is dropped, counted, and told of once', async () => {
    const { sink, heal, kept } = hung()
    const errors: string[] = []
    const gate = auditedGate({ sink }, (error) => errors.push(String(error)))
    const { secret } = await gate.keys.create(KEY)
    await gate.check(requestWith(secret))
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (let index = 0; index < 10_050; index++) {
      expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
    }
    for (let index = 0; index < 10_100; index++) {
      await gate.check(requestWith('acme_guess', `/${String(index)}`))
    }
    heal()
    // Until the call that hangs is given up.
    const end = performance.now() + 20_000
    while (kept.records('gap').length === 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await gate.close()
    // Refusals are in a queue of their own, and alike.
    expect(kept.records('gap')).toMatchObject([{ allowed: 50, denied: 0, keys: 0 }])
    expect(kept.records('access')).toHaveLength(1 + 10_000 + 2)
    expect(errors.filter((error) => /queue is full/.test(error))).toHaveLength(1)
    const lines = kept.entries.map(({ line }, index) => ({ line, where: String(index) }))
    expect(await verifyTrail(lines)).toMatchObject({ missing: 0, invalid: 0, dropped: 50 })
  }, 40_000)
})

test('of several sinks, one that acknowledges is enough', async () => {
  const kept = keptSink()
  const broken = { write: () => Promise.reject(new Error('broken')) }
  const gate = auditedGate({ sink: [broken, kept], mode: 'required' })
  await expect(gate.keys.create(KEY)).resolves.toMatchObject({ ownerId: 'org_1' })
  expect(kept.records('key').length).toBeGreaterThan(0)
  await expect(gate.close()).rejects.toThrow(AuditError)
}, 20_000)
