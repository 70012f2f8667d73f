import { StoreError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { recover, withTimeout } from '../lib/maybe.js'
import { CACHE_TTL_MS } from './cache-entries.js'
import type { KeyChanged } from './change-feed.js'
import type { KeyStore } from './key-store.js'

/** What a feed promises: who does not hear it any more notices within 3 s, and reads anew. */
const FEED_BOUND_MS = 5_000
const PUBLISH_MS = 250

export interface AnnounceContext {
  readonly store: Pick<KeyStore, 'changes'>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
  /** Told before anybody else: this process. */
  readonly changed: (change: KeyChanged) => void
}

/**
 * Tells of changes that are committed. A feed that fails is told to `onError` and does not undo the change: the
 * others learn of it when what they remember ends, which the moment that is answered allows for.
 */
export function createAnnouncer(context: AnnounceContext) {
  const { store, clock, onError, changed } = context
  const { changes } = store
  const boundMs = changes === undefined ? CACHE_TTL_MS : FEED_BOUND_MS
  const late = () =>
    new StoreError(`The feed of key changes took more than ${String(PUBLISH_MS)} ms.`)

  const settledBy = (): Date => new Date(clock() + boundMs)

  async function announce(id: string, version: number): Promise<Date> {
    const change = { id, version }
    changed(change)
    await recover(() => withTimeout(changes?.publish?.(change), PUBLISH_MS, late), onError)
    return settledBy()
  }

  return { announce, settledBy }
}
