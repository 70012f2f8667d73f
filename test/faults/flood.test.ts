import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { dose } from '../dose.js'
import { programOf } from '../program.js'
import type { Flood, Flooded } from './flood.js'

/** `npm run test:flood` takes a million. */
const KEYS = Number(process.env['SALLYPORT_TEST_KEYS'] ?? dose(20_000, 40_000))
const LIMIT_MS = 600_000
/** For each of a million keys: the tables of the gate are full long before that. */
const MAX_MIB = 64

const run = promisify(execFile)
const plan: Flood = {
  count: KEYS,
  soundEvery: 2,
  repeatAfter: 20_000,
  store: 'sound',
  prefix: 'acme',
}

async function flooded(some: Partial<Flood>): Promise<Flooded & { readonly meterMiB: number }> {
  const script = programOf(join(import.meta.dirname, 'flooded.ts'))
  const { stdout } = await run(process.execPath, [
    '--expose-gc',
    script,
    JSON.stringify({ ...plan, ...some }),
  ])
  const result = JSON.parse(stdout) as Flooded & { readonly meterMiB: number }
  process.stdout.write(`${JSON.stringify(some)}: ${JSON.stringify(result)}\n`)
  return result
}

describe(`${KEYS.toLocaleString('en')} random keys, each twice`, () => {
  test(
    'reach the store with a checksum that is right, once in 5 s, and take no memory to speak of',
    async () => {
      const { sound, reads, repeated, verdicts, grownMiB, meterMiB } = await flooded({})
      expect(verdicts).toEqual({ unknown_key: 2 * KEYS, 'of a good key': 1 })
      // Not more than once; and once more for each 5 s that the flood lasts.
      expect(reads).toBeGreaterThanOrEqual(sound)
      expect(repeated).toBe(0)
      expect(grownMiB).toBeLessThan(MAX_MIB)
      // The control of the meter: a table of a million would be seen.
      expect(meterMiB).toBeGreaterThan(MAX_MIB)
    },
    LIMIT_MS,
  )

  test(
    'control: all of them reach it in a format that has no checksum, and twice where nothing can be remembered',
    async () => {
      const foreign = await flooded({ prefix: 'other' })
      expect(foreign.reads).toBeGreaterThanOrEqual(KEYS)
      const { sound, reads, repeated, verdicts } = await flooded({ store: 'gone' })
      // And twice for the good one.
      expect([reads, repeated > 0]).toEqual([2 * sound + 2, true])
      expect(verdicts).toMatchObject({ store_unavailable: 2 * sound })
    },
    LIMIT_MS,
  )
})
