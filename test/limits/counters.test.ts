import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createMemoryLimitStore, type Limit, type LimitStore, type LimitVerdict } from 'sallyport'
import { dose } from '../dose.js'
import { programOf } from '../program.js'
import { createForgetfulStore, createStoreOfTheClock, createStubbornStore } from './naive.js'

const AT = Date.UTC(2030, 0, 1)
const HOUR_MS = 3_600_000
const MIB = 2 ** 20

function quota(fields: Partial<Limit> = {}): Limit {
  return { name: 'hourly', kind: 'quota', limit: 3, windowMs: HOUR_MS, ...fields }
}

function burst(fields: Partial<Limit> = {}): Limit {
  return { name: 'burst', kind: 'burst', limit: 3, windowMs: HOUR_MS, ...fields }
}

function credit(fields: Partial<Limit> = {}): Limit {
  return { name: 'credits', kind: 'credit', limit: 3, windowMs: 0, ...fields }
}

/** A minute after a month has begun. */
const EARLY = AT + 60_000
const MONTHLY: Partial<Limit> = { calendar: 'month', windowMs: 31 * 24 * HOUR_MS }

function open(create: () => LimitStore = createMemoryLimitStore) {
  const store = create()
  return (at: number, limit: Limit, cost = 1, subject = 'org_1') =>
    store.consume({ subject, limits: [limit], cost, at }) as LimitVerdict
}

type Ask = ReturnType<typeof open>

async function growth(owners: number, limits: string, where = 'memory') {
  const execArgv = ['--expose-gc', '--max-semi-space-size=1']
  const program = programOf(join(import.meta.dirname, 'growth.ts'))
  const child = fork(program, [String(owners), limits, where], { execArgv })
  const [told] = (await once(child, 'message')) as [Record<'grown' | 'beyond' | 'after', number>]
  return told
}

/** The counter of one who used it up stays, though more come after than there are places. */
function keepsWhatIsUsedUp(ask: Ask, places: number): void {
  const long = quota({ windowMs: 24 * HOUR_MS })
  ask(AT, long, 2)
  for (let n = 0; n < places * 1.1; n++) ask(AT, quota(), 1, `other_${String(n)}`)
  expect(ask(AT, long, 2).allowed).toBe(false)
}

/** Those that have ended give way, and not those that last. */
function makesRoom(ask: Ask, places: number): void {
  const short = quota({ windowMs: 1_000 })
  const long = quota({ windowMs: 24 * HOUR_MS })
  const lasting = Array.from({ length: places / 1_000 }, (_, n) => `long_${String(n)}`)
  for (const subject of lasting) ask(AT, long, 2, subject)
  for (let n = 0; n < places * 1.5; n++) {
    ask(AT + Math.floor((n * 10) / places) * 1_000, short, 1, `short_${String(n)}`)
  }
  const kept = lasting.map((subject) => ask(AT + 40_000, long, 2, subject))
  expect(kept.filter(({ allowed }) => allowed)).toEqual([])
}

describe('memory', () => {
  test.each([
    ['two windows each', 'windows', dose(200_000, 1_000_000), 64, dose(8, 40)],
    ['credits beside them', 'all', dose(100_000, 1_000_000), 96, dose(5, 60)],
    ['requests that are over', 'slots', dose(100_000, 1_000_000), 8, -8],
  ])(
    'owners with %s take a bounded part of it, no more owners take more, nor do those that come later',
    async (_, limits, owners, most, least) => {
      const { grown, beyond, after } = await growth(owners, limits)
      for (const size of [grown, beyond, after]) expect(size).toBeLessThanOrEqual(most * MIB)
      // Control: it was there.
      expect(grown).toBeGreaterThan(least * MIB)
    },
    120_000,
  )

  test('red control: a map of objects takes more', async () => {
    const owners = dose(60_000, 1_000_000)
    const { grown } = await growth(owners, 'windows', 'map')
    expect(grown / owners).toBeGreaterThan((64 * MIB) / 1_000_000)
  }, 120_000)

  test.each([
    ['where all places are taken, the counter of one who has used it up stays', keepsWhatIsUsedUp],
    ['what has ended makes room', makesRoom],
  ])(
    '%s',
    (_, holds) => {
      holds(open(), 1_000_000)
      // Red control: where the oldest gives way, it does not hold.
      expect(() => {
        holds(
          open(() => createForgetfulStore(10_000)),
          10_000,
        )
      }).toThrow()
    },
    120_000,
  )
})

