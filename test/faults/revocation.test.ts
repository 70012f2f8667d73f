import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createSchema, makeTables, type Schema } from '../adapters/postgres/schema.js'
import { dose } from '../dose.js'
import { databaseUrl, describeWith } from '../services.js'
import { percentile } from './distribution.js'
import type { Instance } from './instances.js'
import { startProxy, type Proxy } from './proxy.js'
import {
  countAfterSuspension,
  measureCut,
  measureRevocations,
  withInstances,
} from './revocation.js'

describeWith(
  databaseUrl,
  'a key that is revoked in one process, and its tokens, are refused in the others',
  (database) => {
    let schema: Schema
    let proxy: Proxy
    beforeAll(async () => {
      schema = await createSchema(database)
      proxy = await startProxy(schema.url)
      await makeTables(schema)
    })
    afterAll(async () => {
      await proxy.close()
      await schema.drop()
    })

    /** One that revokes, and two that do not hear of it; of the last, the proof of hearing is taken away. */
    function withDeaf(
      run: (revoker: Instance, listening: Instance, trusting: Instance) => Promise<void>,
    ) {
      const { url } = proxy
      const setups = [{ url: schema.url }, { url }, { url, feed: 'unproven' } as const]
      return withInstances(setups, async ([revoker, listening, trusting]) => {
        if (!revoker || !listening || !trusting) throw new Error('Too few instances.')
        await run(revoker, listening, trusting)
      })
    }

    test('within a second, of three processes', async () => {
      const { url } = schema
      const { keys, tokens } = await withInstances([{ url }, { url }, { url }], (instances) =>
        measureRevocations(instances, dose(20, 60), 5_000),
      )
      expect(percentile(keys, 0.99)).toBeLessThanOrEqual(1_000)
      expect(percentile(tokens, 0.99)).toBeLessThanOrEqual(1_000)
    }, 60_000)

    test('control: without a feed, not within a second', async () => {
      const { url } = schema
      const setups = [{ url, feed: 'none' } as const, { url, feed: 'none' } as const]
      const { keys, tokens } = await withInstances(setups, (instances) =>
        measureRevocations(instances, 2, 1_200),
      )
      expect(Math.min(...keys)).toBe(1_200)
      expect(Math.min(...tokens)).toBe(1_200)
    }, 60_000)

    test('within five seconds where nothing is heard; control: without the proof of hearing, later', async () => {
      await withDeaf(async (revoker, listening, trusting) => {
        const lasted = await measureCut(revoker, [listening, trusting], proxy, 1, 5_500)
        for (const [heard = NaN, unproven] of [lasted.keys, lasted.tokens]) {
          expect(heard).toBeLessThanOrEqual(5_000)
          expect(unproven).toBe(5_500)
        }
      })
    }, 60_000)

    test('after a suspension, at once; control: without the proof of hearing, not', async () => {
      await withDeaf(async (revoker, listening, trusting) => {
        const [accepted, acceptedUnproven] = await Promise.all(
          [listening, trusting].map((each) => countAfterSuspension(revoker, each, 6_000, proxy)),
        )
        expect(accepted).toBe(0)
        expect(acceptedUnproven).toBeGreaterThan(0)
      })
    }, 60_000)
  },
)
