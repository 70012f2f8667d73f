import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  AuditError,
  verifyTrail,
  type AccessRecord,
  type GateRequest,
  type PhiAccess,
} from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, keptSink, PATIENT, requestWith } from './gates.js'
import { access, chained } from './trails.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const x = (count: number) => 'x'.repeat(count)

/** What is recorded of a request, and of what its handler told. */
async function recordOf(change: Partial<GateRequest>, phi: readonly PhiAccess[] = []) {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const { secret } = await gate.keys.create(KEY)
  const decision = await gate.check({ ...requestWith(secret), ...change })
  if (decision.allowed) for (const one of phi) await decision.audit.phi(one)
  await gate.close()
  return sink.records('access').at(-1) as AccessRecord
}

describe('a text is kept whole up to its limit, and cut behind it:', () => {
  test.each([
    ['path', 2_048, (text: string) => recordOf({ url: `/${text.slice(1)}` })],
    ['method', 32, (text: string) => recordOf({ method: text })],
    [
      'userAgent',
      256,
      async (text: string) => {
        const rawHeaders = ['Host', 'a', 'User-Agent', text]
        return recordOf({ rawHeaders })
      },
    ],
  ] as const)('%s', async (name, limit, record) => {
    expect((await record(x(limit)))[name]).toHaveLength(limit)
    expect((await record(x(limit + 1)))[name]).toHaveLength(limit)
    expect((await record(x(limit - 1)))[name]).toHaveLength(limit - 1)
  })

  test.each([
    ['kind of health information', 64, (text) => ({ resource: text, action: 'read' })],
    ['id', 128, (text) => ({ resource: 'Patient', action: 'read', ids: [text] })],
  ] satisfies [string, number, (text: string) => PhiAccess][])('%s', async (_name, limit, told) => {
    for (const count of [limit - 1, limit, limit + 1]) {
      const { phi } = await recordOf({}, [told(x(count))])
      expect(JSON.stringify(phi)).toContain(`"${x(Math.min(count, limit))}"`)
    }
  })
})

describe('health information', () => {
  const kinds = (count: number): PhiAccess[] =>
    Array.from({ length: count }, (_, n) => ({ resource: `Kind${String(n)}`, action: 'read' }))

  const ids = (count: number) => Array.from({ length: count }, (_, n) => String(n))

  test('of 8 kinds with 1,000 ids each is kept whole', async () => {
    const full = kinds(8).map((kind) => ({ ...kind, ids: ids(1_000) }))
    const { phi, furtherPhi = [] } = await recordOf({}, full)
    expect([phi, ...furtherPhi]).toEqual(full)
  })

  test.each([
    ['of 9 kinds', kinds(9), /at most 8 kinds/],
    ['of 1,001 ids', [{ ...PATIENT, ids: ids(1_001) }], /at most 1000/],
    [
      'of 1,001 ids in two calls',
      [
        { ...PATIENT, ids: ids(1_000) },
        { ...PATIENT, ids: ['x'] },
      ],
      /at most 1000 ids of one kind/,
    ],
  ])('%s is refused, and not kept in part', async (_, told, message) => {
    await expect(recordOf({}, told)).rejects.toThrow(message)
  })
})

