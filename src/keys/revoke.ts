import { StoreError } from '../core/errors.js'
import { checkInput } from './calls.js'
import { persist, type Judge, type KeyContext } from './key-context.js'
import { hasEnded, type KeyRecord } from './record.js'
import {
  commit,
  ended,
  revocation,
  revokeOptionsSchema,
  type RevokedKey,
  type RevokeOptions,
} from './revocation.js'
import { revokeDescendants } from './revoke-all.js'

/**
 * How often a revocation is tried, every other time on any version of the key. A store that can only compare versions may lose against others
 * many times in a row.
 */
const ATTEMPTS = 200

/**
 * Revokes a key now and for good; in a rotation's grace, both keys, in one step where the store can. It wins against any change of the key that
 * is made at the same time. Safe to call repeatedly.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`. @throws {StoreError}
 */
export async function revokeKey(
  context: KeyContext,
  id: string,
  options: RevokeOptions = {},
  judge?: Judge,
): Promise<RevokedKey> {
  const { reason, descendants, alone } = checkInput(
    revokeOptionsSchema(),
    options,
    'gate.keys.revoke',
  )
  const revoke = alone === true ? revokeAlone : revokeWithPartners
  const attempt = async (record: KeyRecord, before: number) => {
    judge?.(record)
    return revoke(context, record, reason, before % 2 === 1)
  }
  const key = await persist(context, id, attempt, ATTEMPTS)
  if (descendants !== true) return key
  const patch = revocation(new Date(context.clock()), reason)
  await revokeDescendants(context, { ownerId: key.ownerId, ids: [id] }, patch)
  return key
}

/**
 * The same for whoever holds the key, and for that key alone: who holds one of two in a grace cannot end the other.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`. @throws {StoreError}
 */
export async function giveUpKey(
  context: KeyContext,
  id: string,
  options: RevokeOptions,
  judge: Judge,
): Promise<RevokedKey> {
  const { reason } = checkInput(revokeOptionsSchema(), options, 'gate.keys.revoke')
  const giveUp = async (record: KeyRecord): Promise<RevokedKey | undefined> => {
    judge(record)
    const now = new Date(context.clock())
    const patch = record.rotatedTo === undefined ? revocation(now, reason) : { expiresAt: now }
    const over =
      record.revokedAt !== undefined || (record.rotatedTo !== undefined && hasEnded(record, +now))
    const changes = over ? [] : [{ id, patch, expectedVersion: record.version }]
    return (await commit(context, changes)) ? ended(context, record) : undefined
  }
  return persist(context, id, giveUp, ATTEMPTS)
}

/** The grace of an old key is over then: who revokes that key once more does not end its successor. `undefined` where somebody was faster. */
async function revokeAlone(
  context: KeyContext,
  record: KeyRecord,
  reason: string | undefined,
  whatever: boolean,
): Promise<RevokedKey | undefined> {
  const now = new Date(context.clock())
  const isInGrace = record.rotatedTo !== undefined && !hasEnded(record, +now)
  const patch = { ...revocation(now, reason), ...(isInGrace && { expiresAt: now }) }
  const change = { id: record.id, patch, ...(!whatever && { expectedVersion: record.version }) }
  const changes = record.revokedAt === undefined ? [change] : []
  if (!(await commit(context, changes))) return undefined
  return ended(context, record)
}

/** `undefined` where somebody was faster. */
async function revokeWithPartners(
  context: KeyContext,
  record: KeyRecord,
  reason: string | undefined,
  whatever: boolean,
): Promise<RevokedKey | undefined> {
  const partners = await gracePartners(context, record)
  const pair = [record, ...partners.found]
  const standing = pair.filter(({ revokedAt }) => revokedAt === undefined)
  const patch = revocation(new Date(context.clock()), reason)
  const changes = standing.map((one) => ({
    ...{ id: one.id, patch },
    ...(!whatever && { expectedVersion: one.version }),
  }))
  if (!(await commit(context, changes))) return undefined
  // The key itself is revoked: what could not be read of the other is told after that.
  if (partners.failure !== undefined) throw partners.failure
  const key = await ended(context, record)
  // It was rotated in the meantime: its successor is a partner as well.
  return key.rotatedTo === record.rotatedTo ? key : undefined
}

interface Partners {
  readonly found: readonly KeyRecord[]
  readonly failure: StoreError | undefined
}

/** The keys that live beside this one until the grace of their rotation ends. The older of two says when that is. */
async function gracePartners(context: KeyContext, record: KeyRecord): Promise<Partners> {
  const found: KeyRecord[] = []
  let failure: StoreError | undefined
  for (const id of [record.rotatedFrom, record.rotatedTo]) {
    const partner = id === undefined ? undefined : await read(context, id)
    if (partner instanceof StoreError) failure = partner
    if (partner === undefined || partner instanceof StoreError) continue
    // A row that names a stranger must not end it.
    if (partner.rotatedTo !== record.id && partner.rotatedFrom !== record.id) continue
    const older = partner.rotatedTo === record.id ? partner : record
    const ended = older.expiresAt !== undefined && older.expiresAt.getTime() <= context.clock()
    if (!ended) found.push(partner)
  }
  return { found, failure }
}

async function read(context: KeyContext, id: string): Promise<KeyRecord | StoreError | undefined> {
  try {
    const record = await context.store.findById(id)
    if (record !== undefined) context.observed(record)
    return record
  } catch (error) {
    if (error instanceof StoreError) return error
    throw error
  }
}
