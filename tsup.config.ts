import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import { defineConfig, type Options } from 'tsup'

const target = { target: 'node20.19', platform: 'node' } as const

const LRU_CACHE = join(import.meta.dirname, 'node_modules/lru-cache/dist/esm/node/index.js')
const ERRORS = join(import.meta.dirname, 'src/core/errors.ts')

/** An error is of one class, however the package is loaded: both builds take the classes from one file, which an ES module can import as well. */
const oneOfEachError = {
  name: 'one class of each error',
  setup(build) {
    build.onResolve({ filter: /\/errors\.js$/ }, ({ path, resolveDir }) =>
      join(resolveDir, path).replace(/\.js$/, '.ts') === ERRORS
        ? { path: './errors.cjs', external: true }
        : undefined,
    )
  },
} satisfies Plugin

const library = {
  entry: {
    index: 'src/index.ts',
    access: 'src/access/index.ts',
    webhooks: 'src/webhooks/index.ts',
    testing: 'src/testing/index.ts',
    console: 'src/console/index.ts',
    express: 'adapters/express/index.ts',
    'express/augment': 'adapters/express/augment.ts',
    file: 'adapters/file/index.ts',
    koa: 'adapters/koa/index.ts',
    'koa/augment': 'adapters/koa/augment.ts',
    openapi: 'adapters/openapi/index.ts',
    providers: 'adapters/providers/index.ts',
    redis: 'adapters/redis/index.ts',
    sqlite: 'adapters/sqlite/index.ts',
    postgres: 'adapters/postgres/index.ts',
    // No entry of the package: what it reaches gets files of its own, and who takes a small part of the package in a bundle gets that part alone.
    'parts/error-formats': 'src/http/error-formats.ts',
  },
  ...target,
  splitting: true,
  treeshake: false,
  // tsup sets baseUrl, which TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
} satisfies Options

/** Brought along: a server loads a fraction of them, as a part of our own files. */
const BROUGHT = ['valibot', 'lru-cache', 'ipaddr.js']

const esm = {
  ...library,
  format: ['esm'],
  clean: ['*.js', '!cli.js'],
  noExternal: BROUGHT,
  esbuildPlugins: [oneOfEachError],
} satisfies Options

/** jose is an ES module only, which a CommonJS loader such as Jest's cannot require: that build brings a copy of it. */
const cjs = {
  ...library,
  format: ['cjs'],
  clean: ['*.cjs', '!jose.cjs', '!errors.cjs'],
  noExternal: [...BROUGHT, 'jose'],
  esbuildPlugins: [
    oneOfEachError,
    {
      name: 'jose as CommonJS',
      setup(build) {
        build.onResolve({ filter: /^jose$/ }, () => ({ path: './jose.cjs', external: true }))
      },
    },
    {
      // What makes CommonJS of a chunk takes the private #I of the minified one for the class of that name, which it then loses.
      name: 'lru-cache with its own names',
      setup(build) {
        build.onResolve({ filter: /^lru-cache$/ }, () => ({ path: LRU_CACHE }))
      },
    },
  ],
} satisfies Options

/** The licenses of what is brought along ask that each copy carries them. */
async function copyLicenses(outDir: string): Promise<void> {
  const files = {
    ...{ jose: 'LICENSE.md', valibot: 'LICENSE.md', 'lru-cache': 'LICENSE.md' },
    'ipaddr.js': 'LICENSE',
  }
  for (const [name, file] of Object.entries(files))
    await copyFile(join('node_modules', name, file), join(outDir, `${name}-LICENSE.md`))
}

const joseInto = (outDir: string) =>
  ({
    entry: { jose: 'node_modules/jose/dist/webapi/index.js' },
    format: ['cjs'],
    ...target,
    noExternal: ['jose'],
    onSuccess: () => copyLicenses(outDir),
  }) satisfies Options

const errors = { entry: { errors: ERRORS }, format: ['cjs'], ...target } satisfies Options

/** A user of the package like any other: it shares the classes of errors with the adapters. */
const command = {
  entry: { cli: 'cli/index.ts' },
  format: ['esm'],
  ...target,
  external: [/^sallyport(?:\/|$)/],
} satisfies Options

export default defineConfig(({ outDir = 'dist' }) => [esm, cjs, errors, joseInto(outDir), command])
