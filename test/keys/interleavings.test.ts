import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { createGate } from 'sallyport'
import { dose } from '../dose.js'
import * as maybe from '../../src/lib/maybe.js'
import { play, type Act, type Told } from './interleave.js'
import { mutate, type Mutation } from '../mutant.js'

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
})

afterEach(() => {
  jest.useRealTimers()
})

const at = fc.constantFrom(0 as const, 1 as const)
const asking = fc.record({ does: fc.constant('ask' as const), at })
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: asking },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom('break' as const, 'lose' as const), at }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('rename' as const, 'revoke' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('wait' as const, 'sleep' as const),
      ms: fc.constantFrom(100, 1_000, 3_100, 5_100),
    }),
  },
)
const acts = fc.array(act, { minLength: 4, maxLength: 14 })
const RUNS = Number(process.env['SALLYPORT_TEST_RUNS'] ?? dose(30, 60))
/** Enough to find each. */
const FOUND = { numRuns: 20_000, endOnFailure: true }
const LIMIT_MS = 600_000

/** What goes wrong in so many plays, if anything does, and how often something remembered was served. */
async function explore(told: Told, open: typeof createGate, runs: fc.Parameters<unknown>) {
  let remembered = 0
  const property = fc.asyncProperty(fc.scheduler(), fc.boolean(), acts, async (s, warm, list) => {
    const outcome = await play(s, list, { told, warm }, open)
    remembered += outcome.remembered
    if (outcome.wrong !== undefined) throw new Error(outcome.wrong)
  })
  const { failed, counterexample, errorInstance } = await fc.check(property, runs as object)
  return {
    wrong: failed ? [String(errorInstance), fc.stringify(counterexample)].join('\n') : undefined,
    remembered,
  }
}

describe.each<Told>(['in the commit', 'afterwards'])('told %s', (told) => {
  test(
    'no instance answers with what it must know to be over',
    async () => {
      const { wrong, remembered } = await explore(told, createGate, { numRuns: RUNS })
      expect(wrong).toBeUndefined()
      expect(remembered).toBeGreaterThan(RUNS / 10)
    },
    LIMIT_MS,
  )
})

/** The protections of the real code, and what it is without them; the seed is one that finds it soon. */
const MUTATIONS: readonly (readonly [
  name: string,
  told: Told,
  seed: number,
  file: string,
  ...Mutation,
])[] = [
  [
    'an answer older than a change is not remembered',
    'in the commit',
    5,
    'key-cache',
    'const old = version < floors.of(id)',
    'const old = false',
  ],
  [
    'a change drops what is remembered',
    'in the commit',
    5,
    'key-memory',
    '?? Infinity) < below) this.known.delete(',
    '?? Infinity) < -Infinity) this.known.delete(',
  ],
  [
    'what is remembered is not used without proof',
    'in the commit',
    5,
    'key-cache',
    '&& isConfirmed',
    '',
  ],
  ['a break forgets everything', 'in the commit', 5, 'key-memory', 'this.generation += 1', ''],
  [
    'what a management call has read is seen',
    'in the commit',
    4,
    'key-cache',
    'memory.observed(found)',
    '',
  ],
]

describe('a wrong answer is found when it is left out that', () => {
  test.each(MUTATIONS)(
    '%s (told %s)',
    async (_name, told, seed, file, text, instead) => {
      jest.resetModules()
      const imported = new Map<string, object>([
        ['lru-cache', await import('lru-cache')],
        ['./bulkhead.js', await import('../../src/keys/bulkhead.js')],
        ['./cache-entries.js', await import('../../src/keys/cache-entries.js')],
        ['./feed-monitor.js', await import('../../src/keys/feed-monitor.js')],
        ['./key-memory.js', await import('../../src/keys/key-memory.js')],
        ['./minimum-versions.js', await import('../../src/keys/minimum-versions.js')],
        ['./weight.js', await import('../../src/keys/weight.js')],
        ['../telemetry/cache-events.js', await import('../../src/telemetry/cache-events.js')],
        ['../core/errors.js', await import('../../src/core/errors.js')],
        ['../lib/places.js', await import('../../src/lib/places.js')],
        // What exports `then` cannot be awaited.
        ['../lib/maybe.js', maybe],
      ])
      const mutant = mutate(`keys/${file}.ts`, [text, instead], imported)
      jest.unstable_mockModule(`../../src/keys/${file}.js`, () => mutant)
      const mutated = await import('sallyport')
      const { wrong } = await explore(told, mutated.createGate, { ...FOUND, seed })
      expect(wrong).toBeDefined()
    },
    LIMIT_MS,
  )
})
