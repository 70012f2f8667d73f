import { StoreError, TablesError } from '../core/errors.js'
import type { Elapsed } from '../lib/elapsed.js'
import { isPromise, recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter } from '../telemetry/outages.js'
import type { KeyChangeFeed, KeyChangeListener, KeyChangeSubscription } from './change-feed.js'

const HEARTBEAT_MS = 1_000
/** Three beats: whoever has not caught up for so long may have missed a change. */
export const PROOF_MS = 3_000

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
  /** Every change from before this was heard, by `elapsed`. `Infinity`: nothing is missed unnoticed; `-Infinity`: nothing is heard. Read with each request: no call. */
  readonly lastConfirmedAt: number
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
  lastConfirmedAt: Infinity,
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
  return feed === undefined ? UNMONITORED : new ListeningMonitor(feed, elapsed, onError)
}

class ListeningMonitor implements FeedMonitor {
  lastConfirmedAt = -Infinity
  readonly #feed: KeyChangeFeed
  readonly #elapsed: Elapsed
  readonly #onError: (error: unknown) => void
  readonly #outage: OutageReporter
  #listener: FeedMonitorListener | undefined
  #subscription: KeyChangeSubscription | undefined
  #epoch = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false
  /** An outage is one error, however long it lasts. */
  #reported = false

  constructor(feed: KeyChangeFeed, elapsed: Elapsed, onError: (error: unknown) => void) {
    this.#feed = feed
    this.#elapsed = elapsed
    this.#onError = onError
    this.#outage = new OutageReporter('key_changes', { store: feed })
  }

  start(listener: FeedMonitorListener): void {
    if (this.#listener !== undefined || this.#closed) return
    this.#listener = listener
    void this.#heartbeat(listener)
  }

  epoch(): number | undefined {
    return this.#subscription === undefined ? undefined : this.#epoch
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.lastConfirmedAt = -Infinity
    this.#epoch += 1
    const over = this.#subscription
    this.#subscription = undefined
    await withTimeout(over?.close(), PROOF_MS, silent)
  }

  #listen(listener: FeedMonitorListener): MaybePromise<KeyChangeSubscription> {
    const mine = ++this.#epoch
    const opening = this.#feed.listen({
      changed: (change) => {
        if (isChange(change)) listener.changed(change)
        else if (mine === this.#epoch)
          this.#onLost(new TypeError('The feed told of something that is no change.'))
      },
      lost: (cause) => {
        if (mine === this.#epoch) this.#onLost(cause)
      },
    })
    return then(opening, (opened) => {
      // Who comes too late, or is over already, is sent away.
      if (mine === this.#epoch) this.#subscription = opened
      else this.#hangUp(opened)
      return opened
    })
  }

  async #heartbeat(listener: FeedMonitorListener): Promise<void> {
    const begun = this.#elapsed()
    try {
      const opening = this.#subscription ?? this.#listen(listener)
      const listening = isPromise(opening) ? await withTimeout(opening, PROOF_MS, silent) : opening
      // What is told in the very call that makes it cannot be missed.
      const proof = listening.catchUp === undefined ? Infinity : begun
      if (listening.catchUp !== undefined) await withTimeout(listening.catchUp(), PROOF_MS, silent)
      if (listening !== this.#subscription) return
      this.lastConfirmedAt = Math.max(this.lastConfirmedAt, proof)
      this.#reported = false
      this.#outage.over()
    } catch (cause) {
      this.#onLost(cause)
    } finally {
      if (this.lastConfirmedAt !== Infinity)
        this.#schedule(listener, begun + HEARTBEAT_MS - this.#elapsed())
    }
  }

  #schedule(listener: FeedMonitorListener, ms: number): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#heartbeat(listener), Math.max(0, ms)).unref()
  }

  #onLost(cause: unknown): void {
    const proving = this.lastConfirmedAt !== Infinity
    this.#hangUp(this.#subscription)
    this.#subscription = undefined
    this.#epoch += 1
    const confirmedUntilNow = Math.min(this.lastConfirmedAt, this.#elapsed())
    this.lastConfirmedAt = -Infinity
    this.#listener?.forget(confirmedUntilNow)
    if (!proving && this.#listener !== undefined) this.#schedule(this.#listener, HEARTBEAT_MS)
    if (this.#closed || this.#reported) return
    this.#reported = true
    const deaf =
      cause instanceof TablesError
        ? cause
        : new StoreError('Changes of keys are not heard: each key is read anew.', { cause })
    this.#onError(deaf)
    this.#outage.begun(deaf)
  }

  #hangUp(over: KeyChangeSubscription | undefined): void {
    void recover(() => over?.close(), this.#onError)
  }
}

function silent(): StoreError {
  return new StoreError('The feed of key changes did not answer within 3 s.')
}
