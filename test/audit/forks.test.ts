import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { queryTrail, readEvents, type AuditEntry, type AuditEvent } from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { dose, firstOf } from '../dose.js'
import { SIGNING } from './gates.js'
import { behind } from './places.js'
import { access, begun, chained, trailOf } from './trails.js'

const TIME = '2030-01-07T10:00:00.000Z'
const checkpoint = { kind: 'checkpoint', time: TIME } as const
const { publicKeys } = SIGNING

type Read = (entries: readonly AuditEntry[]) => Promise<readonly AuditEvent[]>

const READERS: readonly (readonly [string, Read])[] = [
  [
    'readEvents',
    async (entries) => {
      const events: AuditEvent[] = []
      const reader = trailOf(entries)
      for await (const event of readEvents(reader, undefined, undefined, { publicKeys })) {
        events.push(event)
      }
      return events
    },
  ],
  [
    'a query that reads all',
    async (entries) =>
      (await queryTrail(trailOf(entries), { ownerId: 'thief' }, { publicKeys })).items,
  ],
]

/** What is proven, in a few words, and all that is told of one owner. */
function told(events: readonly AuditEvent[], owner?: string): string[] {
  return events
    .filter(({ ownerId, proven }) => (owner === undefined ? proven : ownerId === owner))
    .map((event) => {
      const status = event.kind === 'access' ? (event.status ?? '-') : event.outcome
      return `${event.id} ${String(status)} ${event.proven ? 'proven' : 'unproven'}`
    })
    .sort()
}

/** A chain that is signed, before and after a place where somebody else could add lines to it. */
function split() {
  const { add } = createChain('real.1', createPrivateKey(SIGNING.key))
  const first = begun({ id: 'a', ownerId: 'thief' })
  const before = [add({ ...first }), add(access({ id: 'b', ownerId: 'thief' }))]
  const after = [
    add({ ...first, status: 204 }),
    add(access({ id: 'c', ownerId: 'thief' })),
    add({ ...checkpoint, last: true }),
  ]
  const [, tip] = before
  if (tip === undefined) throw new Error('no record')
  return { first, before, tip: tip.record, after }
}

const ALL = ['a 204 proven', 'b 200 proven', 'c 200 proven']

describe.each(READERS)('to %s, lines in the name of a chain, before its checkpoint,', (_, read) => {
  test.each<[string, (given: ReturnType<typeof split>) => readonly AuditEntry[]]>([
    ['that go on behind its last record', ({ tip }) => [behind(tip, access({ ownerId: 'x' }))]],
    ['that complete an event of it', ({ tip, first }) => [behind(tip, { ...first, status: 500 })]],
    [
      'that say that it has ended',
      ({ tip }) => [
        behind(tip, { ...checkpoint, signedBy: 'x', signature: 'x'.repeat(86), last: true }),
      ],
    ],
    [
      'that are many, each in another place',
      ({ tip }) =>
        Array.from({ length: 40 }, (_, n) => behind(tip, access({ ownerId: 'x' }), n + 2)),
    ],
    [
      'that are many, each in the same place',
      ({ tip }) => Array.from({ length: 40 }, () => behind(tip, access({ ownerId: 'x' }))),
    ],
  ])('%s, hide and replace nothing', async (_what, forge) => {
    const given = split()
    const all = [...given.before, ...forge(given), ...given.after]
    expect(told(await read(all))).toEqual(ALL)
    expect(told(await read([...forge(given), ...given.before, ...given.after]))).toEqual(ALL)
  })
})

/** So many events in chains that nobody has signed. */
function flood(count: number, chains: number, size: number): AuditEntry[] {
  const more = access({ ownerId: 'x', userAgent: 'x'.repeat(size) })
  const own = Array.from({ length: count / chains }, () => more)
  return Array.from({ length: chains }, (_, n) => chained(`${String(n)}.x`, own)).flat()
}

const FLOODS = [
  ['many events of many chains', 10_200, 1_020, 1],
  ['large events of one chain', 40, 1, 3_900_000],
  ['many events of one chain', 10_200, 1, 1],
  ['large events of many chains', 40, 20, 3_900_000],
] as const
test.each(firstOf(2, FLOODS))(
  'a chain is proven where %s stand between its records and their checkpoint',
  async (_what, count, many, size) => {
    const { before, after } = split()
    const others = flood(count, many, size)
    const readers = dose(1, size > 1 ? 1 : READERS.length)
    for (const [, read] of READERS.slice(0, readers)) {
      expect(told(await read([...before, ...others, ...after]))).toEqual(ALL)
      if (dose(many > 1, true) && size === 1)
        expect(told(await read([...others, ...before, ...after]))).toEqual(ALL)
    }
  },
  60_000,
)

test('copies of signed lines, read first, hide nothing', async () => {
  const { before, after } = split()
  const end = after.at(-1)
  const copies = [...before, ...(end ? [end] : [])]
  for (const [, read] of READERS) {
    expect(told(await read([...copies, ...before, ...after]))).toEqual(ALL)
    const events = told(await read([...after, ...before, ...after]))
    expect(events).toEqual(expect.arrayContaining(ALL))
  }
})
