import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'

/** A clock that stands still until it is moved: `createGate({ clock: time.clock, ... })`. */
export interface TestClock {
  readonly clock: Clock
  advance(duration: Duration): void
}

/** @param start Default 2030-01-01T00:00:00Z. */
export function createTestClock(start: Date = new Date('2030-01-01T00:00:00Z')): TestClock {
  let now = start.getTime()
  return {
    clock: () => now,
    advance(duration) {
      now += milliseconds(duration)
    },
  }
}
