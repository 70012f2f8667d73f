import { createPrivateKey, createPublicKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import {
  readEvents,
  queryTrail,
  type AccessRecord,
  type AuditEntry,
  type AuditEvent,
  type FoundLine,
  type TrailPosition,
  type TrailReader,
} from 'sallyport'
import * as chains from '../../src/audit/chain.js'
import * as givingWay from '../../src/audit/eviction.js'
import * as openChains from '../../src/audit/open-chain.js'
import { createReading } from '../../src/audit/reading.js'
import * as words from '../../src/audit/words.js'
import * as weight from '../../src/lib/weight.js'
import { mutate, type Mutation } from '../mutant.js'
import { SIGNING } from './gates.js'
import { access, begun, chained, sealed, trailOf } from './trails.js'

const { createChain, keyIdOf, publicKeysOf } = chains
const KEY_ID = keyIdOf(createPublicKey(SIGNING.publicKeys[0] ?? ''))
const TIME = '2030-01-07T10:00:00.000Z'
const checkpoint = { kind: 'checkpoint', time: TIME } as const

/** A chain whose checkpoints are signed. */
function signed(writer: string) {
  const chain = createChain(writer, createPrivateKey(SIGNING.key))
  const entries: AuditEntry[] = []
  return {
    entries,
    add: (record: AccessRecord) => entries.push(chain.add({ ...record })),
    sign: (last = false) => entries.push(chain.add({ ...checkpoint, ...(last && { last: true }) })),
  }
}

/** A line behind the last one of a chain: whoever may add to it can make one. */
function behind(entries: readonly AuditEntry[], record: object): AuditEntry {
  const { writer, seq, hash } = entries.at(-1)?.record ?? { writer: '', seq: -1, hash: '' }
  const line = sealed({ v: 1, writer, seq: seq + 1, prev: hash, ...record })
  return { line, record: JSON.parse(line) as AuditEntry['record'] }
}

/** The same trail with an index, as that of PostgreSQL. */
function indexed(entries: readonly AuditEntry[]): TrailReader {
  // A table has each place once.
  const places = new Map(entries.map((entry) => [entry.line, entry]))
  const placed = [...places.values()].map(({ line, record }, at) => ({
    line,
    record,
    where: `row ${String(at)}`,
  }))
  return {
    ...trailOf(entries),
    find: ({ limit, after, from, to }) =>
      placed
        .flatMap(({ line, where, record }): FoundLine[] => {
          if (record.kind !== 'access') return []
          const { time, id, writer, seq } = record
          const later = placed.filter(
            ({ record: other }) =>
              other.kind === 'access' &&
              other.id === id &&
              other.writer === writer &&
              other.seq > seq,
          )
          return [{ line, where, at: { time, id, writer, seq }, later }]
        })
        .filter(({ at: { time } }) => time < (to?.toISOString() ?? '~'))
        .filter(({ at: { time } }) => time >= (from?.toISOString() ?? ''))
        .filter(({ at }) => after === undefined || orderOf(at) < orderOf(after))
        .sort((a, b) => (orderOf(a.at) < orderOf(b.at) ? 1 : -1))
        .slice(0, limit),
    async *chain(writer, from) {
      await Promise.resolve()
      yield* placed
        .filter(({ record }) => record.writer === writer && record.seq >= from)
        .sort((a, b) => a.record.seq - b.record.seq)
    },
  }
}

function orderOf({ time, id, writer, seq }: TrailPosition): string {
  return JSON.stringify([time, id, writer, seq])
}

type Read = (
  entries: readonly AuditEntry[],
  publicKeys?: readonly string[],
) => Promise<readonly AuditEvent[]>

const READERS: readonly (readonly [string, Read])[] = [
  [
    'readEvents',
    async (entries, publicKeys = []) => {
      const events: AuditEvent[] = []
      const options = { publicKeys }
      for await (const event of readEvents(trailOf(entries), undefined, undefined, options)) {
        events.push(event)
      }
      return events
    },
  ],
  [
    'a query that reads all',
    async (entries, publicKeys = []) =>
      (await queryTrail(trailOf(entries), {}, { publicKeys })).items,
  ],
  [
    'a query by an index',
    async (entries, publicKeys = []) =>
      (await queryTrail(indexed(entries), {}, { publicKeys })).items,
  ],
]

function told(events: readonly AuditEvent[]): string[] {
  return events
    .map(({ ownerId, proven, ...event }) => {
      const status = event.kind === 'access' ? event.status : undefined
      return `${ownerId ?? '-'} ${String(status ?? '-')} ${proven ? 'proven' : 'unproven'}`
    })
    .sort()
}

describe.each(READERS)('to %s', (_, read) => {
  const { publicKeys } = SIGNING

  test.each([['before'], ['after']])(
    'an unsigned chain with the id of a signed record, read %s it, replaces nothing',
    async (order) => {
      const real = signed('real.1')
      real.add(access({ id: 'x', ownerId: 'thief' }))
      real.sign(true)
      const forged = chained('zz.z', [access({ id: 'x', ownerId: 'innocent' })])
      const all = order === 'before' ? [...forged, ...real.entries] : [...real.entries, ...forged]
      const both = ['innocent 200 unproven', 'thief 200 proven']
      expect(told(await read(all, publicKeys))).toEqual(both)
      expect((await read(all)).map(({ ownerId }) => ownerId).sort()).toEqual(['innocent', 'thief'])
    },
  )

  test.each([
    ['after the end of the chain', true, {}],
    ['after a checkpoint', false, {}],
  ])('a later word %s that nobody signed replaces nothing', async (_place, last, members) => {
    const real = signed('real.1')
    const first = begun({ id: 'x', ownerId: 'thief' })
    real.add(first)
    real.sign(last)
    const word = behind(real.entries, { ...first, status: 500, ...members })
    const all = [...real.entries, word]
    expect(told(await read(all, publicKeys))).toEqual(['thief - proven', 'thief 500 unproven'])
    expect(told(await read(all))).toEqual(['thief - unproven', 'thief 500 unproven'])
  })

  test.each<[string, AccessRecord, object]>([
    ['a complete event', access({ id: 'x', ownerId: 'thief' }), { status: 500 }],
    ['its owner', begun({ id: 'x', ownerId: 'thief' }), { ownerId: 'innocent' }],
    ['its path', begun({ id: 'x', ownerId: 'thief' }), { path: '/health' }],
    ['its time', begun({ id: 'x', ownerId: 'thief' }), { time: TIME }],
    ['its tenant', begun({ id: 'x', ownerId: 'thief' }), { tenantId: 'clinic_2' }],
    [
      'what it touched',
      begun({ id: 'x', ownerId: 'thief' }),
      { phi: { resource: 'A', action: 'read' } },
    ],
    ['a refusal', begun({ id: 'x', ownerId: 'thief', outcome: 'denied' }), { outcome: 'allowed' }],
    ['that its client has gone', access({ id: 'x', aborted: true }), { aborted: undefined }],
    [
      'what was sent to a client that has gone',
      access({ id: 'x', aborted: true }),
      { status: 500 },
    ],
    ['that nothing was sent', begun({ id: 'x', aborted: true }), { status: 200 }],
    ['how long it took', begun({ id: 'x', aborted: true, latencyMs: 3 }), { latencyMs: 4 }],
    [
      'what a request touched whose client has gone',
      access({ id: 'x', aborted: true }),
      { phi: { resource: 'A', action: 'read' } },
    ],
  ])('a later word does not take back %s', async (_what, first, change) => {
    const real = signed('real.1')
    real.add(first)
    real.add({ ...first, ...(first.aborted === undefined && { status: 200 }), ...change })
    expect(await read(real.entries)).toHaveLength(2)
  })

  test.each([
    ['with a status', access({ id: 'x', aborted: true })],
    ['without one', begun({ id: 'x', aborted: true })],
  ])(
    'what a handler tells after its client has gone is a word of the same event, %s',
    async (_what, first) => {
      const furtherPhi = [{ resource: 'Observation', action: 'read', ids: ['o1'] }] as const
      const real = signed('real.1')
      const { aborted: _, status: __, latencyMs: ___, ...allowed } = first
      real.add(allowed)
      real.add(first)
      real.sign()
      real.add(access({ id: 'y' }))
      real.add({ ...first, furtherPhi })
      real.sign(true)
      for (const keys of [[], publicKeys]) {
        const found = (await read(real.entries, keys)).filter(({ id }) => id === 'x')
        expect(found).toMatchObject([{ aborted: true, furtherPhi, proven: keys.length > 0 }])
      }
      // Nobody has signed this one.
      const word = behind(real.entries.slice(0, 3), { ...first, ownerId: 'org_1', furtherPhi })
      const forged = await read([...real.entries.slice(0, 3), word], publicKeys)
      expect(forged.map(({ proven }) => proven).sort()).toEqual([false, true])
    },
  )

  test('a later word of the writer holds, once a checkpoint vouches for it as well', async () => {
    const real = signed('real.1')
    const first = begun({ id: 'x' })
    real.add(first)
    real.sign()
    real.add({ ...first, status: 204 })
    real.sign(true)
    expect(told(await read(real.entries, publicKeys))).toEqual(['org_1 204 proven'])
    expect(told(await read(real.entries))).toEqual(['org_1 204 unproven'])
  })

  test('a checkpoint of another key, or that is not signed, proves nothing', async () => {
    const chain = chained('real.1', [access()])
    const fake = { ...checkpoint, signedBy: 'x', signature: 'x'.repeat(86) }
    expect(told(await read([...chain, behind(chain, fake)], publicKeys))).toEqual([
      'org_1 200 unproven',
    ])
  })

  test('many lines that nobody signed do not crowd out the chain in which they stand', async () => {
    const real = signed('real.1')
    real.add(access())
    real.sign()
    real.add(access({ ownerId: 'thief' }))
    const before = [...real.entries]
    const forged = Array.from({ length: 40 }, (_, n) =>
      behind(before, { ...access({ ownerId: 'x' }), seq: 1_000 + 2 * n }),
    )
    real.sign(true)
    const all = [...before, ...forged, ...real.entries.slice(before.length)]
    expect(told(await read(all, publicKeys))).toContain('thief 200 proven')
  })

  test('to have a line twice is to have it once', async () => {
    const real = signed('real.1')
    real.add(access())
    real.sign()
    const [line] = real.entries
    expect(told(await read([...(line ? [line] : []), ...real.entries], publicKeys))).toHaveLength(1)
  })
})

const SAME_READING: Mutation = ['isKeyed = ', 'isKeyed = ']
const SAME_CHAINS: Mutation = ['const MAX_LINKS = ', 'const MAX_LINKS = ']
const SAME_WAITING: Mutation = ['const MAX_WAITING = ', 'const MAX_WAITING = ']

type ReadingFile = 'reading' | 'open-chain' | 'waiting-events'

describe('control: without what holds it, a line that nobody signed', () => {
  const first = begun({ id: 'x', ownerId: 'thief' })
  const open = () => {
    const real = signed('real.1')
    real.add(first)
    real.sign()
    return real.entries
  }
  const proven = open()
  const word = [...proven, behind(proven, { ...first, status: 500 })]
  const fake = { ...checkpoint, signedBy: KEY_ID, signature: 'x'.repeat(86) }
  const unsigned = chained('real.1', [access({ ownerId: 'thief' })])

  test.each<[string, ReadingFile, Mutation, readonly AuditEntry[], string[]]>([
    [
      'replaces what a checkpoint vouches for',
      'waiting-events',
      ['told.vouched ? [] : laterWords(told)', 'laterWords(told)'],
      word,
      ['thief - proven', 'thief 500 unproven'],
    ],
    [
      'takes back whose the access was',
      'open-chain',
      ['!isLaterWord(event, one.event)', 'event === one.event'],
      chained('real.1', [first, { ...first, status: 500, ownerId: 'innocent' }]),
      ['innocent 500 unproven', 'thief - unproven'],
    ],
    [
      'proves what is before it',
      'reading',
      ['key !== undefined && isSignedBy(line, key)', 'key !== undefined'],
      [...unsigned, behind(unsigned, fake)],
      ['thief 200 unproven'],
    ],
  ])('%s', (_what, file, without, entries, expected) => {
    const read = (create: typeof createReading) => {
      const reading = create(publicKeysOf(SIGNING.publicKeys), true)
      for (const { line } of entries) reading.take({ line, where: 'x' })
      return told([...reading.settled(), ...reading.rest()])
    }
    expect(read(createReading)).toEqual(expected)
    const known = new Map<string, object>([
      ['../lib/weight.js', weight],
      ['./chain.js', chains],
      ['./eviction.js', givingWay],
      ['./open-chain.js', openChains],
      ['./words.js', words],
    ])
    if (file === 'open-chain')
      known.set('./open-chain.js', mutate(`audit/${file}.ts`, without, known))
    // It imports the one before.
    const waiting = file === 'waiting-events' ? without : SAME_WAITING
    known.set('./waiting-events.js', mutate('audit/waiting-events.ts', waiting, known))
    known.set('./open-chains.js', mutate('audit/open-chains.ts', SAME_CHAINS, known))
    const own = file === 'reading' ? without : SAME_READING
    const mutant = mutate('audit/reading.ts', own, known) as {
      createReading: typeof createReading
    }
    expect(read(mutant.createReading)).not.toEqual(expected)
  })
})