/** A scenario, with a naive store in which it must not hold. */
type Scenario = readonly [string, (ask: Ask) => void, () => LimitStore]

function exhausted(ask: Ask, limit: Limit): void {
  expect(ask(AT, limit, 3).allowed).toBe(true)
}

const BACK: readonly Scenario[] = [
  [
    'gives nothing of a quota back',
    (ask) => {
      const limit = quota({ windowMs: 60_000 })
      exhausted(ask, limit)
      expect(ask(AT - HOUR_MS, limit).allowed).toBe(false)
      expect(ask(AT - HOUR_MS + 59_999, limit).allowed).toBe(false)
    },
    createStoreOfTheClock,
  ],
  [
    'lets nobody wait for longer than the window of a quota',
    (ask) => {
      const limit = quota({ windowMs: 60_000 })
      exhausted(ask, limit)
      expect(ask(AT - HOUR_MS, limit).states[0]?.retryAt).toBe(AT - HOUR_MS + 60_000)
      expect(ask(AT - HOUR_MS + 60_000, limit).allowed).toBe(true)
    },
    createStubbornStore,
  ],
  [
    'gives nothing of a burst back',
    (ask) => {
      const limit = burst({ windowMs: 60_000 })
      exhausted(ask, limit)
      expect(ask(AT - HOUR_MS, limit).allowed).toBe(false)
      expect(ask(AT - HOUR_MS + 19_999, limit).allowed).toBe(false)
    },
    createStoreOfTheClock,
  ],
  [
    'refills a burst from then on, and no faster',
    (ask) => {
      const limit = burst({ windowMs: 60_000 })
      exhausted(ask, limit)
      expect(ask(AT - HOUR_MS, limit).states[0]?.retryAt).toBe(AT - HOUR_MS + 20_000)
      expect(ask(AT - HOUR_MS + 20_000, limit).allowed).toBe(true)
      expect(ask(AT - HOUR_MS + 20_000, limit).allowed).toBe(false)
    },
    createStubbornStore,
  ],
  ...[quota(MONTHLY), credit(MONTHLY)].map((limit): Scenario => [
    `gives nothing of ${limit.name} of a month back, and nobody waits beyond its end`,
    (ask) => {
      ask(EARLY, limit, 3)
      const back = ask(EARLY - HOUR_MS, limit)
      expect(back.allowed).toBe(false)
      expect(back.states[0]?.retryAt).toBe(AT)
      expect(ask(AT - 1, limit).allowed).toBe(false)
      expect(ask(AT, limit).allowed).toBe(true)
    },
    createStubbornStore,
  ]),
]

const FORWARD: readonly Scenario[] = [
  ...[quota(), burst(), credit({ windowMs: HOUR_MS })].map((limit): Scenario => [
    `gives no more than all of ${limit.name}, once`,
    (ask) => {
      exhausted(ask, limit)
      expect(ask(AT + HOUR_MS, limit, 3).allowed).toBe(true)
      expect(ask(AT, limit).allowed).toBe(false)
      expect(ask(AT + 1_000, limit).allowed).toBe(false)
    },
    createStoreOfTheClock,
  ]),
  ...[quota(MONTHLY), credit(MONTHLY)].map((limit): Scenario => [
    `into the next month and back gives all of ${limit.name}, once`,
    (ask) => {
      const late = AT - 60_000
      ask(late, limit, 3)
      expect(ask(late + HOUR_MS, limit, 3).allowed).toBe(true)
      expect(ask(late, limit).allowed).toBe(false)
      expect(ask(late + 59_999, limit).allowed).toBe(false)
    },
    createStoreOfTheClock,
  ]),
  [
    'by a hundred years gives nothing of credits that are never refilled',
    (ask) => {
      exhausted(ask, credit())
      for (let n = 0; n < 10_000; n++) ask(AT, credit(), 1, `other_${String(n)}`)
      expect(ask(AT + 36_500 * 24 * HOUR_MS, credit()).allowed).toBe(false)
    },
    () => createForgetfulStore(10_000),
  ],
]

describe.each([
  ['back', BACK],
  ['forward', FORWARD],
])('a clock that goes %s by an hour', (_, scenarios) => {
  test.each(scenarios)('%s', (_name, holds, naive) => {
    holds(open())
    // Red control.
    expect(() => {
      holds(open(naive))
    }).toThrow()
  })
})
