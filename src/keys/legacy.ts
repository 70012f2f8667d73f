import { LRUCache } from 'lru-cache'
import { APP_CALL_MS, callApp } from '../core/app-call.js'
import { Refusal } from '../core/denial.js'
import type { Clock } from '../lib/clock.js'
import { createElapsed } from '../lib/elapsed.js'
import { then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import type { LegacyKey } from './import.js'
import { FairQueue } from './fair-queue.js'

/** Calls of the app's function at once, and requests that wait for their turn. */
const MAX_ASKED = 8
const MAX_WAITING = 64
/** A call that comes too late for its request goes on for so long: what it returns is there for the next one. */
const LATE_MS = 5_000
const MAX_REJECTED = placesFor(50_000)
const REJECTED_MS = 5_000

/**
 * Verifies a secret that is not of the gate's own format, in whatever way the app has stored it: bcrypt, argon2, scrypt, HMAC. Returns the key that it belongs to, or `undefined`
 * for a secret that is wrong.
 *
 * The gate stores the returned key and lets the request in; it does not call again for that secret. `undefined` rejects the request with 401 and counts as a failed guess.
 * Anything else (an error, no answer within 250 ms, input that no key can have) is 503 with a call of `onError`, and never counts as a guess.
 *
 * Return `legacyId`, the id of the row. bcrypt ignores everything after 72 bytes, and decoders of hex or base64 accept several spellings: with the id, the first spelling that comes is
 * the key, and you revoke it once. Without it, each spelling that you accept is a key of its own, also after you have revoked another one.
 *
 * @param secret as the client sent it, 1 to 256 characters
 *
 * @example
 * const legacy: LegacyKeys = async (secret) => {
 *   if (!/^old_[0-9a-z]{32}$/.test(secret)) return undefined
 *   const row = await findByPrefix(secret.slice(0, 8))
 *   if (row === undefined || !(await bcrypt.compare(secret, row.hash))) return undefined
 *   return { legacyId: row.id, name: row.name, ownerId: row.ownerId, scopes: ['read:orders'] }
 * }
 */
export type LegacyKeys = (secret: string) => MaybePromise<LegacyKey | undefined>

export interface LegacyContext {
  readonly legacy: LegacyKeys
  /** Stores what the app has returned. Resolves to whether the secret is that of a key now. */
  readonly importKey: (secret: string, input: LegacyKey) => Promise<boolean>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** A secret that no stored key has. */
export interface LegacyQuestion {
  readonly secret: string
  readonly fingerprint: string
  /** Who brings it; absent: an address that is not known. */
  readonly source: string | undefined
}

/** Resolves to whether there is a key now. A refusal: nobody can tell. */
export type LegacyLookup = (question: LegacyQuestion) => MaybePromise<boolean | Refusal>

/** A secret that the app is asked about. Neither is ever rejected. */
interface Question {
  /** Resolves when its turn has come, or has not. */
  readonly turn: Promise<boolean>
  readonly answer: Promise<boolean | Refusal>
}

const UNAVAILABLE = new Refusal('store_unavailable')
const BUSY = new Refusal('store_busy')
/** Callers without an address have a share together: whoever can come without one has no more than those that have one. */
const UNKNOWN_SOURCE = ''

/** Asks the app about secrets that no stored key has, a few at once, and about each of them once at a time. */
export function createLegacyLookup(context: LegacyContext): LegacyLookup {
  const { legacy, importKey, clock, onError } = context
  const elapsed = createElapsed(clock)
  const queue = new FairQueue(MAX_ASKED, MAX_WAITING, APP_CALL_MS)
  /** Until when a secret counts as rejected. */
  const rejected = new LRUCache<string, number>(MAX_REJECTED)
  const questions = new Map<string, Question>()

  async function call(secret: string): Promise<boolean> {
    const input = await legacy(secret)
    return input !== undefined && importKey(secret, input)
  }

  /** Never rejects: it may go on when no request waits for it any more. */
  async function settle(secret: string, fingerprint: string): Promise<boolean | Refusal> {
    try {
      const known = await withTimeout(call(secret), LATE_MS, lost)
      if (!known) rejected.set(fingerprint, elapsed() + REJECTED_MS)
      return known
    } catch (error) {
      onError(error)
      return UNAVAILABLE
    }
  }

  /** Goes on when no request waits for it any more: who asks meanwhile, or comes again after it was too late for the first time, waits for the same answer. */
  function ask({ secret, fingerprint, source = UNKNOWN_SOURCE }: LegacyQuestion): Question {
    const turn = queue.take(source)
    const answer = turn.then(async (isAdmitted) => {
      const known = isAdmitted ? await settle(secret, fingerprint) : BUSY
      if (isAdmitted) queue.leave(source)
      questions.delete(fingerprint)
      return known
    })
    const question = { turn, answer }
    questions.set(fingerprint, question)
    return question
  }

  return (asked) => {
    const { fingerprint } = asked
    if (elapsed() < (rejected.get(fingerprint) ?? 0)) return false
    const { turn, answer } = questions.get(fingerprint) ?? ask(asked)
    const failure = { onError, unavailable: UNAVAILABLE }
    // The time for an answer begins with the turn: who has waited in vain says nothing of the app.
    return then(turn, () =>
      callApp(
        "'keys.legacy'",
        () => answer,
        (known) => known,
        failure,
      ),
    )
  }
}

function lost(): Error {
  return new Error(`'keys.legacy' did not answer within ${String(LATE_MS)} ms.`)
}
