import { strict as assert } from 'node:assert'
import { fingerprint } from '../../keys/digest.js'
import { mintId } from '../../keys/format.js'
import type { KeyQuery, KeyStore, Page } from '../../keys/key-store.js'
import type { KeyRecord } from '../../keys/record.js'
import type { CaseOn } from '../suite.js'

export type StoreCase = CaseOn<KeyStore>

/** A record as no store has it yet, of an owner of its own. */
export function record(fields: Partial<KeyRecord> = {}): KeyRecord {
  const id = mintId()
  return {
    id,
    version: 1,
    digest: fingerprint(id),
    hint: 'acme_live_sk_...abcd',
    name: 'A key',
    ownerId: `org_${id}`,
    environment: 'live',
    kind: 'sk',
    scopes: ['read:orders'],
    allowedIps: ['203.0.113.0/24'],
    metadata: { team: 'billing', nested: [1, null, true] },
    createdAt: new Date('2030-01-01T00:00:00.123Z'),
    ...fields,
  }
}

/** For how long something is held in a case that waits for its end. */
export const LEASE_MS = 2_000

/** When so long is over, and a bit more. */
export function over(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds + 50))
}

/** The n-th of January 2030. */
export function january(day: number): Date {
  return new Date(Date.UTC(2030, 0, day))
}

/** As many records of one new owner as there are fields to give them, stored in that order. */
export async function insertAll(
  store: KeyStore,
  fields: readonly Partial<KeyRecord>[],
): Promise<readonly [KeyRecord, ...KeyRecord[]]> {
  const [first = record(), ...rest] = fields.map((some) => record(some))
  const { ownerId } = first
  const records = [first, ...rest.map((key) => ({ ...key, ownerId }))] as const
  for (const key of records) await store.insert(key)
  return records
}

/** The store has this record, wherever it is asked. */
export async function assertStored(store: KeyStore, key: KeyRecord): Promise<void> {
  const { lastUsedAt: _, ...listed } = (await listAll(store, { ownerId: key.ownerId })).find(
    ({ id }) => id === key.id,
  ) ?? { lastUsedAt: undefined }
  assert.deepEqual({ ...(await store.findByDigest(key.digest)) }, key)
  assert.deepEqual({ ...(await store.findById(key.id)) }, key)
  assert.deepEqual({ ...listed }, key)
}

/** Goes through all pages of a query; before each but the first, `between` runs. */
export async function listAll(
  store: KeyStore,
  query: KeyQuery,
  between: (page: Page<KeyRecord>) => unknown = () => undefined,
): Promise<readonly KeyRecord[]> {
  const limit = query.limit ?? 50
  const listed: KeyRecord[] = []
  for (let cursor: string | undefined; ;) {
    const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) })
    assert.ok(page.items.length <= limit, `a page of ${String(page.items.length)}`)
    assert.ok(listed.length < 10_000, 'the pages have no end')
    listed.push(...page.items)
    if (page.cursor === undefined) return listed
    assert.notEqual(page.items.length, 0, 'a page with nothing on it has a cursor')
    cursor = page.cursor
    await between(page)
  }
}

export function idsOf(records: readonly KeyRecord[]): readonly string[] {
  return records.map(({ id }) => id)
}

/** Settles calls that are made at the same time; one that throws at once counts as one that rejects. */
export async function atOnce<T>(
  calls: readonly (() => T | Promise<T>)[],
): Promise<readonly PromiseSettledResult<T>[]> {
  return Promise.allSettled(calls.map(async (call) => call()))
}
