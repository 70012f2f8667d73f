export { createTestClock, type TestClock } from './clock.js'
export { keyStoreCases, type TestCase } from './key-store.js'
export { limitStoreCases } from './limit-store.js'
