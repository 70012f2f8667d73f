import { createPublicKey } from 'node:crypto'
import type { Clock } from '../lib/clock.js'
import { readEvents } from './events.js'
import type { AuditSink, TrailReader } from './sink.js'
import { createWatch, type Unusual, type WatchedAccess } from './unusual.js'

/** What is read of the trail at the start. */
const LEARNED_MS = 28 * 86_400_000
const MAX_LEARNED = 200_000
/** Accesses that are over before the trail has been read. */
const MAX_WAITING = 10_000

export interface WatcherContext {
  readonly sinks: readonly AuditSink[]
  /** With it, only what a checkpoint vouches for says what is usual. */
  readonly key?: string | undefined
  readonly clock: Clock
  /** How many accesses are read at most. */
  readonly mostLearned?: number | undefined
  readonly tell: (found: readonly Unusual[]) => void
  readonly onError: (error: unknown) => void
}

/** Watches the accesses of a trail. */
export interface Watcher {
  note(access: WatchedAccess): void
  /** Resolves once the trail has been read. */
  readonly ready: Promise<void>
  close(): void
}

/** Knows what was usual before from the last four weeks of the first sink that can be read. */
export function createWatcher(context: WatcherContext): Watcher {
  const { sinks, key, clock, mostLearned = MAX_LEARNED, tell, onError } = context
  const watch = createWatch()
  let waiting: WatchedAccess[] | undefined = []
  let isClosed = false

  async function learn(): Promise<void> {
    const reader = sinks.find((sink): sink is AuditSink & TrailReader => 'lines' in sink)
    if (reader === undefined) return
    const now = clock()
    const range = { since: new Date(now - LEARNED_MS), until: new Date(now) }
    const publicKeys =
      key === undefined
        ? []
        : [String(createPublicKey(key).export({ type: 'spki', format: 'pem' }))]
    let read = 0
    for await (const event of readEvents(reader, range, undefined, { publicKeys })) {
      if (isClosed) return
      if (read >= mostLearned) {
        // What was usual since then, nobody knows: all of it would look unusual.
        watch.unwatched(Math.max(0, now - Date.parse(event.time)))
        return
      }
      if (event.kind !== 'access' || (key !== undefined && !event.proven)) continue
      read += 1
      const { time, client, outcome, reason, count } = event
      watch.note({ at: Date.parse(time), actor: event, client, outcome, reason, count })
    }
  }

  function note(access: WatchedAccess): void {
    if (waiting === undefined) found(access)
    else if (waiting.length < MAX_WAITING) waiting.push(access)
  }

  function found(access: WatchedAccess): void {
    const odd = watch.note(access)
    if (odd.length > 0) tell(odd)
  }

  const ready = learn()
    .catch(onError)
    .then(() => {
      const before = waiting ?? []
      waiting = undefined
      for (const access of before) found(access)
    })
  return {
    note,
    ready,
    close() {
      isClosed = true
    },
  }
}
