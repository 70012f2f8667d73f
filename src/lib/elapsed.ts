import type { Clock } from './clock.js'

/** Milliseconds that have passed since some moment. Never goes back. */
export type Elapsed = () => number

/** More than a clock that is being adjusted gains between two looks. */
const LEAP_MS = 1_000

/**
 * The monotonic clock, and what it has slept through: that of a suspended machine stands still, and its wall clock does not. A wall clock
 * that is set forward looks the same and counts as time that has passed; one that is set back changes nothing.
 */
export function createElapsed(clock: Clock): Elapsed {
  let ahead = clock() - performance.now()
  let slept = 0
  return () => {
    const now = performance.now()
    const difference = clock() - now
    if (difference - ahead > LEAP_MS) slept += difference - ahead
    ahead = difference
    return now + slept
  }
}
