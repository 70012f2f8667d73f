import { defineConfig, type Options } from 'tsup'

const target = { target: 'node20.19', platform: 'node' } as const

const library = {
  entry: {
    index: 'src/index.ts',
    testing: 'src/testing/index.ts',
    express: 'adapters/express/index.ts',
    'express/augment': 'adapters/express/augment.ts',
    file: 'adapters/file/index.ts',
    koa: 'adapters/koa/index.ts',
    'koa/augment': 'adapters/koa/augment.ts',
    redis: 'adapters/redis/index.ts',
    sqlite: 'adapters/sqlite/index.ts',
    postgres: 'adapters/postgres/index.ts',
  },
  format: ['esm', 'cjs'],
  ...target,
  splitting: true,
  treeshake: false,
  clean: ['!cli.js'],
  // tsup sets baseUrl, which TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
} satisfies Options

/** A user of the package like any other: it shares the classes of errors with the adapters. */
const command = {
  entry: { cli: 'cli/index.ts' },
  format: ['esm'],
  ...target,
  external: [/^sallyport(?:\/|$)/],
} satisfies Options

export default defineConfig([library, command])
