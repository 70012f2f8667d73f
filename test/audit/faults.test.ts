import { mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  AuditError,
  parseAuditLine,
  verifyTrail,
  type AuditSink,
  type Decision,
  type MaybePromise,
} from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { spoilDisk, type Disk, type DiskState } from './disk.js'
import { auditedGate, KEY, keptSink, PATIENT, requestWith } from './gates.js'

/** As in src/audit: for a record to be acknowledged, between two tries, and for a sink to answer. */
const [ACKNOWLEDGE_MS, RETRY_MS, HUNG_MS] = [250, 250, 5_000]

let directory: string
let disk: Disk

beforeEach(() => {
  // Time does not pass; disks take the time that they take.
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
  directory = mkdtempSync(join(tmpdir(), 'sallyport-audit-'))
  disk = spoilDisk()
})
afterEach(() => {
  disk.repair()
  jest.useRealTimers()
  rmSync(directory, { recursive: true })
})

/** After so many milliseconds, and what the sink has to do by then. */
async function after(ms: number, sink?: AuditSink): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms)
  if (disk.state !== 'hangs') await Promise.resolve(sink?.write([])).catch(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
}

/** What a request is answered that waits for its record for as long as it may. */
async function inTime(asked: MaybePromise<Decision>): Promise<Decision> {
  let decision: Decision | undefined
  void Promise.resolve(asked).then((answer) => (decision = answer))
  await after(ACKNOWLEDGE_MS - 1)
  expect(decision).toBeUndefined()
  await after(1)
  return asked
}

/** The time that a trail needs to go on once an outage is over. */
async function recovered(sink: AuditSink): Promise<void> {
  await after(HUNG_MS, sink)
  await after(RETRY_MS, sink)
}

/** The paths of what was allowed, from the disk. */
async function pathsIn(folder: string): Promise<ReadonlySet<string | undefined>> {
  const paths = new Set<string | undefined>()
  for await (const { line } of createAuditFiles(folder).lines()) {
    const record = parseAuditLine(line)
    if (record?.kind === 'access' && record.outcome === 'allowed') paths.add(record.path)
  }
  return paths
}

const FAULTS: readonly DiskState[] = ['full', 'fsync fails', 'read-only', 'hangs', 'out of handles']
const UNRECORDED = { allowed: false, status: 503, reason: 'audit_unavailable' }
const WHOLE = { invalid: 0, missing: 0, torn: 0, dropped: 0 }

describe.each(FAULTS)('a disk that is in state "%s"', (state) => {
  test('in mode required: 503 until it is over, and nothing acknowledged is missing', async () => {
    const errors: unknown[] = []
    const sink = createAuditFiles(directory)
    const gate = auditedGate({ sink, mode: 'required' }, (error) => errors.push(error))
    const { secret } = await gate.keys.create(KEY)
    const ask = (path: string) => gate.check(requestWith(secret, path))
    expect(await ask('/before')).toMatchObject({ allowed: true })
    // An open file goes on where no other can be opened: it has failed once before.
    disk.state = state === 'out of handles' ? 'fsync fails' : state
    const denied = await inTime(ask('/first'))
    disk.state = state
    expect(denied).toMatchObject(UNRECORDED)
    expect(denied.headers).toMatchObject({ 'retry-after': '1' })
    for (const path of ['/second', '/third']) {
      expect(await inTime(ask(path))).toMatchObject(UNRECORDED)
      await after(RETRY_MS, sink)
    }
    expect(errors).toContainEqual(expect.any(AuditError))
    disk.state = 'sound'
    await recovered(sink)
    expect(await ask('/after')).toMatchObject({ allowed: true })
    await gate.close()
    const paths = await pathsIn(directory)
    expect([paths.has('/before'), paths.has('/after')]).toEqual([true, true])
    expect(await verifyTrail(createAuditFiles(directory).lines())).toMatchObject(WHOLE)
  })

  test('in mode best-effort: let in all the time, and all of it is written when it is over', async () => {
    const sink = createAuditFiles(directory)
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create(KEY)
    disk.state = state
    const asked = Array.from({ length: 50 }, (_, index) => `/${String(index)}`)
    for (const path of asked) {
      expect(await gate.check(requestWith(secret, path))).toMatchObject({ allowed: true })
      await after(100)
    }
    disk.state = 'sound'
    await recovered(sink)
    await gate.close()
    const paths = await pathsIn(directory)
    expect(asked.filter((path) => !paths.has(path))).toEqual([])
    expect(await verifyTrail(createAuditFiles(directory).lines())).toMatchObject(WHOLE)
  })
})

test('control: on a disk that is sound, nobody waits', async () => {
  const gate = auditedGate({ sink: createAuditFiles(directory), mode: 'required' })
  const { secret } = await gate.keys.create(KEY)
  for (let n = 0; n < 20; n++) {
    expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
  }
  await gate.close()
})