describe('with a clock that stands still,', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  test('refusals that repeat are written once in ten seconds', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const refused = async (count: number) => {
      for (let n = 0; n < count; n++) await gate.check(requestWith('acme_guess'))
    }
    await refused(1)
    await jest.advanceTimersByTimeAsync(5_000)
    await refused(5)
    await jest.advanceTimersByTimeAsync(4_999)
    await turn()
    expect(sink.records('access')).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(1 + 20)
    await turn()
    expect(sink.records('access').slice(1)).toMatchObject([{ count: 5 }])
    await gate.close()
  })

  test('4,096 kinds of them are told apart, and those beyond by their reason', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const from = (n: number): GateRequest => ({
      ...requestWith('acme_guess'),
      peer: { address: `10.1.${String(n >> 8)}.${String(n & 255)}`, encrypted: true },
    })
    for (let n = 0; n < 4_095; n++) await gate.check(from(n))
    const last = [4_095, 4_096, 4_097, 4_098, 4_095]
    for (const n of last) await gate.check(from(n))
    await gate.close()
    const counts = sink.records('access').slice(4_095) as AccessRecord[]
    // The last that has a place of its own, the first of all others, and what repeats of both: of several callers, nobody is named.
    expect(counts.map(({ client, count = 1 }) => [client, count])).toEqual([
      ['10.1.15.255', 1],
      ['10.1.16.0', 1],
      ['10.1.15.255', 1],
      [undefined, 2],
    ])
  })

  describe('a caller that asks for many things', () => {
    const from = (secret: string, n: number, address = '203.0.113.1'): GateRequest => ({
      ...requestWith(secret, `/${String(n)}`),
      peer: { address, encrypted: true },
    })
    const KEPT = { ownerId: 'org_2', path: '/1', client: '198.51.100.66' }
    /** All records of denials after so many by a flood, and two of somebody else, each for something of its own. */
    async function flooded(
      flood: (gate: ReturnType<typeof auditedGate>) => Promise<GateRequest[]>,
    ): Promise<readonly AccessRecord[]> {
      const sink = keptSink()
      const gate = auditedGate({ sink })
      const other = await gate.keys.create({ ...KEY, ownerId: 'org_2', scopes: [] })
      const deny = (request: GateRequest) => gate.check(request, { scopes: ['read:patients'] })
      for (const [n, request] of (await flood(gate)).entries()) {
        await deny(request)
        if (n % 500 === 0) await turn()
      }
      for (const n of [1, 1, 2]) await deny(from(other.secret, n, '198.51.100.66'))
      await gate.close()
      return sink.records('access') as AccessRecord[]
    }
    const all = (length: number) => Array.from({ length }, (_, n) => n)
    const total = (records: readonly AccessRecord[]) =>
      records.reduce((sum, { count = 1 }) => sum + count, 0)
    const ofOther = (records: readonly AccessRecord[]) =>
      records.filter(({ ownerId }) => ownerId === 'org_2')

    test('loses what it asked for beyond 64 things, and others lose nothing', async () => {
      const records = await flooded(async (gate) => {
        const { secret } = await gate.keys.create({ ...KEY, scopes: [] })
        return all(4_200).map((n) => from(secret, n))
      })
      const own = records.filter(({ ownerId }) => ownerId === 'org_1')
      expect(own.filter(({ path }) => path !== undefined)).toHaveLength(65)
      expect(total(own)).toBe(4_200)
      expect(own.at(-1)).toMatchObject({ reason: 'insufficient_scope', count: 4_200 - 65 })
      expect(own.at(-1)).toHaveProperty('keyId')
      expect(ofOther(records)).toMatchObject([KEPT, { path: '/2' }, KEPT])
    })

    test('and has many keys, loses which key it was beyond 512, and others lose nothing', async () => {
      const records = await flooded(async (gate) => {
        const made = all(600).map(() => gate.keys.create({ ...KEY, scopes: [] }))
        const keys = await Promise.all(made)
        return keys.flatMap(({ secret }) => all(9).map((n) => from(secret, n)))
      })
      const own = records.filter(({ ownerId }) => ownerId === 'org_1')
      expect(total(own)).toBe(5_400)
      expect(own.at(-1)).not.toHaveProperty('keyId')
      expect(ofOther(records)).toMatchObject([KEPT, { path: '/2' }, KEPT])
    })

    test('is not known and comes from 5,000 networks of one organization: others lose nothing', async () => {
      const address = (n: number) => `2001:db8:1:${n.toString(16)}::1`
      const records = await flooded(() =>
        Promise.resolve(all(5_000).map((n) => from('acme_guess', 1, address(n)))),
      )
      expect(total(records.filter(({ reason }) => reason === 'unknown_key'))).toBe(5_000)
      expect(ofOther(records)).toMatchObject([KEPT, { path: '/2' }, KEPT])
      const named = records.filter(({ client = '' }) => client.startsWith('2001:db8:1:'))
      expect(named).toHaveLength(513)
    })
  })

  test('flush gives up after five seconds', async () => {
    const gate = auditedGate({ sink: { write: () => new Promise<void>(() => undefined) } })
    await gate.check(requestWith('acme_guess'))
    let error: unknown
    void gate.audit.flush().catch((reason: unknown) => (error = reason))
    await jest.advanceTimersByTimeAsync(4_999)
    expect(error).toBeUndefined()
    await jest.advanceTimersByTimeAsync(1)
    expect(error).toBeInstanceOf(AuditError)
  })

  test('a sink that does not answer is asked again after five seconds, one that fails after 250 ms', async () => {
    const times: number[] = []
    const sink = {
      write() {
        times.push(Date.now())
        if (times.length === 1) return new Promise<void>(() => undefined)
        if (times.length === 2) return Promise.reject(new Error('full'))
        return undefined
      },
    }
    const gate = auditedGate({ sink })
    const begun = Date.now()
    await gate.check(requestWith('acme_guess'))
    // Each wait begins in a turn of its own.
    for (let ms = 0; ms < 6_000; ms += 10) {
      await jest.advanceTimersByTimeAsync(10)
      await turn()
    }
    expect(times.map((at) => at - begun)).toEqual([20, 20 + 5_000 + 250, 20 + 5_000 + 250 + 250])
    await gate.close()
  })
})

