import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  AuditError,
  parseAuditLine,
  verifyTrail,
  type AccessRecord,
  type AuditEntry,
  type AuditFault,
  type AuditSink,
  type StartRecord,
} from 'sallyport'
import { auditedGate, KEY, PATIENT, requestWith, SIGNING } from './gates.js'

/** As in src/audit: between two tries. */
const RETRY_MS = 250

/** A sink in memory that holds each place once, and refuses what it is told to. */
function placesSink(refuses: (entry: AuditEntry) => Error | undefined = () => undefined) {
  const lines = new Map<string, string>()
  const place = ({ record: { writer, seq } }: AuditEntry) => `${writer} ${String(seq)}`
  const sink: AuditSink = {
    write(entries) {
      for (const entry of entries) {
        const error = refuses(entry) ?? takenBy(entry)
        if (error !== undefined) return Promise.reject(error)
      }
      for (const entry of entries) lines.set(place(entry), entry.line)
      return undefined
    },
  }
  let taken: (() => Error) | undefined
  const takenBy = (entry: AuditEntry) =>
    (lines.get(place(entry)) ?? entry.line) === entry.line ? undefined : taken?.()
  return {
    sink,
    /** Somebody takes the next places of the chain that was written last. */
    take(count: number, error: () => Error) {
      taken = error
      const { writer = '', seq = 0 } = records().at(-1) ?? {}
      for (let n = 1; n <= count; n++) lines.set(`${writer} ${String(seq + n)}`, 'foreign')
      return { writer, seq: seq + 1 }
    },
    records,
    report: () =>
      verifyTrail(
        [...lines.values()].map((line, at) => ({ line, where: `line ${String(at)}` })),
        SIGNING,
      ),
  }
  function records() {
    return [...lines.values()].flatMap((line) => parseAuditLine(line) ?? [])
  }
}

const pathsOf = (records: readonly { readonly kind: string }[]) =>
  records.flatMap((record) =>
    record.kind === 'access' && (record as AccessRecord).outcome === 'allowed'
      ? [(record as AccessRecord).path]
      : [],
  )

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
})
afterEach(() => {
  jest.useRealTimers()
})

