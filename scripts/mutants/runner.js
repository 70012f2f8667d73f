/**
 * A test runner for StrykerJS: bundles each file of tests with the changed sources, and imports the bundle anew for each change. So no change sees
 * anything of another, and none pays for a start of Jest and a load of all sources.
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { collect, GLOBALS, runSuite } from './suite.js'

const BUNDLES = '.bundles'
/** Where StrykerJS has the changed sources. */
const SANDBOX = /\/\.data\/mutants\/sandbox-[^/]+\//
/** StrykerJS keeps there which change is made, and which were reached. */
const told = (globalThis.__stryker__ ??= {})
let loads = 0

function createRunner({ tests }) {
  let files = []
  return {
    capabilities: () => ({ reloadEnvironment: true }),
    async init() {
      process.env['NODE_ENV'] = 'test'
      // Between tests nobody is there to be told.
      process.on('uncaughtException', () => undefined).on('unhandledRejection', () => undefined)
      const paths = tests.map((test) => `test/${test}.test.ts`)
      files = paths.map((path) => ({ path, bundle: resolve(BUNDLES, path.replace(/ts$/, 'mjs')) }))
      await build({
        entryPoints: paths,
        absWorkingDir: process.cwd(),
        outdir: BUNDLES,
        outbase: '.',
        outExtension: { '.js': '.mjs' },
        ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20' },
        ...{ packages: 'external', logLevel: 'error', plugins: [asJestDoes] },
      })
    },
    async dryRun() {
      told.mutantCoverage = { static: {}, perTest: {} }
      told.activeMutant = undefined
      const results = []
      for (const file of files) results.push(...(await run(file, { bails: false })))
      return { status: 'complete', tests: results, mutantCoverage: told.mutantCoverage }
    },
    async mutantRun({ activeMutant, testFilter, mutantActivation, hitLimit }) {
      Object.assign(told, { hitLimit, hitCount: hitLimit === undefined ? undefined : 0 })
      const isWanted = (id) => testFilter === undefined || testFilter.includes(id)
      const nrOfTests = testFilter?.length ?? 0
      for (const file of files) {
        const isHere = testFilter?.some((id) => id.startsWith(`${file.path} `)) ?? true
        if (!isHere) continue
        told.activeMutant = mutantActivation === 'static' ? activeMutant.id : ''
        const results = await run(file, { bails: true, isWanted, activeMutant })
        if (told.hitCount > hitLimit) return { status: 'timeout' }
        const failed = results.find(({ failureMessage }) => failureMessage !== undefined)
        if (failed === undefined) continue
        const { id, failureMessage } = failed
        return { status: 'killed', killedBy: [id], failureMessage, nrOfTests }
      }
      return { status: 'survived', nrOfTests }
    },
  }
}
createRunner.inject = ['options']

export const strykerPlugins = [{ kind: 'TestRunner', name: 'bundled', factory: createRunner }]
export const strykerValidationSchema = { properties: { tests: { type: 'array' } } }

/** The sources have their places from where they are, and the functions of tests from us. */
const asJestDoes = {
  name: 'as Jest does',
  setup(builder) {
    builder.onResolve({ filter: /^@jest\/globals$/ }, ({ path }) => ({ path, namespace: 'suite' }))
    builder.onLoad({ filter: /./, namespace: 'suite' }, () => ({ contents: GLOBALS }))
    builder.onLoad({ filter: /\/(?:test|src|adapters|cli)\/.*\.ts$/ }, async ({ path }) => {
      // Controls take lines out of the sources as they are written.
      const from = path.endsWith('/test/mutant.ts') ? path.replace(SANDBOX, '/') : path
      const text = (await readFile(path, 'utf8'))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(from)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
      return { contents: text + loadedAtOnce(text), loader: 'ts' }
    })
  },
}

/**
 * What a gate loads when it opens is loaded with the tests: else the first test would load it, and be the only one to see a change of its constants.
 * The names are used, or it would be left out: no file of ours has side effects.
 */
function loadedAtOnce(text) {
  const later = [...text.matchAll(/\bimport\(('\.[^']+')\)/g)].map(([, from]) => from)
  const imports = later.map((from, index) => `import * as later${index} from ${from}\n`)
  const names = later.map((_, index) => `later${index}`)
  return later.length === 0
    ? ''
    : `\n${imports.join('')}globalThis.loadedAtOnce = [${names.join()}]`
}

async function run({ path, bundle }, { bails, isWanted = () => true, activeMutant }) {
  const idOf = (name) => `${path} ${name}`
  let failure
  const suite = await collect(() => import(`${bundle}?${(loads += 1)}`)).catch((error) => {
    failure = error
  })
  if (suite === undefined) {
    if (activeMutant === undefined) throw failure
    return [{ id: idOf('(import)'), failureMessage: String(failure) }]
  }
  if (activeMutant !== undefined) told.activeMutant = activeMutant.id
  const results = await runSuite(suite, {
    bails,
    isWanted: (name) => isWanted(idOf(name)),
    started: (name) => void (told.currentTestId = name && idOf(name)),
  })
  told.activeMutant = ''
  return results.map(({ name, failure: failed, ms }) => ({
    ...{ id: idOf(name), name: idOf(name), fileName: path },
    ...{ status: failed === undefined ? 0 : 1, timeSpentMs: ms },
    ...(failed !== undefined && { failureMessage: String(failed.stack) }),
  }))
}
