import { strict as assert } from 'node:assert'
import type { AccessChanges } from '../access/access-store.js'
import type { MaybePromise } from '../lib/maybe.js'

/** Something that a store keeps for an owner. */
interface Owned {
  readonly id: string
  readonly ownerId: string
}

/** What the stores of such things have in common. */
export interface OwnedStore<Kept extends Owned> {
  insert(kept: Kept): MaybePromise<unknown>
  find(id: string): MaybePromise<Kept | undefined>
  ofOwner(ownerId: string): MaybePromise<readonly Kept[]>
  list(filter: { readonly ownerId: string }): MaybePromise<{ readonly items: readonly Kept[] }>
  changes(since?: string): MaybePromise<AccessChanges>
}

/** Each is found as it was stored, by each handle and in every way; what was not stored is not. */
export async function assertKept<Kept extends Owned>(
  store: OwnedStore<Kept>,
  other: OwnedStore<Kept>,
  kept: readonly Kept[],
): Promise<void> {
  for (const each of kept) {
    await store.insert(each)
    assert.deepEqual({ ...(await other.find(each.id)) }, each)
    assert.deepEqual([...(await other.ofOwner(each.ownerId))], [each])
    assert.deepEqual([...(await other.list({ ownerId: each.ownerId })).items], [each])
    assert.equal(await store.find(`${each.id}none`), undefined)
  }
  assert.equal((await store.ofOwner('org_none')).length, 0)
}

/**
 * The revision moves with each change, for each handle, and with nothing else; who has changed is named.
 * @param change of the first of them; it resolves to whether there was one
 */
export async function assertRevisions<Kept extends Owned>(
  store: OwnedStore<Kept>,
  other: OwnedStore<Kept>,
  [first, second]: readonly [Kept, Kept],
  change: (time: 'first' | 'again') => MaybePromise<boolean>,
): Promise<void> {
  const seen = [await other.changes()]
  await store.insert(first)
  seen.push(await other.changes(seen[0]?.revision))
  await store.insert(second)
  seen.push(await other.changes(seen[1]?.revision))
  await change('first')
  seen.push(await other.changes(seen[2]?.revision))
  assert.equal(new Set(seen.map(({ revision }) => revision)).size, 4)
  // Absent where a store does not know.
  const [, inserted, another, changed] = seen.map(({ ownerIds }) => ownerIds)
  assert.ok(inserted?.includes(first.ownerId) ?? true)
  assert.ok(!another?.includes(first.ownerId))
  assert.ok(changed?.includes(first.ownerId) ?? true)
  assert.equal((await other.changes('no revision')).ownerIds, undefined)
  await store.ofOwner(first.ownerId)
  assert.equal(await change('again'), false)
  assert.equal((await other.changes()).revision, seen.at(-1)?.revision)
}
