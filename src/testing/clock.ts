import { MisuseError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'

/** A clock that stands still until it is moved: `createGate({ clock: time.clock, ... })`. */
export interface TestClock {
  readonly clock: Clock
  advance(duration: Duration): void
}

/**
 * @param start Default 2030-01-01T00:00:00Z.
 * @example
 * ```ts
 * const time = createTestClock()
 * const gate = createGate({ clock: time.clock, ...options })
 * time.advance('90d')
 * ```
 */
export function createTestClock(start: Date = new Date('2030-01-01T00:00:00Z')): TestClock {
  if (!((start as unknown) instanceof Date)) {
    const message =
      "createTestClock: its start must be a Date; write createTestClock(new Date('2030-01-01'))"
    throw new MisuseError('invalid_option', message)
  }
  let now = start.getTime()
  return {
    clock: () => now,
    advance(duration) {
      now += milliseconds(duration)
    },
  }
}
