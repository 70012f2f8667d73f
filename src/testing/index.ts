export { createTestClock, type TestClock } from './clock.js'
export { keyStoreCases } from './key-store.js'
export { limitStoreCases } from './limit-store.js'
export type { TestCase } from './suite.js'
