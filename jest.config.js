import { availableParallelism } from 'node:os'

/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testEnvironment: '<rootDir>/test/environment.js',
  // Processes are started on machines that are busy.
  testTimeout: 30_000,
  // Of two cores, Jest would leave one to itself.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // What files leave behind makes those that come after slower: with more than a gigabyte of it, by half.
  workerIdleMemoryLimit: '700MB',
  reporters: ['default', '<rootDir>/test/skipped.js'],
  // Copies of this package, with mutants in them.
  modulePathIgnorePatterns: ['<rootDir>/.data/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^sallyport$': '<rootDir>/src/index.ts',
    '^sallyport/(express|file|koa|openapi|postgres|providers|redis|sqlite)$':
      '<rootDir>/adapters/$1/index.ts',
    '^sallyport/(access|console|testing|webhooks)$': '<rootDir>/src/$1/index.ts',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  coverageProvider: 'v8',
}
