import { Refusal } from '../core/denial.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { KeySet } from './key-set.js'
import type { TokenHeader } from './parse.js'

/** So long a set is used without asking again. */
const FRESH_MS = 600_000
/** So long it is used while asking again fails. */
const STALE_MS = 3_600_000
/** At most one question in so long for one source, whatever keys its tokens name; while asking fails, for all of them. */
const COOLDOWN_MS = 30_000
/** At most one question in so long for all sources together. */
const SPACING_MS = 5_000
/** Where there are no keys at all, after a failure; twice as long after each further one, up to the above. */
const FIRST_RETRY_MS = 1_000

/** All callers without an address together. */
const UNKNOWN_SOURCE = ''

/** Where the keys of an issuer come from. */
export interface KeySource {
  /** The keys that count at this moment; `undefined` where there are none. Asks nobody to wait. */
  current(): KeySet | undefined
  /**
   * The keys that a token with this header is to be checked with, or why they cannot be had; `undefined`: there is no key for it. `source`: who brings the token; absent
   * where that is not known.
   */
  find(header: TokenHeader, source?: string): MaybePromise<KeySet | Refusal | undefined>
}

export function createFixedKeySource(set: KeySet): KeySource {
  return {
    current: () => set,
    find: (header) => (set.knows(header) ? set : undefined),
  }
}

/**
 * Keys that somebody else publishes. They are asked for once however many wait for them, again when a token names one that is not among them, and
 * beside the requests when they have grown old. While asking fails, the last good ones count. Anybody can make up the names of keys: a source that has caused a
 * question causes no other for a while, and those of the others are still asked.
 */
export function createRemoteKeySource(
  load: () => Promise<KeySet>,
  onError: (error: unknown) => void,
): KeySource {
  let set: KeySet | undefined
  // All on the monotonic clock.
  let loadedAt = -Infinity
  let nextAt = -Infinity
  let failures = 0
  let loading: Promise<void> | undefined
  /** When each source has caused a question. Those of the last 30 seconds are few, as all questions are apart. */
  const askedBy = new Map<string, number>()

  const isStale = () => performance.now() - loadedAt >= STALE_MS

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
      nextAt = performance.now() + wait
    }
    onError(error)
  }

  /** What is under way; `undefined`: it was asked not long ago. */
  function refresh(): Promise<void> | undefined {
    const asked = performance.now()
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
    if (performance.now() - loadedAt >= FRESH_MS) void refresh()
    return set
  }

  /** What is under way for a key that is not known; `undefined`: nobody is asked on behalf of this source at the moment. */
  function refreshFor(source: string): Promise<void> | undefined {
    const now = performance.now()
    for (const [other, at] of askedBy) if (now - at >= COOLDOWN_MS) askedBy.delete(other)
    if (now < nextAt || (set !== undefined && !isStale() && askedBy.has(source))) return loading
    askedBy.set(source, now)
    return refresh()
  }

  function conclude(header: TokenHeader): KeySet | Refusal | undefined {
    const known = current()
    if (known?.knows(header)) return known
    // Who cannot ask cannot say that there is no such key.
    return known === undefined || failures > 0 ? unavailable() : undefined
  }

  function unavailable(): Refusal {
    const wait = Math.ceil((nextAt - performance.now()) / 1_000)
    return new Refusal('issuer_unavailable', { retryAfter: Math.max(1, wait) })
  }

  return {
    current,
    find(header, source = UNKNOWN_SOURCE) {
      const known = current()
      if (known?.knows(header)) return known
      return refreshFor(source)?.then(() => conclude(header)) ?? conclude(header)
    },
  }
}
