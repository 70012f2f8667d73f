import { channel } from 'node:diagnostics_channel'
import { recover, then, type MaybePromise } from '../lib/maybe.js'

/** What is published on the channel `sallyport:cache` of `node:diagnostics_channel`. */
export type CacheEvent =
  | {
      /** The store was asked for a key that was not remembered, or not recently enough. */
      readonly event: 'read'
      readonly outcome: 'found' | 'unknown' | 'failed'
      /** How long that took, in milliseconds. */
      readonly ms: number
    }
  | {
      /** Changes may have been missed: each key is read anew. */
      readonly event: 'forgotten'
    }

const events = channel('sallyport:cache')

/** Tells how long a reading took and what it found. `isNone`: whether what it threw says that nothing was asked. */
export function toldReading<T>(
  read: () => MaybePromise<T | undefined>,
  isNone: (error: unknown) => boolean,
): MaybePromise<T | undefined> {
  if (!events.hasSubscribers) return read()
  const begun = performance.now()
  const tell = (outcome: 'found' | 'unknown' | 'failed') => {
    events.publish({ event: 'read', outcome, ms: performance.now() - begun })
  }
  const reading = recover(read, (error) => {
    if (!isNone(error)) tell('failed')
    throw error
  })
  return then(reading, (value) => {
    tell(value === undefined ? 'unknown' : 'found')
    return value
  })
}

export function tellForgotten(): void {
  if (events.hasSubscribers) events.publish({ event: 'forgotten' })
}
