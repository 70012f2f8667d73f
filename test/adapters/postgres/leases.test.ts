import { expect, test } from '@jest/globals'
import type { KeyJobs, KeyOutbox } from 'sallyport'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { databaseUrl, describeWith } from '../../services.js'
import { record } from './records.js'
import { useInstances } from './instances.js'

const HOUR_MS = 3_600_000
const at = (ms: number) => new Date(Date.now() + ms)

/** Two machines, of which the second has a clock that is an hour ahead, or behind. */
describeWith(databaseUrl, 'what one instance holds in PostgreSQL', (url) => {
  const instances = useInstances(url)

  const stores = () => instances.pools.map((pool) => createPostgresKeyStore(pool))

  test.each([HOUR_MS, -HOUR_MS])(
    'a job stays with its holder, whose clock differs by %d ms from that of another',
    async (ahead) => {
      const [jobs, other] = stores().map((store) => store.jobs) as [KeyJobs, KeyJobs]
      const name = `reset ${String(ahead)}`
      const dueAt = at(-HOUR_MS)
      const claim = (holder: string, by: number, heldMs: number) => ({
        ...{ name, dueAt, holder, now: at(by), until: at(by + heldMs) },
      })
      await jobs.claim({ ...claim('none', 0, 0), dueAt: at(-30 * HOUR_MS) })
      expect((await jobs.claim(claim('one', 0, 60_000))).isYours).toBe(true)
      expect((await other.claim(claim('two', ahead, 60_000))).isYours).toBe(false)
      // It goes on with its job, and gives it up: the other has it at once, for as long as it asked.
      expect((await jobs.claim(claim('one', 0, 1))).isYours).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect((await other.claim(claim('two', ahead, 60_000))).isYours).toBe(true)
      expect((await jobs.claim(claim('one', 0, 60_000))).isYours).toBe(false)
    },
  )

  test.each([HOUR_MS, -HOUR_MS])(
    'a delivery is not taken by another, whose clock differs by %d ms',
    async (ahead) => {
      const [store, otherStore] = stores() as [
        ReturnType<typeof createPostgresKeyStore>,
        { outbox?: KeyOutbox },
      ]
      const [outbox, other] = [store.outbox, otherStore.outbox] as [KeyOutbox, KeyOutbox]
      const target = `target ${String(ahead)}`
      await outbox.subscribe([target])
      await store.insert(record())
      const claim = (holder: string, by: number) => ({
        ...{ target, holder, now: at(by), until: at(by + 60_000), limit: 10 },
      })
      expect(await outbox.claim(claim('one', 0))).toHaveLength(1)
      expect(await other.claim(claim('two', ahead))).toEqual([])
      await outbox.release('one')
      expect(await other.claim(claim('two', ahead))).toHaveLength(1)
      expect(await outbox.claim(claim('one', 0))).toEqual([])
    },
  )
})