test('a file that is taken away is missed, and the trail goes on in another', async () => {
  const sink = createAuditFiles(directory)
  const gate = auditedGate({ sink, mode: 'required' })
  const { secret } = await gate.keys.create(KEY)
  expect(await gate.check(requestWith(secret, '/before'))).toMatchObject({ allowed: true })
  for (const name of readdirSync(directory)) unlinkSync(join(directory, name))
  expect(await inTime(gate.check(requestWith(secret, '/gone')))).toMatchObject(UNRECORDED)
  await recovered(sink)
  expect(await gate.check(requestWith(secret, '/after'))).toMatchObject({ allowed: true })
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
    const { sink, heal, kept } = hung()
    const gate = auditedGate({ sink, mode: 'best-effort' })
    const { secret } = await gate.keys.create(KEY)
    const ask = () => gate.check(requestWith(secret), { phi: PATIENT })
    expect(await inTime(ask())).toMatchObject(UNRECORDED)
    heal()
    // Not before the call that hangs is given up.
    expect(await inTime(ask())).toMatchObject(UNRECORDED)
    await after(HUNG_MS + RETRY_MS)
    expect(await ask()).toMatchObject({ allowed: true })
    await gate.close()
    expect(kept.records('access').at(-1)).toMatchObject({ outcome: 'allowed' })
  })

  test('in mode best-effort: what has no place is dropped, counted, and told of once', async () => {
    const { sink, heal, kept } = hung()
    const errors: string[] = []
    const gate = auditedGate({ sink }, (error) => errors.push(String(error)))
    const { secret } = await gate.keys.create(KEY)
    await gate.check(requestWith(secret))
    await after(100)
    let allowed = 0
    for (let index = 0; index < 10_050; index++) {
      // Compared here: ten thousand matchers take longer than all that is tested.
      if ((await gate.check(requestWith(secret))).allowed) allowed += 1
    }
    expect(allowed).toBe(10_050)
    for (let index = 0; index < 100; index++) {
      await gate.check(requestWith('acme_guess', `/${String(index)}`))
    }
    heal()
    await after(HUNG_MS)
    await after(RETRY_MS)
    await gate.close()
    // Refusals are in a queue of their own, and alike.
    expect(kept.records('gap')).toMatchObject([{ allowed: 50, denied: 0, keys: 0 }])
    expect(kept.records('access')).toHaveLength(1 + 10_000 + 2)
    expect(errors.filter((error) => /queue is full/.test(error))).toHaveLength(1)
    const lines = kept.entries.map(({ line }, index) => ({ line, where: String(index) }))
    expect(await verifyTrail(lines)).toMatchObject({ missing: 0, invalid: 0, dropped: 50 })
  })

  test('who fills the queue loses its own records, and others lose none', async () => {
    const { sink, heal, kept } = hung()
    const gate = auditedGate({ sink })
    const [flooder, one, two] = await Promise.all(
      ['org_1', 'org_2', 'org_3'].map((ownerId) => gate.keys.create({ ...KEY, ownerId })),
    )
    const ask = async (secret = '', count = 1) => {
      for (let n = 0; n < count; n++) await gate.check(requestWith(secret))
    }
    await ask(flooder?.secret)
    await after(100)
    await ask(flooder?.secret, 10_050)
    await ask(one?.secret, 30)
    await ask(flooder?.secret, 50)
    await ask(two?.secret, 20)
    heal()
    await after(HUNG_MS)
    await after(RETRY_MS)
    await gate.close()
    const of = (ownerId: string) =>
      kept.records('access').filter((record) => 'ownerId' in record && record.ownerId === ownerId)
    expect(['org_1', 'org_2', 'org_3'].map((owner) => of(owner).length)).toEqual([9_951, 30, 20])
    expect(kept.records('gap')).toMatchObject([{ allowed: 150, denied: 0, keys: 0 }])
  })

  test('who fills the queue with large records loses its own, and others lose none', async () => {
    const { sink, heal, kept } = hung()
    const gate = auditedGate({ sink })
    const [flooder, one, two] = await Promise.all(
      ['org_1', 'org_2', 'org_3'].map((ownerId) => gate.keys.create({ ...KEY, ownerId })),
    )
    const ids = (count: number) =>
      Array.from({ length: count }, (_, n) => String(n).padEnd(110, 'x'))
    const [large, small] = [ids(1_000), ids(40)]
    const kinds = ['Patient', 'Observation', 'Encounter', 'Condition', 'Claim', 'Coverage', 'Goal']
    const search = async (
      secret = '',
      count = 1,
      { found = small, resources = ['Patient'] } = {},
    ) => {
      for (let n = 0; n < count; n++) {
        const decision = await gate.check(requestWith(secret))
        if (!decision.allowed) throw new Error(decision.reason)
        for (const resource of resources) {
          await decision.audit.phi({ resource, action: 'search', ids: found })
        }
      }
    }
    await gate.check(requestWith(flooder?.secret ?? ''))
    await after(100)
    await search(flooder?.secret, 100, { found: large, resources: kinds })
    await search(flooder?.secret, 300)
    await search(one?.secret, 30)
    await search(flooder?.secret, 2, { found: large, resources: kinds })
    await search(two?.secret, 20)
    heal()
    await after(HUNG_MS)
    await after(RETRY_MS)
    await gate.close()
    const searches = (ownerId: string) =>
      kept
        .records('access')
        .filter((record) => 'ownerId' in record && record.ownerId === ownerId && 'phi' in record)
    const [own = 0, ...others] = ['org_1', 'org_2', 'org_3'].map((owner) => searches(owner).length)
    expect(others).toEqual([30, 20])
    expect(own).toBeGreaterThan(50)
    expect(own).toBeLessThan(402)
    // One that told more after it was dropped may be counted again.
    const [gap] = kept.records('gap')
    expect(gap).toMatchObject({ denied: 0, keys: 0 })
    expect(gap?.kind === 'gap' && gap.allowed).toBeGreaterThanOrEqual(402 - own)
  })
})

test('of several sinks, one that acknowledges is enough', async () => {
  const kept = keptSink()
  const broken = { write: () => Promise.reject(new Error('broken')) }
  const gate = auditedGate({ sink: [broken, kept], mode: 'required' })
  await expect(gate.keys.create(KEY)).resolves.toMatchObject({ ownerId: 'org_1' })
  expect(kept.records('key').length).toBeGreaterThan(0)
  const closed = expect(gate.close()).rejects.toThrow(AuditError)
  await after(HUNG_MS)
  await closed
})
