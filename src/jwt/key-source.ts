import { Refusal } from '../core/denial.js'
import type { Elapsed } from '../lib/elapsed.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { KeySet } from './key-set.js'
import type { TokenHeader } from './parse.js'

/** So long a set is used without asking again. */
const FRESH_MS = 600_000
/** So long it is used while asking again fails. */
const STALE_MS = 3_600_000
/** At most one question in so long, whatever keys tokens name. */
const SPACING_MS = 5_000
/** The same while asking fails. */
const COOLDOWN_MS = 30_000
/** Where there are no keys at all, after a failure; twice as long after each further one, up to the above. */
const FIRST_RETRY_MS = 1_000

/** Where the keys of an issuer come from. */
export interface KeySource {
  /** The keys that count at this moment; `undefined` where there are none. Asks nobody to wait. */
  current(): KeySet | undefined
  /** The keys that a token with this header is to be checked with, or why they cannot be had; `undefined`: there is no key for it. */
  find(header: TokenHeader): MaybePromise<KeySet | Refusal | undefined>
}

export function createFixedKeySource(set: KeySet): KeySource {
  return {
    current: () => set,
    find: (header) => (set.knows(header) ? set : undefined),
  }
}

/**
 * Keys that somebody else publishes. They are asked for once however many wait for them, again when a token names one that is not among them, and
 * beside the requests when they have grown old. While asking fails, the last good ones count. Anybody can make up the names of keys: questions are apart, and each is asked for
 * all who wait. So nobody uses up what others need, and that there is no such key was said by the issuer a few seconds ago at most.
 */
export function createRemoteKeySource(
  load: () => Promise<KeySet>,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): KeySource {
  let set: KeySet | undefined
  let loadedAt = -Infinity
  let nextAt = -Infinity
  let failures = 0
  let loading: Promise<void> | undefined

  const isStale = () => elapsed() - loadedAt >= STALE_MS

  function succeed(loaded: KeySet, asked: number): void {
    // What was verified with the same keys stays verified.
    if (loaded.name !== set?.name) set = loaded
    loadedAt = asked
    nextAt = asked + SPACING_MS
    failures = 0
  }

  function fail(error: unknown): void {
    failures += 1
    if (isStale()) {
      const wait = Math.min(COOLDOWN_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
      nextAt = elapsed() + wait
    }
    onError(error)
  }

  /** What is under way; `undefined`: it was asked not long ago. */
  function refresh(): Promise<void> | undefined {
    const asked = elapsed()
    if (asked < nextAt) return loading
    nextAt = asked + COOLDOWN_MS
    loading = load()
      .then((loaded) => {
        succeed(loaded, asked)
      }, fail)
      .finally(() => {
        loading = undefined
      })
    return loading
  }

  function current(): KeySet | undefined {
    if (isStale()) return undefined
    if (elapsed() - loadedAt >= FRESH_MS) void refresh()
    return set
  }

  function conclude(header: TokenHeader): KeySet | Refusal | undefined {
    const known = current()
    if (known?.knows(header)) return known
    // Who cannot ask cannot say that there is no such key.
    return known === undefined || failures > 0 ? unavailable() : undefined
  }

  function unavailable(): Refusal {
    const wait = Math.ceil((nextAt - elapsed()) / 1_000)
    return new Refusal('issuer_unavailable', { retryAfter: Math.max(1, wait) })
  }

  return {
    current,
    find(header) {
      const known = current()
      if (known?.knows(header)) return known
      return refresh()?.then(() => conclude(header)) ?? conclude(header)
    },
  }
}
