import type { Elapsed } from '../lib/elapsed.js'
import { isPromise, recover, within } from '../lib/maybe.js'
import { OutageReporter } from '../terms/outages.js'
import type { KeyChangeFeed, KeyChangeListener, KeyChangeSubscription } from './feed.js'
import { StoreError } from './store.js'

const BEAT_MS = 1_000
/** Three beats: whoever has not caught up for so long may have missed a change. */
const PROOF_MS = 3_000

export interface WatchListener extends Pick<KeyChangeListener, 'changed'> {
  /**
   * Changes may have been missed since `provenAt`, by `elapsed`: what is remembered is no answer any more where the
   * store gives one. `-Infinity`: nothing was proven since the last time.
   */
  forget(provenAt: number): void
}

/** Whether what is remembered of keys still holds. */
export interface Watch {
  /** Begins to listen, unless it does already. */
  start(listener: WatchListener): void
  /** Whether every change older than this was heard. In milliseconds, `now` by `elapsed`. Default 3 s. */
  isCurrent(now: number, ageMs?: number): boolean
  /** Which unbroken stretch of listening this is; `undefined` where nothing is heard. */
  stretch(): number | undefined
  close(): Promise<void>
}

/** Without a feed, what is remembered holds for as long as it is kept. */
const UNWATCHED: Watch = {
  start: () => undefined,
  isCurrent: () => true,
  stretch: () => 0,
  close: () => Promise.resolve(),
}

/**
 * Listens, and proves once a second that it hears: what was committed before a beat has been heard when the beat has. A
 * silent connection, a broken one and a suspended process all show in the same way: the last proof is too old.
 */
export function createWatch(
  feed: KeyChangeFeed | undefined,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): Watch {
  return feed === undefined ? UNWATCHED : watchFeed(feed, elapsed, onError)
}

function watchFeed(
  feed: KeyChangeFeed,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): Watch {
  let listener: WatchListener | undefined
  let subscription: KeyChangeSubscription | undefined
  let stretch = 0
  let provenAt = -Infinity
  let timer: NodeJS.Timeout | undefined
  let closed = false
  /** An outage is one error, however long it lasts. */
  let reported = false
  const outage = new OutageReporter('key_changes', { store: feed })

  function listen(heard: WatchListener): KeyChangeSubscription | Promise<KeyChangeSubscription> {
    const mine = ++stretch
    const opening = feed.listen({
      changed: (change) => {
        heard.changed(change)
      },
      lost: (cause) => {
        if (mine === stretch) lose(cause)
      },
    })
    const keep = (opened: KeyChangeSubscription) => {
      // Who comes too late, or is over already, is sent away.
      if (mine === stretch) subscription = opened
      else hangUp(opened)
      return opened
    }
    return isPromise(opening) ? opening.then(keep) : keep(opening)
  }

  async function beat(heard: WatchListener): Promise<void> {
    const begun = elapsed()
    try {
      const opening = subscription ?? listen(heard)
      const listening = isPromise(opening) ? await within(opening, PROOF_MS, silent) : opening
      // What is told in the very call that makes it cannot be missed.
      const proof = listening.catchUp === undefined ? Infinity : begun
      if (listening.catchUp !== undefined) await within(listening.catchUp(), PROOF_MS, silent)
      if (listening !== subscription) return
      provenAt = Math.max(provenAt, proof)
      reported = false
      outage.over()
    } catch (cause) {
      lose(cause)
    } finally {
      if (provenAt !== Infinity) beatAgain(heard, begun + BEAT_MS - elapsed())
    }
  }

  function beatAgain(heard: WatchListener, ms: number): void {
    if (!closed) timer = setTimeout(() => void beat(heard), Math.max(0, ms)).unref()
  }

  function lose(cause: unknown): void {
    const beating = provenAt !== Infinity
    hangUp(subscription)
    subscription = undefined
    stretch += 1
    const provenUntilNow = Math.min(provenAt, elapsed())
    provenAt = -Infinity
    listener?.forget(provenUntilNow)
    if (!beating && listener !== undefined) beatAgain(listener, BEAT_MS)
    if (closed || reported) return
    reported = true
    const deaf = new StoreError('Changes of keys are not heard: each key is read anew.', { cause })
    onError(deaf)
    outage.begun(deaf)
  }

  function hangUp(over: KeyChangeSubscription | undefined): void {
    const ended = recover(() => over?.close(), onError)
    if (isPromise(ended)) ended.catch(onError)
  }

  return {
    start(heard) {
      if (listener !== undefined || closed) return
      listener = heard
      void beat(heard)
    },
    isCurrent: (now, ageMs = PROOF_MS) => now - provenAt < ageMs,
    stretch: () => (subscription === undefined ? undefined : stretch),
    async close() {
      closed = true
      clearTimeout(timer)
      provenAt = -Infinity
      stretch += 1
      const over = subscription
      subscription = undefined
      await over?.close()
    },
  }
}

function silent(): StoreError {
  return new StoreError('The feed of key changes did not answer within 3 s.')
}
