import { StoreError, TablesError } from '../core/errors.js'
import type { Elapsed } from '../lib/elapsed.js'
import { isPromise, recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter } from '../telemetry/outages.js'
import type { KeyChangeFeed, KeyChangeListener, KeyChangeSubscription } from './change-feed.js'

const HEARTBEAT_MS = 1_000
/** Three beats: whoever has not caught up for so long may have missed a change. */
const PROOF_MS = 3_000

export interface FeedMonitorListener extends Pick<KeyChangeListener, 'changed'> {
  /**
   * Changes may have been missed since `provenAt`, by `elapsed`: what is remembered is no answer any more where the
   * store gives one. `-Infinity`: nothing was proven since the last time.
   */
  forget(lastConfirmedAt: number): void
}

/** Whether what is remembered of keys still holds. */
export interface FeedMonitor {
  /** Begins to listen, unless it does already. */
  start(listener: FeedMonitorListener): void
  /** Whether every change older than this was heard. In milliseconds, `now` by `elapsed`. Default 3 s. */
  isCurrent(now: number, ageMs?: number): boolean
  /** Which unbroken stretch of listening this is; `undefined` where nothing is heard. */
  epoch(): number | undefined
  close(): Promise<void>
}

/** What cannot be understood may have been a change of any key. */
function isChange(told: unknown): boolean {
  if (typeof told !== 'object' || told === null || !('id' in told && 'version' in told))
    return false
  return typeof told.id === 'string' && Number.isSafeInteger(told.version)
}

/** Without a feed, what is remembered holds for as long as it is kept. */
const UNMONITORED: FeedMonitor = {
  start: () => undefined,
  isCurrent: () => true,
  epoch: () => 0,
  close: () => Promise.resolve(),
}

/**
 * Listens, and proves once a second that it hears: what was committed before a beat has been heard when the beat has. A
 * silent connection, a broken one and a suspended process all show in the same way: the last proof is too old.
 */
export function createFeedMonitor(
  feed: KeyChangeFeed | undefined,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): FeedMonitor {
  return feed === undefined ? UNMONITORED : monitorFeed(feed, elapsed, onError)
}

function monitorFeed(
  feed: KeyChangeFeed,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): FeedMonitor {
  let listener: FeedMonitorListener | undefined
  let subscription: KeyChangeSubscription | undefined
  let epoch = 0
  let lastConfirmedAt = -Infinity
  let timer: NodeJS.Timeout | undefined
  let closed = false
  /** An outage is one error, however long it lasts. */
  let reported = false
  const outage = new OutageReporter('key_changes', { store: feed })

  function listen(heard: FeedMonitorListener): MaybePromise<KeyChangeSubscription> {
    const mine = ++epoch
    const opening = feed.listen({
      changed: (change) => {
        if (isChange(change)) heard.changed(change)
        else if (mine === epoch)
          onLost(new TypeError('The feed told of something that is no change.'))
      },
      lost: (cause) => {
        if (mine === epoch) onLost(cause)
      },
    })
    const keep = (opened: KeyChangeSubscription) => {
      // Who comes too late, or is over already, is sent away.
      if (mine === epoch) subscription = opened
      else hangUp(opened)
      return opened
    }
    return then(opening, keep)
  }

  async function heartbeat(heard: FeedMonitorListener): Promise<void> {
    const begun = elapsed()
    try {
      const opening = subscription ?? listen(heard)
      const listening = isPromise(opening) ? await withTimeout(opening, PROOF_MS, silent) : opening
      // What is told in the very call that makes it cannot be missed.
      const proof = listening.catchUp === undefined ? Infinity : begun
      if (listening.catchUp !== undefined) await withTimeout(listening.catchUp(), PROOF_MS, silent)
      if (listening !== subscription) return
      lastConfirmedAt = Math.max(lastConfirmedAt, proof)
      reported = false
      outage.over()
    } catch (cause) {
      onLost(cause)
    } finally {
      if (lastConfirmedAt !== Infinity) scheduleHeartbeat(heard, begun + HEARTBEAT_MS - elapsed())
    }
  }

  function scheduleHeartbeat(heard: FeedMonitorListener, ms: number): void {
    if (!closed) timer = setTimeout(() => void heartbeat(heard), Math.max(0, ms)).unref()
  }

  function onLost(cause: unknown): void {
    const proving = lastConfirmedAt !== Infinity
    hangUp(subscription)
    subscription = undefined
    epoch += 1
    const confirmedUntilNow = Math.min(lastConfirmedAt, elapsed())
    lastConfirmedAt = -Infinity
    listener?.forget(confirmedUntilNow)
    if (!proving && listener !== undefined) scheduleHeartbeat(listener, HEARTBEAT_MS)
    if (closed || reported) return
    reported = true
    const deaf =
      cause instanceof TablesError
        ? cause
        : new StoreError('Changes of keys are not heard: each key is read anew.', { cause })
    onError(deaf)
    outage.begun(deaf)
  }

  function hangUp(over: KeyChangeSubscription | undefined): void {
    void recover(() => over?.close(), onError)
  }

  return {
    start(heard) {
      if (listener !== undefined || closed) return
      listener = heard
      void heartbeat(heard)
    },
    isCurrent: (now, ageMs = PROOF_MS) => now - lastConfirmedAt < ageMs,
    epoch: () => (subscription === undefined ? undefined : epoch),
    async close() {
      closed = true
      clearTimeout(timer)
      lastConfirmedAt = -Infinity
      epoch += 1
      const over = subscription
      subscription = undefined
      await withTimeout(over?.close(), PROOF_MS, silent)
    },
  }
}

function silent(): StoreError {
  return new StoreError('The feed of key changes did not answer within 3 s.')
}
