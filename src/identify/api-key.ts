import { handleOfId, type KeyCache } from '../keys/cached.js'
import { fingerprint } from '../lib/fingerprint.js'
import { isMistyped, MAX_SECRET_LENGTH } from '../keys/format.js'
import type { KeyRecord } from '../keys/record.js'
import { StoreError } from '../keys/store.js'
import type { Tally } from '../keys/usage.js'
import type { Clock } from '../lib/clock.js'
import { deepCopy, deepFreeze } from '../lib/copy.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'
import { areTexts } from '../lib/texts.js'
import { createAddressRules } from '../net/networks.js'
import { ending, type Identity, type KeyAuth } from '../terms/auth.js'
import { Refusal, type Reason } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
import type { Headers } from '../terms/headers.js'

/** A key as it is cached: who it is, and what decides whether it still stands. */
export interface KnownKey extends Identity {
  /** Why it is refused whatever the time is; absent: it is not. */
  readonly refusal: Refusal | undefined
  /** What is said after `endsAt`. */
  readonly ended: Refusal
  /** Milliseconds since the epoch. */
  readonly endsAt: number
  readonly tally: Tally
}

/** Says whose key a secret is. */
export interface KeyIdentifier {
  /** A secret that was a key's when the store was last asked is no guess, unless a change of that has been heard. */
  (secret: string, guesser: Guesser): MaybePromise<KnownKey | Refusal>
  /** The same for the key with this id, for whoever holds something that was made from it. */
  byId(id: string): MaybePromise<KnownKey | Refusal>
}

const UNKNOWN = new Refusal('unknown_key')
const UNAVAILABLE = new Refusal('store_unavailable')

/**
 * Says whose key a secret is. A mistyped secret is refused without asking the store; a store that fails is told to `onError` and is
 * no verdict on the key.
 */
export function createKeyIdentifier(
  cache: KeyCache<KnownKey>,
  prefix: string,
  clock: Clock,
  onError: (error: unknown) => void,
): KeyIdentifier {
  const judge = (key: KnownKey | undefined) => {
    if (key === undefined) return UNKNOWN
    if (key.refusal !== undefined) return key.refusal
    // Most have no end, and to look at the clock takes a while.
    return key.endsAt === Infinity || clock() < key.endsAt ? key : key.ended
  }
  const fail = (error: unknown) => {
    if (!(error instanceof StoreError)) throw error
    onError(error)
    return UNAVAILABLE
  }
  /** `guesser`: absent where it cannot be a guess. */
  const look = (handle: string, guesser?: Guesser) => {
    const remembered = cache.recall(handle)
    if (remembered !== undefined) return judge(remembered)
    const refused = cache.knows(handle) ? undefined : guesser?.refuseGuess()
    return refused ?? recover(() => then(cache.find(handle), judge), fail)
  }
  const identify = (secret: string, guesser: Guesser) =>
    secret.length > MAX_SECRET_LENGTH || isMistyped(secret, prefix)
      ? (guesser.refuseGuess() ?? UNKNOWN)
      : look(fingerprint(secret), guesser)
  const byId = (id: string) => look(handleOfId(id))
  return Object.assign(identify, { byId })
}

/** @throws {StoreError} for a record that cannot be understood: its key must not work. */
export function createKeyPreparer(
  environments: readonly string[],
  defaultPlan: string | undefined,
): (record: KeyRecord) => KnownKey {
  return (record) => {
    try {
      return prepare(record, environments, defaultPlan)
    } catch (cause) {
      throw new StoreError(`What is stored of key '${record.id}' cannot be understood.`, { cause })
    }
  }
}

function prepare(
  record: KeyRecord,
  environments: readonly string[],
  defaultPlan: string | undefined,
): KnownKey {
  const { allowedIps } = record
  const auth = authOf(record, defaultPlan)
  const reason = reasonOf(record, environments)
  return {
    auth,
    scopes: new Set(record.scopes.map(String)),
    tenants: new Set(auth.tenantIds),
    resources: auth.resources && new Set(auth.resources),
    addresses: allowedIps === undefined ? undefined : createAddressRules(allowedIps),
    headers: graceHeaders(record),
    refusal: reason && new Refusal(reason, { auth }),
    ended: new Refusal('key_expired', { auth }),
    endsAt: timeOf(record.expiresAt) ?? Infinity,
    tally: { keyId: record.id, environment: record.environment, count: 0, lastUsedAt: 0 },
  }
}

/** Tells who uses a key that has a successor since when (RFC 9745 section 2) and until when (RFC 8594 section 3). */
function graceHeaders({ rotatedAt, expiresAt }: KeyRecord): Headers | undefined {
  if (rotatedAt === undefined || expiresAt === undefined) return undefined
  const since = String(Math.floor(rotatedAt.getTime() / 1_000))
  return { deprecation: `@${since}`, sunset: expiresAt.toUTCString() }
}

function reasonOf(record: KeyRecord, environments: readonly string[]): Reason | undefined {
  const [revokedAt, disabledAt] = [timeOf(record.revokedAt), timeOf(record.disabledAt)]
  if (revokedAt !== undefined) return 'key_revoked'
  if (!environments.includes(record.environment)) return 'wrong_environment'
  return disabledAt === undefined ? undefined : 'key_disabled'
}

/** @throws where a store has put something else in the place of a date. */
function timeOf(date: Date | undefined): number | undefined {
  if (date === undefined) return undefined
  const time = date.getTime()
  if (Number.isNaN(time)) throw new RangeError('Not a date.')
  return time
}

/** @throws where a store has put something else in the place of a list. */
function textsOf(list: unknown): readonly string[] {
  if (!areTexts(list)) throw new TypeError('Not a list of texts.')
  return Object.freeze([...list])
}

/** All requests of a key share its auth: what one handler could change, all others would see. */
function authOf(record: KeyRecord, defaultPlan: string | undefined): KeyAuth {
  const { id: keyId, name, ownerId, environment, plan = defaultPlan, limit } = record
  const endsAt = timeOf(record.expiresAt)
  const auth = {
    kind: 'key' as const,
    keyId,
    name,
    ownerId,
    environment,
    scopes: Object.freeze([...record.scopes]),
    tenantIds: textsOf(record.tenantIds ?? []),
    ...(record.resources !== undefined && { resources: textsOf(record.resources) }),
    ...(plan !== undefined && { plan }),
    ...(limit !== undefined && { limit }),
    metadata: deepFreeze(deepCopy(record.metadata)),
  }
  return endsAt === undefined ? Object.freeze(auth) : ending(auth, endsAt)
}
