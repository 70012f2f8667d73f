import { strict as assert } from 'node:assert'
import { fingerprint } from '../../keys/digest.js'
import { mintId } from '../../keys/format.js'
import type { KeyStore } from '../../keys/key-store.js'
import type { KeyOutbox, OutboxClaim, OutboxDelivery, OutboxEvent } from '../../keys/outbox.js'
import { atOnce, january, LEASE_MS, over, record, type StoreCase } from './case.js'

interface Opened {
  readonly store: KeyStore
  readonly outbox: KeyOutbox
  readonly other: KeyOutbox
  /** Of this case alone. */
  readonly target: string
}

/** A case that asks nothing of a store without an outbox. */
function outboxCase(id: string, name: string, run: (opened: Opened) => Promise<void>): StoreCase {
  return {
    id: `outbox-${id}`,
    name: `${name}, where there is an outbox`,
    async run(store, { outbox: other }) {
      const { outbox } = store
      if (outbox === undefined || other === undefined) return
      const target = `test:${mintId()}`
      await outbox.subscribe([target])
      await run({ store, outbox, other, target })
    },
  }
}

function claim(target: string, fields: Partial<OutboxClaim> = {}): OutboxClaim {
  const now = january(1)
  const until = new Date(now.getTime() + 60_000)
  return { target, holder: mintId(), now, until, limit: 100, ...fields }
}

/** What can be claimed now, one after the other, each delivered; of one subject, or of all. */
export async function deliverAll(
  outbox: KeyOutbox,
  target: string,
  subject?: string,
): Promise<readonly OutboxDelivery[]> {
  const found: OutboxDelivery[] = []
  for (;;) {
    const asked = claim(target)
    const claimed = await outbox.claim(asked)
    if (claimed.length === 0) return found
    for (const delivery of claimed) {
      if (subject === undefined || delivery.subject === subject) found.push(delivery)
      await outbox.delivered(delivery.seq, asked.holder)
    }
  }
}

function event(fields: Partial<OutboxEvent> = {}): OutboxEvent {
  const data = { days: 7, list: ['a', null] }
  return { type: 'key.expiring', subject: mintId(), at: january(2), data, ...fields }
}

const typesOf = (deliveries: readonly OutboxDelivery[]) => deliveries.map(({ type }) => type)

