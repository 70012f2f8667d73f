import { z } from 'zod'
import type { MaybePromise } from '../lib/maybe.js'
import { checkInput, plainText } from './input.js'
import {
  hasEnded,
  shown,
  type ApiKey,
  type EffectiveBy,
  type KeyPatch,
  type KeyRecord,
} from './record.js'
import { persist, write, type Judge, type KeyRoom } from './room.js'
import { KeyError, StoreError, type KeyChange, type KeyStore } from './store.js'

export interface RevokeOptions {
  /** Why, in 1 to 256 characters; whoever lists the keys can read it. */
  readonly reason?: string
}

/** A key that was revoked. */
export interface RevokedKey extends ApiKey, EffectiveBy {}

/** What to revoke: every key of an owner, or those of one environment. */
export interface RevokeAllInput extends RevokeOptions {
  readonly ownerId: string
  readonly environment?: string
}

/** How many keys lost their force. */
export interface RevokedKeys extends EffectiveBy {
  readonly revoked: number
}

const reason = plainText(256).optional()
const optionsSchema = z.strictObject({ reason })
const allSchema = z.strictObject({
  ownerId: z.string().min(1).max(128),
  environment: z.string().optional(),
  reason,
})

const PAGE = 200
const AT_ONCE = 8
const LOOKS = 5

/**
 * Ends a key now and for good; in a rotation's grace, both keys, in one step where the store can. Again is harmless.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `changed_meanwhile`. @throws {StoreError}
 */
export async function revokeKey(
  room: KeyRoom,
  id: string,
  options: RevokeOptions = {},
  judge?: Judge,
): Promise<RevokedKey> {
  const { reason } = checkInput(optionsSchema, options, 'gate.keys.revoke')
  return persist(room, id, async (record) => {
    judge?.(record)
    return revokeWithPartners(room, record, reason)
  })
}

/**
 * The same for whoever holds the key, and for that key alone: who holds one of two in a grace cannot end the other.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `changed_meanwhile`. @throws {StoreError}
 */
export async function giveUpKey(
  room: KeyRoom,
  id: string,
  options: RevokeOptions,
  judge: Judge,
): Promise<RevokedKey> {
  const { reason } = checkInput(optionsSchema, options, 'gate.keys.revoke')
  return persist(room, id, async (record) => {
    judge(record)
    const now = new Date(room.clock())
    const patch = record.rotatedTo === undefined ? revocation(now, reason) : { expiresAt: now }
    const over =
      record.revokedAt !== undefined || (record.rotatedTo !== undefined && hasEnded(record, +now))
    const changes = over ? [] : [{ id, patch, expectedVersion: record.version }]
    return (await commit(room, changes)) ? ended(room, record) : undefined
  })
}

function revocation(revokedAt: Date, reason: string | undefined): KeyPatch {
  return { revokedAt, ...(reason !== undefined && { revocationReason: reason }) }
}

/** `undefined` where somebody was faster. */
async function revokeWithPartners(
  room: KeyRoom,
  record: KeyRecord,
  reason: string | undefined,
): Promise<RevokedKey | undefined> {
  const partners = await gracePartners(room, record)
  const pair = [record, ...partners.found]
  const standing = pair.filter(({ revokedAt }) => revokedAt === undefined)
  const patch = revocation(new Date(room.clock()), reason)
  const changes = standing.map((one) => ({ id: one.id, patch, expectedVersion: one.version }))
  if (!(await commit(room, changes))) return undefined
  // The key itself is revoked: what could not be read of the other is told after that.
  if (partners.failure !== undefined) throw partners.failure
  return ended(room, record)
}

/** Also where nothing was left to do: the answer of an earlier call may have been lost. */
async function ended(room: KeyRoom, record: KeyRecord): Promise<RevokedKey> {
  const current = (await room.store.findById(record.id)) ?? record
  return { ...shown(current, room.clock()), effectiveBy: room.settledBy() }
}

/**
 * Ends every key of an owner. One that is made meanwhile is found as well: it is done when a look at all of them finds none.
 * @throws {MisuseError} @throws {KeyError} `changed_meanwhile`. @throws {StoreError}
 */
export async function revokeAllKeys(room: KeyRoom, input: RevokeAllInput): Promise<RevokedKeys> {
  const { ownerId, environment, reason } = checkInput(allSchema, input, 'gate.keys.revokeAll')
  const filter = { ownerId, ...(environment !== undefined && { environment }) }
  const options = reason === undefined ? {} : { reason }
  let revoked = 0
  for (let looks = 0; looks < LOOKS; looks++) {
    const ids = await findStanding(room, filter)
    if (ids.length === 0) return { revoked, effectiveBy: room.settledBy() }
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE)
      await Promise.all(some.map((id) => revokeKey(room, id, options)))
      revoked += some.length
    }
  }
  throw new KeyError('changed_meanwhile', `Keys of '${ownerId}' keep being made; try again.`)
}

async function findStanding(
  room: KeyRoom,
  filter: { readonly ownerId: string; readonly environment?: string },
): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const more = cursor === undefined ? {} : { cursor }
    const page = await room.store.list({ ...filter, limit: PAGE, ...more })
    page.items.forEach(room.seen)
    const standing = page.items.filter(({ revokedAt }) => revokedAt === undefined)
    ids.push(...standing.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== undefined)
  return ids
}

interface Partners {
  readonly found: readonly KeyRecord[]
  readonly failure: StoreError | undefined
}

/** The keys that live beside this one until the grace of their rotation ends. The older of two says when that is. */
async function gracePartners(room: KeyRoom, record: KeyRecord): Promise<Partners> {
  const found: KeyRecord[] = []
  let failure: StoreError | undefined
  for (const id of [record.rotatedFrom, record.rotatedTo]) {
    const partner = id === undefined ? undefined : await read(room, id)
    if (partner instanceof StoreError) failure = partner
    if (partner === undefined || partner instanceof StoreError) continue
    // A row that names a stranger must not end it.
    if (partner.rotatedTo !== record.id && partner.rotatedFrom !== record.id) continue
    const older = partner.rotatedTo === record.id ? partner : record
    const ended = older.expiresAt !== undefined && older.expiresAt.getTime() <= room.clock()
    if (!ended) found.push(partner)
  }
  return { found, failure }
}

async function read(room: KeyRoom, id: string): Promise<KeyRecord | StoreError | undefined> {
  try {
    const record = await room.store.findById(id)
    if (record !== undefined) room.seen(record)
    return record
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
}

/** All or none where the store can; else the one that was asked for first, so that trying again does the rest. */
async function commit(room: KeyRoom, changes: readonly KeyChange[]): Promise<boolean> {
  const steps = room.store.updateAll === undefined ? changes.map((change) => [change]) : [changes]
  for (const step of steps) {
    const ids = step.map(({ id }) => id)
    if (!(await write(room, ids, () => make(room.store, step)))) return false
    await Promise.all(step.map(({ id, expectedVersion }) => room.announce(id, expectedVersion + 1)))
  }
  return true
}

function make(store: KeyStore, step: readonly KeyChange[]): MaybePromise<boolean> {
  const [first, second] = step
  if (first === undefined) return true
  if (second !== undefined) return store.updateAll?.(step) ?? false
  return store.update(first.id, first.patch, first.expectedVersion)
}
