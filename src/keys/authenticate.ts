import { identityOf, type Headers, type Identity, type KeyAuth } from '../core/auth.js'
import { Refusal, type Reason } from '../core/denial.js'
import { StoreError } from '../core/errors.js'
import { refuse } from '../core/refuse.js'
import type { RequestContext } from '../core/request-context.js'
import { createTally, type Tally } from '../core/tally.js'
import { createAddressRules } from '../http/networks.js'
import type { Clock } from '../lib/clock.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'
import { authOfKey, timeOf } from './auth-of-key.js'
import { isCrowd } from './bulkhead.js'
import { fingerprint } from './digest.js'
import { isMistyped, isOwnFormat, MAX_SECRET_LENGTH } from './format.js'
import { createUnknownKeyRefusal } from './unknown-key.js'
import type { KeyCache } from './key-cache.js'
import { handleOfId } from './key-memory.js'
import type { LegacyLookup } from './legacy.js'
import type { KeyRecord } from './record.js'

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
export interface KeyAuthenticator {
  /** A secret that was a key's when the store was last asked is no guess, whatever has been changed of it since. */
  (context: RequestContext): MaybePromise<KnownKey | Refusal>
  /** The same for the key with this id, for whoever holds something that was made from it. */
  byId(id: string): MaybePromise<KnownKey | Refusal>
}

const UNKNOWN = new Refusal('unknown_key')
/** Of keys without an end: nobody is told. */
const ENDED = new Refusal('key_expired')
const UNAVAILABLE = new Refusal('store_unavailable')
const BUSY = new Refusal('store_busy')

/** What a key authenticator works with. */
export interface KeyAuthenticatorContext {
  readonly cache: KeyCache<KnownKey>
  /** That of the keys of the gate. */
  readonly prefix: string
  readonly environments: readonly string[]
  readonly clock: Clock
  /** Asked about secrets that are not of the gate's own format. Absent: nobody knows them. */
  readonly askLegacy: LegacyLookup | undefined
  readonly onError: (error: unknown) => void
}

/**
 * Says whose key a secret is. A mistyped secret is refused without asking the store; a store that fails is told to `onError` and is
 * no verdict on the key.
 */
export function createKeyAuthenticator(context: KeyAuthenticatorContext): KeyAuthenticator {
  const { cache, prefix, environments, clock, askLegacy, onError } = context
  const unknownKey = createUnknownKeyRefusal(prefix, environments, askLegacy !== undefined)
  const judge = (key: KnownKey) => {
    if (key.refusal !== undefined) return key.refusal
    // Most have no end, and to look at the clock takes a while.
    return key.endsAt === Infinity || clock() < key.endsAt ? key : key.ended
  }
  const fail = (error: unknown) => {
    if (isCrowd(error)) return BUSY
    if (!(error instanceof StoreError)) throw error
    onError(error)
    return UNAVAILABLE
  }
  /** No stored key has this secret: the app may know it, and what it knows is stored by then. */
  const lookElsewhere = (request: RequestContext, handle: string) => {
    const { secret } = request
    if (askLegacy === undefined || isOwnFormat(secret, prefix)) return unknownKey
    const asked = askLegacy({ secret, fingerprint: handle, source: request.network() })
    return then(asked, (known) => {
      if (known === true) return then(cache.find(handle), (key) => (key ? judge(key) : UNAVAILABLE))
      return known === false ? unknownKey : known
    })
  }
  /**
   * The checksum is asked of what is not remembered alone: to compute it takes longer than to recall a key.
   *
   * @param request absent where it cannot be a guess
   */
  const look = (handle: string, request?: RequestContext) => {
    const remembered = cache.recall(handle)
    if (remembered !== undefined) return judge(remembered)
    if (request !== undefined && isMistyped(request.secret, prefix)) {
      return request.checkBruteForce() ?? unknownKey
    }
    const refused = cache.knows(handle) ? undefined : request?.checkBruteForce()
    const read = (key: KnownKey | undefined) => {
      if (key !== undefined) return judge(key)
      return request === undefined ? UNKNOWN : lookElsewhere(request, handle)
    }
    return refused ?? recover(() => then(cache.find(handle, request?.network()), read), fail)
  }
  const authenticate = (request: RequestContext) => {
    const { secret } = request
    return secret.length > MAX_SECRET_LENGTH
      ? (request.checkBruteForce() ?? unknownKey)
      : look(fingerprint(secret), request)
  }
  const byId = (id: string) => look(handleOfId(id))
  return Object.assign(authenticate, { byId })
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
  const auth = authOfKey(record, defaultPlan)
  const reason = reasonOf(record, environments)
  return {
    ...identityOf(auth),
    addresses: allowedIps === undefined ? undefined : createAddressRules(allowedIps),
    headers: graceHeaders(record),
    refusal: reason && refusalFor(reason, auth, environments),
    ended: record.expiresAt === undefined ? ENDED : new Refusal('key_expired', { auth }),
    endsAt: timeOf(record.expiresAt) ?? Infinity,
    tally: createTally(auth),
    successorSince: record.rotatedFrom === undefined ? undefined : timeOf(record.createdAt),
  }
}

/** What stands for one cause needs no words. */
function refusalFor(reason: Reason, auth: KeyAuth, environments: readonly string[]): Refusal {
  if (reason !== 'wrong_environment') return new Refusal(reason, { auth })
  const finding = { check: 'environment', expected: environments, got: auth.environment } as const
  return refuse(reason, finding, { auth })
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
