import { readFileSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
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

const SRC = join(import.meta.dirname, 'src')
const FACE = join(SRC, 'index.ts')

/** Parts of the face that whoever writes small bundles takes alone. */
const ALONE = ['create-gate', 'error-formats', 'core']

const partOf = (path: string) =>
  `part-${ALONE.find((one) => path.endsWith(`/${one}.js`) || path.startsWith(`./${one}/`)) ?? 'rest'}`

interface Export {
  readonly name: string
  readonly path: string
}

/** What the face exports that is more than a type. */
const exported = [...readFileSync(FACE, 'utf8').matchAll(/^export \{([^}]*)\} from '(.*)'$/gm)]
  .flatMap(([, names = '', path = '']): Export[] =>
    names.split(',').map((name) => ({ name: name.trim(), path })),
  )
  .filter(({ name, path }) => /^\w+$/.test(name) && !path.endsWith('/errors.js'))

const parts = [...new Set(exported.map(({ path }) => partOf(path)))]

const contentsOf = (part: string) =>
  exported
    .filter(({ path }) => partOf(path) === part)
    .map(
      ({ name, path }) =>
        `import { ${name} as _${name} } from '${path}'\nexport const ${name} = _${name}`,
    )
    .join('\n')

/**
 * A bundler keeps what an app loads and what it may load later in one file, where a file that the bundle uses exports both. So the face of the package imports nothing but its parts, and
 * these name anew what they have: each is used, or it is not.
 */
const partsOfFace = (extension: 'js' | 'cjs') =>
  ({
    name: 'parts of the face',
    setup(build) {
      build.onResolve({ filter: /^\.\/.*\.js$/ }, ({ path, importer }) =>
        importer === FACE && !path.endsWith('/errors.js')
          ? { path: `./${partOf(path)}.${extension}`, external: true }
          : undefined,
      )
      build.onResolve({ filter: /^part-/ }, ({ path }) => ({ path, namespace: 'part' }))
      build.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({
        contents: path === 'part-error-formats' ? contentsOf(path) : withBase(contentsOf(path)),
        resolveDir: SRC,
        loader: 'ts',
      }))
    },
  }) satisfies Plugin

const withBase = (contents: string) => `${contents}\nimport 'base'`

/**
 * What is in the same entries comes to be in one file. Each file takes Node a while, and a gate begins with more than a hundred modules: so all entries have all of them, except for the
 * part that is less. Bundlers leave out what is not used.
 */
const oneBase = {
  name: 'one file to begin with',
  setup(build) {
    build.onResolve({ filter: /^base$/ }, ({ path }) => ({
      ...{ path, namespace: 'base', sideEffects: true },
    }))
    build.onLoad({ filter: /./, namespace: 'base' }, () => ({
      contents: "export { createGate } from './gate/create-gate.js'",
      resolveDir: SRC,
      loader: 'ts',
    }))
    const entries = /\/(?:index|open-gate|token-parts|audit-parts)\.ts$/
    build.onLoad({ filter: entries }, async ({ path }) =>
      path === FACE
        ? undefined
        : { contents: withBase(await readFile(path, 'utf8')), loader: 'ts' },
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
  },
  ...target,
  splitting: true,
  treeshake: false,
  esbuildOptions(options) {
    options.entryPoints = {
      ...(options.entryPoints as object),
      ...Object.fromEntries(parts.map((part) => [part, part])),
    }
  },
  // tsup sets baseUrl, which TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
} satisfies Options

/** Brought along: a server loads a fraction of them, as a part of our own files. */
const BROUGHT = ['valibot', 'lru-cache']

const esm = {
  ...library,
  format: ['esm'],
  clean: ['*.js', '!cli.js'],
  noExternal: BROUGHT,
  esbuildPlugins: [oneOfEachError, partsOfFace('js'), oneBase],
} satisfies Options

/** jose is an ES module only, which a CommonJS loader such as Jest's cannot require: that build brings a copy of it. */
const cjs = {
  ...library,
  format: ['cjs'],
  clean: ['*.cjs', '!jose.cjs', '!errors.cjs'],
  noExternal: [...BROUGHT, 'jose'],
  esbuildPlugins: [
    oneOfEachError,
    partsOfFace('cjs'),
    oneBase,
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
  const files = { jose: 'LICENSE.md', valibot: 'LICENSE.md', 'lru-cache': 'LICENSE.md' }
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
