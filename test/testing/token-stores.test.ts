import { describe, expect, test } from '@jest/globals'
import {
  createMemoryReplayStore,
  createMemoryRevocations,
  type ReplayStore,
  type TokenRevocations,
} from 'sallyport'
import { replayStoreCases, tokenRevocationsCases, type TestCase } from 'sallyport/testing'
import { failing } from './failing.js'

const FULL = 100_000

function fullReplayStore(): ReplayStore {
  const store = createMemoryReplayStore(() => 0)
  for (let n = 0; n < FULL; n++) void store.addIfAbsent(String(n), 1)
  return store
}

function fullRevocations(): TokenRevocations {
  const store = createMemoryRevocations(() => 0)
  for (let n = 0; n < FULL; n++) void store.add(String(n), 1)
  return store
}

/** Ids that are what `named` makes of them, each until what `kept` makes of its end and of the one that it had. */
function idsOf(named: (id: string) => string, kept: (until: number, before: number) => number) {
  const ends = new Map<string, number>()
  const endOf = (id: string) => ends.get(named(id)) ?? -Infinity
  return {
    has: (id: string) => endOf(id) > Date.now(),
    add(id: string, until: number) {
      ends.set(named(id), kept(until, endOf(id)))
    },
  }
}

const same = (id: string) => id
const latest = Math.max

/** As it should be, but for what is given. */
function replaysOf(ids = idsOf(same, latest)): ReplayStore {
  return {
    addIfAbsent(id, until) {
      const first = !ids.has(id)
      ids.add(id, until)
      return first
    },
  }
}

type Broken<Store> = readonly [
  name: string,
  open: () => Store | readonly [Store, Store],
  found: readonly string[],
]

const BROKEN_REPLAYS: readonly Broken<ReplayStore>[] = [
  ['takes everything', () => ({ addIfAbsent: () => true }), ['kept', 'once', 'once-at-once']],
  [
    'takes nothing',
    () => ({ addIfAbsent: () => false }),
    ['apart', 'ends', 'kept', 'once', 'once-at-once'],
  ],
  [
    'looks first, and keeps later',
    () => {
      const ids = idsOf(same, latest)
      return {
        async addIfAbsent(id, until) {
          const first = !ids.has(id)
          await Promise.resolve()
          ids.add(id, until)
          return first
        },
      }
    },
    ['once-at-once'],
  ],
  [
    'has ids of its own in each process',
    () => [replaysOf(), replaysOf()],
    ['kept', 'once', 'once-at-once'],
  ],
  ['does not tell capitals', () => replaysOf(idsOf((id) => id.toLowerCase(), latest)), ['apart']],
  ['cuts ids', () => replaysOf(idsOf((id) => id.slice(0, 255), latest)), ['apart']],
  ['trims ids', () => replaysOf(idsOf((id) => id.trim(), latest)), ['apart']],
  [
    'keeps an id until what was asked for last',
    () => replaysOf(idsOf(same, (until) => until)),
    ['kept'],
  ],
  ['never forgets', () => replaysOf(idsOf(same, () => Infinity)), ['ends']],
]

const BROKEN_REVOCATIONS: readonly Broken<TokenRevocations>[] = [
  [
    'keeps nothing',
    () => ({ add: () => undefined, has: () => false }),
    ['apart', 'ends', 'kept', 'revoked', 'revoked-at-once'],
  ],
  [
    'says yes to everything',
    () => ({ add: () => undefined, has: () => true }),
    ['apart', 'ends', 'revoked'],
  ],
  [
    'answers before it has kept it',
    () => {
      const ids = idsOf(same, latest)
      return { has: ids.has, add: (id, until) => void setImmediate(ids.add, id, until) }
    },
    ['apart', 'ends', 'revoked', 'revoked-at-once'],
  ],
  [
    'has ids of its own in each process',
    () => [idsOf(same, latest), idsOf(same, latest)],
    ['kept', 'revoked', 'revoked-at-once'],
  ],
  [
    'fails where an id is there',
    () => {
      const ids = idsOf(same, latest)
      return {
        has: ids.has,
        add(id, until) {
          if (ids.has(id)) throw new Error('duplicate')
          ids.add(id, until)
        },
      }
    },
    ['kept', 'revoked-at-once'],
  ],
  ['does not tell capitals', () => idsOf((id) => id.toLowerCase(), latest), ['apart']],
  ['cuts ids', () => idsOf((id) => id.slice(0, 255), latest), ['apart']],
  ['keeps an id until what was asked for last', () => idsOf(same, (until) => until), ['kept']],
  [
    'keeps an id until what was asked for first',
    () => idsOf(same, (until, before) => (before > 0 ? before : until)),
    ['kept'],
  ],
  ['never forgets', () => idsOf(same, () => Infinity), ['ends']],
]

describe.each<[string, readonly TestCase[]]>([
  ['of used assertions', replayStoreCases(createMemoryReplayStore, fullReplayStore)],
  ['of revoked tokens', tokenRevocationsCases(createMemoryRevocations, fullRevocations)],
])('a store %s in memory', (_, cases) => {
  test('has cases with ids and names of their own', () => {
    expect(cases.length).toBeGreaterThan(4)
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })

  for (const { name, run } of cases) test(name, run)
})

function describeBroken<T>(
  what: string,
  casesOf: (open: Broken<T>[1], full?: () => T) => readonly TestCase[],
  sound: () => T,
  broken: readonly Broken<T>[],
): void {
  describe(what, () => {
    // They wait for the clock, all at once.
    const failed = broken.map(([, open]) => failing(casesOf(open)))

    test.each(broken.map(([name, , found], at) => [name, at, found] as const))(
      '%s is found out',
      async (_, at, found) => {
        expect((await failed[at])?.sort()).toEqual(found)
      },
    )

    test('answers what it could not keep is found out', async () => {
      expect(await failing(casesOf(sound, sound))).toEqual(['fails'])
    })

    test('every case finds something', () => {
      const found = new Set(['fails', ...broken.flatMap(([, , ids]) => ids)])
      expect(casesOf(sound, sound).filter(({ id }) => !found.has(id))).toEqual([])
    })
  })
}

describeBroken('a store of used assertions that', replayStoreCases, replaysOf, BROKEN_REPLAYS)
describeBroken(
  'a store of revoked tokens that',
  tokenRevocationsCases,
  () => idsOf(same, latest),
  BROKEN_REVOCATIONS,
)