/** Events that wait for their delivery. */
export const OUTBOX_CASES: readonly StoreCase[] = [
  outboxCase('changes', 'each change of a key has its event', async (opened) => {
    const { store, outbox, other, target } = opened
    const second = `${target}:2`
    await outbox.subscribe([second, target])
    const key = record({ retry: { salt: 'salt-of-the-retry', request: 'asked' } })
    const { id } = key
    await store.insert(key)
    await store.update(id, { name: 'Changed' }, 1)
    await store.update(id, { disabledAt: january(3) }, 2)
    await store.update(id, { digest: fingerprint(`${id} again`) }, 3)
    const successor = record({ ownerId: key.ownerId, rotatedFrom: id })
    await store.rotate(id, 4, january(20), successor)
    await store.update(id, { revokedAt: january(4), revocationReason: 'over' }, 5)
    const events = await deliverAll(other, target, id)
    assert.deepEqual(typesOf(events), [
      ...['key.created', 'key.updated', 'key.disabled', 'key.rotated', 'key.revoked'],
    ])
    const [created, updated] = events
    assert.deepEqual(
      [created?.key?.ownerId, created?.key?.name, created?.key?.digest, updated?.key?.name],
      [key.ownerId, key.name, '', 'Changed'],
    )
    const ids = events.map((one) => one.id)
    assert.ok(ids.every((one) => /^msg_[\w-]{22}$/.test(one)))
    assert.equal(new Set(ids).size, ids.length)
    const again = await deliverAll(outbox, second, id)
    assert.deepEqual(
      again.map((one) => one.id),
      ids,
    )
    for (const secret of [key.digest, 'salt-of-the-retry', fingerprint(`${id} again`)]) {
      assert.ok(!JSON.stringify([events, again]).includes(secret))
    }
    assert.deepEqual(await deliverAll(outbox, target, id), [])
  }),
  outboxCase('together', 'several changes at once have an event each', async (opened) => {
    const { store, outbox, target } = opened
    const keys = [record(), record(), record()]
    if (store.insertAll) await store.insertAll(keys)
    else for (const key of keys) await store.insert(key)
    const revokedAt = january(3)
    await store.updateAll?.(keys.map(({ id }) => ({ id, patch: { revokedAt } })))
    const events = await deliverAll(outbox, target)
    for (const { id } of keys) {
      const stored = await store.findById(id)
      const expected = [stored && 'key.created', stored?.revokedAt && 'key.revoked'].filter(Boolean)
      assert.deepEqual(typesOf(events.filter(({ subject }) => subject === id)), expected)
    }
  }),
  outboxCase('order', 'one instance has one event of a key at a time', async (opened) => {
    const { store, outbox, other, target } = opened
    const [key, another] = [record(), record()] as const
    await store.insert(key)
    await store.update(key.id, { name: 'Changed' }, 1)
    await store.insert(another)
    const first = claim(target, { until: new Date(january(1).getTime() + LEASE_MS) })
    const claimed = await outbox.claim(first)
    assert.deepEqual(
      Array.from(claimed, ({ subject, type }) => [subject, type]),
      [key, another].map(({ id }) => [id, 'key.created']),
    )
    const [held] = claimed
    assert.ok(held)
    assert.equal((await other.claim(claim(target))).length, 0)
    // A holder that is away keeps it until its time is over, and takes nothing from whoever has it then.
    // A store may count that time by its own clock, which no test can move.
    await over(LEASE_MS)
    const later = new Date(first.until.getTime() + 1)
    const until = new Date(later.getTime() + 60_000)
    const next = claim(target, { now: later, until, limit: 1 })
    const [again] = await other.claim(next)
    assert.equal(again?.seq, held.seq)
    await outbox.delivered(held.seq, first.holder)
    await outbox.failed(held.seq, first.holder, { at: later, error: 'late' })
    await other.release(next.holder)
    const [released] = await outbox.claim(claim(target, { limit: 1 }))
    assert.deepEqual([released?.seq, released?.attempts], [held.seq, 0])
  }),
  outboxCase('faults', 'what fails is tried again, or given up and seen', async (opened) => {
    const { store, outbox, other, target } = opened
    const key = record()
    await store.insert(key)
    await store.update(key.id, { name: 'Changed' }, 1)
    const first = claim(target)
    const [held] = await outbox.claim(first)
    assert.ok(held)
    const nextAt = new Date(january(1).getTime() + 5_000)
    await outbox.failed(held.seq, first.holder, { at: january(1), error: 'Status 500', nextAt })
    assert.equal((await other.claim(claim(target))).length, 0)
    const second = claim(target, { now: nextAt, until: january(2) })
    const [again] = await other.claim(second)
    assert.deepEqual([again?.seq, again?.id, again?.attempts], [held.seq, held.id, 1])
    await other.failed(held.seq, second.holder, { at: nextAt, error: 'Status 501' })
    const failures = async () =>
      [...(await outbox.failures({ limit: 200 })).items].filter((one) => one.target === target)
    const [failure] = await failures()
    assert.deepEqual(
      [failure?.seq, failure?.error, failure?.endedAt, failure?.attempts],
      [held.seq, 'Status 501', nextAt, 2],
    )
    // It holds up nothing any more.
    assert.deepEqual(typesOf(await deliverAll(outbox, target, key.id)), ['key.updated'])
    assert.equal(await other.retry(held.seq), 1)
    assert.deepEqual(await failures(), [])
    assert.deepEqual(typesOf(await deliverAll(outbox, target, key.id)), ['key.created'])
    assert.equal(await other.retry(held.seq), 0)
    assert.equal((await outbox.failures({ limit: 1, cursor: 'not ours' })).items.length, 0)
  }),
  outboxCase('once', 'an event with a mark is added once', async (opened) => {
    const { outbox, other, target } = opened
    const marked = event({ once: `mark ${target}` })
    const calls = [outbox, other, outbox, other].map((each) => async () => each.add([marked]))
    const outcomes = await atOnce(calls)
    const added = outcomes.map((one) =>
      one.status === 'fulfilled' ? one.value[0] : String(one.reason),
    )
    assert.deepEqual(added.sort(), [false, false, false, true])
    const { subject } = marked
    const more = await outbox.add([marked, event({ subject }), event({ subject })])
    assert.deepEqual([...more], [false, true, true])
    const [told, ...rest] = await deliverAll(other, target, subject)
    assert.equal(rest.length, 2)
    assert.deepEqual(
      [told?.type, told?.at, { ...told?.data }, told?.key],
      [marked.type, marked.at, { ...marked.data }, undefined],
    )
  }),
  outboxCase(
    'crowd',
    'very many events of one subject keep back none of others',
    async (opened) => {
      const { outbox, target } = opened
      const [crowd, late] = [mintId(), mintId()]
      // Each call adds them for the targets of other cases as well.
      for (let call = 0; call < 10; call++) {
        await outbox.add(Array.from({ length: 30 }, () => event({ subject: crowd })))
      }
      await outbox.add([event({ subject: late })])
      const held = await outbox.claim(claim(target, { limit: 1 }))
      assert.deepEqual(
        Array.from(held, ({ subject }) => subject),
        [crowd],
      )
      // A store may look at some of the others at a time.
      for (let look = 0; look < 60; look++) {
        const claimed = await outbox.claim(claim(target))
        const subjects = Array.from(claimed, ({ subject }) => subject)
        assert.ok(!subjects.includes(crowd))
        if (subjects.includes(late)) return
      }
      assert.fail('It was not found in 60 looks.')
    },
  ),
]
