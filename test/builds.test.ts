import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'

const ROOT = resolve(import.meta.dirname, '..')
/** Inside the project, where the dependencies are found. */
const FOLDER = resolve(ROOT, 'node_modules/.cache/sallyport-test/builds')
const ENTRIES = [
  'index',
  'access',
  'express',
  'koa',
  'file',
  'postgres',
  'redis',
  'sqlite',
  'testing',
]

/** What Node sees of both builds: a test runner has loaders of its own. */
const LOOK = `
  import { createRequire } from 'node:module'
  const require = createRequire(import.meta.url)
  const isError = (value) => typeof value === 'function' && value.prototype instanceof Error
  const seen = {}
  for (const entry of ${JSON.stringify(ENTRIES)}) {
    const imported = await import('./' + entry + '.js')
    const required = require('./' + entry + '.cjs')
    for (const [name, value] of Object.entries(imported)) {
      if (isError(value)) seen[entry + ' ' + name] = value === required[name]
    }
  }
  console.log(JSON.stringify(seen))
`

beforeAll(() => {
  const tsup = createRequire(import.meta.url).resolve('tsup/package.json')
  const cli = resolve(tsup, '../dist/cli-default.js')
  const options = ['--silent', '--no-dts', '--out-dir', FOLDER]
  execFileSync(process.execPath, [cli, ...options], { cwd: ROOT })
  // What the package says of its files.
  const { type, sideEffects } = JSON.parse(
    readFileSync(resolve(ROOT, 'package.json'), 'utf8'),
  ) as Record<string, unknown>
  writeFileSync(resolve(FOLDER, 'package.json'), JSON.stringify({ type, sideEffects }))
}, 120_000)

test('an error of the package is of one class, whether it is imported or required', () => {
  const script = ['--input-type=module', '--eval', LOOK]
  const said = execFileSync(process.execPath, script, { cwd: FOLDER, encoding: 'utf8' })
  const seen = JSON.parse(said) as Record<string, boolean>
  expect(Object.keys(seen).length).toBeGreaterThan(10)
  expect(Object.entries(seen).filter(([, isOne]) => !isOne)).toEqual([])
})

test.each(['import', 'require'])('a gate lets a key in, loaded by %s', (how) => {
  const load = how === 'import' ? "await import('./index.js')" : "require('./index.cjs')"
  const script = `(async () => {
    const { createGate } = ${load}
    const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    for (const _ of [1, 2]) console.log((await gate.verify(secret)).allowed)
    await gate.close()
  })()`
  const said = execFileSync(process.execPath, ['--eval', script], { cwd: FOLDER, encoding: 'utf8' })
  expect(said.trim().split(/\s+/)).toEqual(['true', 'true'])
})

test.each(['import', 'require'])(
  'a part that cannot be loaded is an outage, which ends with it, by %s',
  (how) => {
    const [load, part] =
      how === 'import'
        ? ["await import('./index.js')", /^open-gate-.*[.]js$/]
        : ["require('./index.cjs')", /^open-gate-.*[.]cjs$/]
    const file = readdirSync(FOLDER).find((name) => part.test(name)) ?? ''
    const script = `(async () => {
    const { renameSync } = require('node:fs')
    renameSync('${file}', 'away')
    const told = []
    const { createGate } = ${load}
    const gate = createGate({
      environment: 'live', keys: { prefix: 'acme' }, scopes: [], onError: (error) => told.push(error.name),
    })
    const peer = { address: '203.0.113.9', encrypted: true }
    const ask = () => gate.check({ method: 'GET', url: '/', rawHeaders: ['x-api-key', 'no'], peer })
    const out = await ask()
    const list = await gate.keys.list().catch(({ name }) => name)
    renameSync('away', '${file}')
    const back = await ask()
    await gate.close()
    console.log(JSON.stringify([out.status, out.headers['retry-after'], list, told[0], back.status]))
  })()`
    const options = { cwd: FOLDER, encoding: 'utf8' } as const
    const said = execFileSync(process.execPath, ['--eval', script], options)
    expect(JSON.parse(said)).toEqual([503, '1', 'StoreError', 'StoreError', 401])
  },
)

test('a process with a gate and nothing else ends by itself, and so does one that closes it at once', () => {
  for (const end of ['', '.close()']) {
    const script = `require('./index.cjs').createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })${end}`
    const options = { cwd: FOLDER, encoding: 'utf8', timeout: 20_000 } as const
    expect(execFileSync(process.execPath, ['--eval', script], options)).toBe('')
  }
})

test('a bundle has what it uses, and little else', () => {
  const script = [resolve(ROOT, 'scripts/weight.js'), 'sizes', FOLDER]
  const said = execFileSync(process.execPath, script, { cwd: ROOT, encoding: 'utf8' })
  const { gate, flatErrors } = JSON.parse(said) as Record<string, number>
  expect(gate).toBeLessThan(150_000)
  expect(flatErrors).toBeLessThan(10_000)
})

test('what is wrong is told in our words, whatever the app has set for its own valibot', () => {
  const script = `
    import * as v from 'valibot'
    import { createGate } from './index.js'
    v.setGlobalConfig({ abortEarly: true })
    v.setGlobalMessage(() => 'ist falsch')
    v.setSchemaMessage(() => 'ist falsch')
    v.setSpecificMessage(v.string, () => 'ist falsch')
    try {
      createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [], realm: 7 })
    } catch (error) {
      console.log(error.message)
    }
    console.log(v.safeParse(v.string(), 7).issues[0].message)`
  const given = ['--input-type=module', '--eval', script]
  const said = execFileSync(process.execPath, given, { cwd: FOLDER, encoding: 'utf8' })
  expect(said.split('\n')).toEqual(["createGate: 'realm' must be a string", 'ist falsch', ''])
})

test('the build needs no valibot and no lru-cache beside it, and has their licenses', () => {
  const files = readdirSync(FOLDER)
  const needed = files
    .filter((file) => /[.]c?js$/.test(file))
    .flatMap((file) => [
      ...readFileSync(resolve(FOLDER, file), 'utf8').matchAll(
        /(?:from|require\(|import\() ?["'](valibot|lru-cache)[^"']*["']/g,
      ),
    ])
  expect(needed).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining(['jose-LICENSE.md', 'lru-cache-LICENSE.md', 'valibot-LICENSE.md']),
  )
})