/** So many times what a trail waits before it tries again. */
async function tries(count: number): Promise<void> {
  for (let ms = 0; ms < count * RETRY_MS; ms += 10) {
    await jest.advanceTimersByTimeAsync(10)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const fault = (of: AuditFault) => () => new AuditError('refused', { fault: of })

describe('a place that somebody has taken', () => {
  test('ends the chain, and the trail goes on in another one at once', async () => {
    const places = placesSink()
    const told: string[] = []
    const gate = auditedGate({ sink: places.sink, mode: 'required', key: SIGNING.key }, (error) =>
      told.push(String(error)),
    )
    const { secret } = await gate.keys.create(KEY)
    expect(await gate.check(requestWith(secret, '/before'))).toMatchObject({ allowed: true })
    const conflict = places.take(20, fault('place_taken'))
    for (let n = 0; n < 5; n++) {
      expect(await gate.check(requestWith(secret, `/${String(n)}`))).toMatchObject({
        allowed: true,
      })
    }
    await gate.close()
    const [, second, ...others] = places.records().filter(({ kind }) => kind === 'start')
    expect(others).toEqual([])
    expect((second as StartRecord).instead).toEqual({ ...conflict, why: 'place_taken' })
    // The end of the chain, as this process knows it.
    expect((second as StartRecord).heads).toMatchObject([
      { writer: conflict.writer, seq: conflict.seq - 1 },
    ])
    expect(pathsOf(places.records())).toEqual(['/before', '/0', '/1', '/2', '/3', '/4'])
    expect(told).toEqual(['AuditError: refused'])
    const { missing, unproven } = await places.report()
    expect([missing, unproven]).toEqual([0, 4])
  })

  test('where a sink does not say why it refuses, is left within two seconds, and nothing is lost', async () => {
    const places = placesSink()
    const gate = auditedGate({ sink: places.sink })
    const { secret } = await gate.keys.create(KEY)
    await gate.audit.flush()
    const conflict = places.take(20, () => new Error('duplicate key'))
    for (let n = 0; n < 5; n++) await gate.check(requestWith(secret, `/${String(n)}`))
    await tries(4)
    expect(await gate.check(requestWith(secret, '/after'), { phi: PATIENT })).toMatchObject({
      allowed: true,
    })
    await gate.close()
    expect(pathsOf(places.records())).toEqual(['/0', '/1', '/2', '/3', '/4', '/after'])
    const start = places.records().findLast(({ kind }) => kind === 'start')
    expect((start as StartRecord).instead).toEqual({ ...conflict, why: 'refused' })
    expect(await places.report()).toMatchObject({ missing: 0, dropped: 0 })
  })

  test('control: an outage ends no chain, however long it is', async () => {
    let isDown = false
    for (const down of [fault('outage'), () => new Error('full')]) {
      const places = placesSink(() => (isDown ? down() : undefined))
      const gate = auditedGate({ sink: places.sink })
      const { secret } = await gate.keys.create(KEY)
      await gate.audit.flush()
      isDown = true
      await gate.check(requestWith(secret, '/meanwhile'))
      await tries(20)
      isDown = false
      await tries(2)
      await gate.close()
      expect(places.records().filter(({ kind }) => kind === 'start')).toHaveLength(1)
      expect(pathsOf(places.records())).toEqual(['/meanwhile'])
    }
  })
})

describe.each([
  ['says that it is unfit', fault('unfit')],
  ['does not say why', () => new Error('invalid byte')],
])('a record that a sink cannot keep, where it %s,', (_name, error) => {
  test('becomes a gap, and all others are kept in one chain', async () => {
    const isPoison = ({ record }: AuditEntry) =>
      record.kind === 'access' && /poison/.test(record.path ?? '')
    const places = placesSink((entry) => (isPoison(entry) ? error() : undefined))
    const told: string[] = []
    const gate = auditedGate({ sink: places.sink, key: SIGNING.key }, (reason) =>
      told.push(String(reason)),
    )
    const { secret } = await gate.keys.create(KEY)
    const paths = ['/1', '/poison', '/2', '/poison/again', '/3']
    for (const path of paths) await gate.check(requestWith(secret, path))
    await tries(12)
    await gate.audit.flush()
    await gate.check(requestWith(secret, '/4'))
    await gate.close()
    expect(pathsOf(places.records())).toEqual(['/1', '/2', '/3', '/4'])
    expect(places.records().filter(({ kind }) => kind === 'gap')).toMatchObject([{ allowed: 2 }])
    expect(told).toContain('AuditError: A record cannot be kept, and is counted.')
    expect(await places.report()).toMatchObject({ missing: 0, invalid: 0, unproven: 0, dropped: 2 })
  })

  test('is not acknowledged, and whoever comes with it is', async () => {
    const isPoison = ({ line }: AuditEntry) => line.includes('/poison')
    const places = placesSink((entry) => (isPoison(entry) ? error() : undefined))
    const gate = auditedGate({ sink: places.sink, mode: 'required' })
    const { secret } = await gate.keys.create(KEY)
    const asked = ['/1', '/poison', '/2'].map((path) =>
      Promise.resolve(gate.check(requestWith(secret, path))),
    )
    const settled = Promise.all(asked)
    await tries(12)
    const [one, poison, two] = await settled
    expect(poison).toMatchObject({ allowed: false, reason: 'audit_unavailable' })
    if (error() instanceof AuditError) expect([one?.allowed, two?.allowed]).toEqual([true, true])
    expect(pathsOf(places.records())).toContain('/1')
    // What it was answered is a record that cannot be kept either.
    await tries(12)
    await gate.close()
  })
})

test('one sink of several that fails keeps none of the others from being closed', async () => {
  const closed: string[] = []
  const sinkOf = (name: string, write: AuditSink['write']): AuditSink => ({
    write,
    close: () => void closed.push(name),
  })
  const places = placesSink()
  const broken = sinkOf('broken', () => Promise.reject(new Error('broken')))
  const gate = auditedGate({
    sink: [broken, sinkOf('sound', (entries) => places.sink.write(entries))],
  })
  await gate.keys.create(KEY)
  const end = expect(gate.close()).rejects.toThrow(AuditError)
  await tries(24)
  await end
  expect(closed.sort()).toEqual(['broken', 'sound'])
  expect(places.records().length).toBeGreaterThan(0)
})
