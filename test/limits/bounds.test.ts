import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createMemoryLimitStore, type Limit, type LimitVerdict } from 'sallyport'
import { programOf } from '../program.js'

const AT = Date.UTC(2030, 0, 1)
const HOUR_MS = 3_600_000
const MIB = 2 ** 20

function quota(fields: Partial<Limit> = {}): Limit {
  return { name: 'hourly', kind: 'quota', limit: 3, windowMs: HOUR_MS, ...fields }
}

function burst(fields: Partial<Limit> = {}): Limit {
  return { name: 'burst', kind: 'burst', limit: 3, windowMs: HOUR_MS, ...fields }
}

function open() {
  const store = createMemoryLimitStore()
  return (at: number, limit: Limit, cost = 1, subject = 'org_1') =>
    store.consume({ subject, limits: [limit], cost, at }) as LimitVerdict
}

describe('memory', () => {
  test('a million owners with two limits each take 64 MiB at most, and no more owners take more', async () => {
    const execArgv = ['--expose-gc', '--max-semi-space-size=1']
    const program = programOf(join(import.meta.dirname, 'growth.ts'))
    const child = fork(program, ['1000000'], { execArgv })
    const [{ grown, beyond }] = (await once(child, 'message')) as [Record<string, number>]
    expect(grown).toBeLessThanOrEqual(64 * MIB)
    expect(beyond).toBeLessThanOrEqual(64 * MIB)
    // Control: it was there.
    expect(grown).toBeGreaterThan(40 * MIB)
  }, 120_000)

  test('where all places are taken, the counter of one who goes on asking stays', () => {
    const ask = open()
    const long = quota({ windowMs: 24 * HOUR_MS })
    ask(AT, long, 2)
    for (let n = 0; n < 1_100_000; n++) ask(AT, quota(), 1, `other_${String(n)}`)
    expect(ask(AT, long, 2).allowed).toBe(false)
  }, 60_000)

  test('what has ended makes room', () => {
    const ask = open()
    const short = quota({ windowMs: 1_000 })
    const long = quota({ windowMs: 24 * HOUR_MS })
    for (let n = 0; n < 1_000; n++) ask(AT, long, 2, `long_${String(n)}`)
    // More than there are places, a hundred thousand at a time.
    for (let n = 0; n < 1_500_000; n++) {
      ask(AT + Math.floor(n / 100_000) * 1_000, short, 1, `short_${String(n)}`)
    }
    const kept = Array.from({ length: 1_000 }, (_, n) =>
      ask(AT + 40_000, long, 2, `long_${String(n)}`),
    )
    expect(kept.filter(({ allowed }) => allowed)).toEqual([])
  }, 60_000)
})

describe('a clock that goes back by an hour', () => {
  test('gives nothing of a quota back, and nobody waits for longer than a window', () => {
    const ask = open()
    const limit = quota({ windowMs: 60_000 })
    ask(AT, limit, 3)
    const back = ask(AT - HOUR_MS, limit)
    expect(back.allowed).toBe(false)
    expect(back.standings[0]?.retryAt).toBe(AT - HOUR_MS + 60_000)
    expect(ask(AT - HOUR_MS + 59_999, limit).allowed).toBe(false)
    expect(ask(AT - HOUR_MS + 60_000, limit).allowed).toBe(true)
  })

  test('gives nothing of a burst back, and it is refilled from then on', () => {
    const ask = open()
    const limit = burst({ windowMs: 60_000 })
    ask(AT, limit, 3)
    const back = ask(AT - HOUR_MS, limit)
    expect(back.allowed).toBe(false)
    expect(back.standings[0]?.retryAt).toBe(AT - HOUR_MS + 20_000)
    expect(ask(AT - HOUR_MS + 19_999, limit).allowed).toBe(false)
    expect(ask(AT - HOUR_MS + 20_000, limit).allowed).toBe(true)
    expect(ask(AT - HOUR_MS + 20_000, limit).allowed).toBe(false)
  })
})

describe('a clock that goes forward by an hour', () => {
  test.each([
    ['a quota', quota()],
    ['a burst', burst()],
  ])('gives no more than all, once: %s', (_, limit) => {
    const ask = open()
    ask(AT, limit, 3)
    expect(ask(AT + HOUR_MS, limit, 3).allowed).toBe(true)
    expect(ask(AT, limit).allowed).toBe(false)
    expect(ask(AT + 1_000, limit).allowed).toBe(false)
  })
})
