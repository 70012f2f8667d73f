import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    testing: 'src/testing/index.ts',
    express: 'adapters/express/index.ts',
    'express/augment': 'adapters/express/augment.ts',
    koa: 'adapters/koa/index.ts',
    'koa/augment': 'adapters/koa/augment.ts',
    sqlite: 'adapters/sqlite/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20.19',
  platform: 'node',
  splitting: true,
  treeshake: false,
  clean: true,
  // tsup sets baseUrl, which TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
})
