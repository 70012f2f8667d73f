/**
 * The package as users get it: packs it, has the tarball checked, installs it in an empty folder, and uses it from there through
 * import and require, with its types.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ENTRIES = [
  '',
  '/express',
  '/express/augment',
  '/koa',
  '/koa/augment',
  '/postgres',
  '/redis',
  '/sqlite',
  '/testing',
]
const typed = `
export const gate = m0.createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })
m1.guard(gate, { scopes: ['read:orders'] })
// @ts-expect-error a scope that is not in the catalogue
m3.guard(gate, { scopes: ['read:order'] })
`
const home = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'sallyport-package-'))

try {
  run(home, 'npm', 'pack', '--silent', '--pack-destination', folder)
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  run(home, 'npx', 'publint', 'run', tarball, '--strict')
  run(home, 'npx', 'attw', tarball, '--profile', 'node16')
  use(tarball)
  console.log('The package is fit to be published.')
} finally {
  rmSync(folder, { recursive: true })
}

function use(tarball) {
  const app = join(folder, 'app')
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), '{ "private": true }')
  run(app, 'npm', 'install', '--silent', '--prefer-offline', tarball)
  const imports = ENTRIES.map((entry, index) => `import * as m${index} from 'sallyport${entry}'`)
  const requires = ENTRIES.map((entry, index) => `import m${index} = require('sallyport${entry}')`)
  const names = `[${ENTRIES.map((_, index) => `m${index}`).join(', ')}]`
  // Without a framework at hand: neither may be needed to load the adapters.
  const script = (open) => `
    const { createGate } = ${open('sallyport')}
    const { guard } = ${open('sallyport/express')}
    const { guard: guardKoa } = ${open('sallyport/koa')}
    const { keyStoreCases } = ${open('sallyport/testing')}
    const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })
    guard(gate)
    guardKoa(gate, { scopes: ['read:orders'] })
    if (keyStoreCases(() => {}).length === 0) throw new Error('no cases')
    gate.keys.create({ name: 'CI', ownerId: 'org_1' }).then(({ secret }) => {
      if (!gate.verify(secret).allowed) throw new Error('refused')
    })`
  writeFileSync(
    join(app, 'import.mjs'),
    script((name) => `await import('${name}')`),
  )
  writeFileSync(
    join(app, 'require.cjs'),
    script((name) => `require('${name}')`),
  )
  run(app, process.execPath, 'import.mjs')
  run(app, process.execPath, 'require.cjs')
  run(app, process.execPath, 'node_modules/sallyport/dist/cli.js', '--version')
  // With their types, which a user of an adapter has.
  mkdirSync(join(app, 'node_modules/@types'), { recursive: true })
  for (const name of readdirSync(join(home, 'node_modules/@types'))) {
    const link = join(app, 'node_modules/@types', name)
    rmSync(link, { recursive: true, force: true })
    symlinkSync(resolve(home, 'node_modules/@types', name), link)
  }
  writeFileSync(join(app, 'types.mts'), `${imports.join('\n')}\nexport default ${names}\n${typed}`)
  writeFileSync(
    join(app, 'types.cts'),
    `${requires.join('\n')}\nexport const all = ${names}\n${typed}`,
  )
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    'node',
  ]
  run(
    app,
    process.execPath,
    join(home, 'node_modules/typescript/bin/tsc'),
    ...options,
    'types.mts',
    'types.cts',
  )
}

function run(cwd, command, ...args) {
  execFileSync(command, args, { cwd, stdio: 'inherit' })
}
