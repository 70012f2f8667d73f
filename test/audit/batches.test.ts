import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { verifyTrail, type AuditOptions } from 'sallyport'
import { auditedGate, KEY, keptSink, requestWith, SIGNING, type KeptSink } from './gates.js'

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
})
afterEach(() => {
  jest.useRealTimers()
})

/** A gate with a trail, and a key of it. */
async function open(options: Partial<AuditOptions> = { key: SIGNING.key }) {
  const sink = keptSink()
  const gate = auditedGate({ sink, ...options })
  const { secret } = await gate.keys.create(KEY)
  const ask = () => gate.check(requestWith(secret))
  return { sink, gate, ask }
}

/** After so many milliseconds, which do not pass. */
async function after(ms: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

const signed = (sink: KeptSink) => sink.records('checkpoint').length

describe('every minute', () => {
  test('there is a checkpoint, counted from the first record that none vouches for', async () => {
    const { sink, gate, ask } = await open()
    await after(20)
    expect(sink.records('start')).toHaveLength(1)
    await after(30_000)
    await ask()
    await after(29_999)
    expect([sink.records('access').length, signed(sink)]).toEqual([1, 0])
    await after(1)
    expect(signed(sink)).toBe(1)
    expect(sink.entries.at(-1)?.record.kind).toBe('checkpoint')
    // Nothing has come since: there is nothing to vouch for.
    await after(600_000)
    expect(signed(sink)).toBe(1)
    await ask()
    await after(60_019)
    expect(signed(sink)).toBe(1)
    await after(1)
    expect(signed(sink)).toBe(2)
    const lines = sink.entries.map(({ line }, at) => ({ line, where: String(at) }))
    expect(await verifyTrail(lines, SIGNING)).toMatchObject({ valid: lines.length, unproven: 0 })
    await gate.close()
  })

  test('control: without a key there is none', async () => {
    const { sink, gate, ask } = await open({})
    await ask()
    await after(600_000)
    expect([sink.records('access').length, signed(sink)]).toEqual([1, 0])
    await gate.close()
  })
})

describe('of a thousand records', () => {
  test('the next one is a checkpoint, whatever the time', async () => {
    const { sink, gate, ask } = await open()
    // One that tells of the start, and one of the key.
    for (let n = 0; n < 997; n++) await ask()
    await after(1_000)
    expect([sink.entries.length, signed(sink)]).toEqual([999, 0])
    await ask()
    await after(20)
    expect([sink.entries.length, sink.entries.at(-1)?.record.kind]).toEqual([1_001, 'checkpoint'])
    // The minute begins anew.
    await after(59_000)
    expect(signed(sink)).toBe(1)
    for (let n = 0; n < 2_500; n++) await ask()
    await after(1_000)
    const checkpoints = sink.records('checkpoint').map((record) => sink.records().indexOf(record))
    expect(checkpoints).toEqual([1_000, 2_001, 3_002])
    await after(60_000)
    expect(signed(sink)).toBe(4)
    await gate.close()
  })
})

test('of 4 MiB, the next record is a checkpoint', async () => {
  const { sink, gate, ask } = await open()
  const ids = Array.from({ length: 1_000 }, (_, n) => String(n).padEnd(128, 'x'))
  for (let n = 0; n < 40; n++) {
    const decision = await ask()
    if (decision.allowed) await decision.audit.phi({ resource: 'Patient', action: 'read', ids })
  }
  await after(1_000)
  const [first = 0] = sink.entries.flatMap(({ record }, at) =>
    record.kind === 'checkpoint' ? [at] : [],
  )
  const bytes = sink.entries.slice(0, first).reduce((sum, { line }) => sum + line.length, 0)
  const last = sink.entries[first - 1]?.line.length ?? 0
  expect(bytes).toBeGreaterThanOrEqual(4_194_304)
  expect(bytes - last).toBeLessThan(4_194_304)
  await gate.close()
})

test('the last record of a process is a checkpoint, and says that nothing follows', async () => {
  const { sink, gate, ask } = await open()
  await ask()
  await gate.close()
  expect(sink.entries.at(-1)?.record).toMatchObject({ kind: 'checkpoint', last: true })
})
