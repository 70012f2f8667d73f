import { strict as assert } from 'node:assert'
import type { AccessRequest, AccessStore } from '../access/access-store.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { randomBase62 } from '../lib/base62.js'
import type { MaybePromise } from '../lib/maybe.js'
import { after, request } from './access-store.js'
import { deliverAll } from './key-store/outbox.js'
import type { TestCase } from './suite.js'

/** An access store, and the outbox of the key store beside it, where its events go. */
export interface AccessStoreWithOutbox {
  readonly access: AccessStore
  readonly outbox: KeyOutbox
}

interface Told {
  readonly access: AccessStore
  /** The events of a request since the last time. */
  readonly told: (
    request: AccessRequest,
  ) => Promise<readonly (readonly [type: string, data: unknown])[]>
}

const CASES: readonly (Omit<TestCase, 'run'> & { readonly run: (told: Told) => Promise<void> })[] =
  [
    {
      id: 'events-of-steps',
      name: 'each step is an event of the outbox, once and in order, with the request as it is then',
      async run({ access, told }) {
        const first = request()
        const approved = after(first, 'approved', { environments: ['live'] })
        const suspended = after(approved, 'suspended')
        await access.insert(first)
        await access.replace(approved)
        await access.replace(suspended)
        await access.replace(after(suspended, 'approved'))
        const events = await told(first)
        assert.deepEqual(
          events.map(([type]) => type),
          ['access.requested', 'access.approved', 'access.suspended', 'access.approved'],
        )
        assert.deepEqual(events[1]?.[1], JSON.parse(JSON.stringify(approved)))
        assert.deepEqual(await told(first), [])
      },
    },
    {
      id: 'events-of-steps-alone',
      name: 'what is refused, and what leaves the state as it is, is no event',
      async run({ access, told }) {
        const first = request()
        await access.insert(first)
        const second = request({ ownerId: first.ownerId })
        assert.equal(await access.insert(second), false)
        assert.equal(await access.replace({ ...after(first, 'denied'), version: 9 }), false)
        const noted = { ...first, version: 2, conditions: 'None.' }
        assert.equal(await access.replace(noted), true)
        assert.deepEqual(
          (await told(first)).map(([type]) => type),
          ['access.requested'],
        )
        assert.deepEqual(await told(second), [])
      },
    },
  ]

/**
 * What an access store does that tells its steps through the outbox of the key store: events `access.*` for `notify` and webhooks. `open` gives both; what other tests have stored
 * may be in them. Whoever opens a store closes it.
 * @example for (const { name, run } of accessEventCases(open)) test(name, run)
 */
export function accessEventCases(
  open: () => MaybePromise<AccessStoreWithOutbox>,
): readonly TestCase[] {
  return CASES.map(({ id, name, run }) => ({
    id,
    name,
    async run() {
      const { access, outbox } = await open()
      const target = `test:${randomBase62(22)}`
      await outbox.subscribe([target])
      await run({
        access,
        told: async ({ id: subject }) =>
          (await deliverAll(outbox, target, subject)).map(({ type, data }) => [type, data]),
      })
    },
  }))
}
