import { jest } from '@jest/globals'

/**
 * From now on no time limit runs out by itself: neither a slow disk nor a busy machine is taken for an outage. Sockets, promises and dates go on; `jest.useRealTimers()` ends it.
 */
export function stopTimers(): void {
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'],
  })
}