/** What is not garbage. */
function heldBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

describe('verifyTrail', () => {
  test.each([99, 100, 101])(
    'of %i that are wrong tells of a hundred, and counts all',
    async (count) => {
      const lines = Array.from({ length: count }, (_, n) => ({ line: 'x', where: String(n) }))
      const report = await verifyTrail(lines)
      expect(report.invalid).toBe(count)
      expect(report.findings).toHaveLength(Math.min(count, 100))
    },
  )

  test('remembers no more of what is missing, however many chains are forged', async () => {
    let grown = 0
    // eslint-disable-next-line @typescript-eslint/require-await -- what is read is here already.
    async function* forged() {
      const before = heldBytes()
      for (let n = 0; n < 60; n++) {
        const body = `{"v":1,"writer":"w.${String(n)}","seq":900000000,"prev":"x","kind":"checkpoint","time":"2030-01-07T09:00:00.000Z","signedBy":"x","signature":"x"}`
        const hash = createHash('sha256').update(body).digest('base64url')
        yield { line: `${body.slice(0, -1)},"hash":"${hash}"}`, where: String(n) }
      }
      grown = heldBytes() - before
    }
    const report = await verifyTrail(forged())
    expect(report).toMatchObject({ writers: 60, missing: 60 * 900_000_000 })
    expect(grown).toBeLessThan(33_554_432)
  })

  test('tells of a line that is longer than any in pieces, and numbers what follows as it stands', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-bounds-'))
    try {
      const entries = chained('a.1', [access(), access(), access()])
      const [one = '', two = '', three = ''] = entries.map(({ line }) => line)
      const wheres: string[] = []
      for (const length of [4_194_304, 4_194_305]) {
        const text = [one, x(length), two, '#', three, ''].join('\n')
        writeFileSync(join(directory, '2030-01-31.a.1.0001.jsonl'), text)
        const { findings, missing } = await verifyTrail(createAuditFiles(directory).lines())
        expect(missing).toBe(0)
        wheres.push(findings.map(({ where }) => where.split(':')[1]).join())
      }
      expect(wheres).toEqual(['2,4', '2,2,4'])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
