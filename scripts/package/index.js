/**
 * The package as users get it: packs it, has the tarball checked, installs it in an empty folder, and uses it from there through
 * import and require, with its types, and on tsx, Bun and Deno.
 */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HOME, project, run, withTarball } from './place.js'
import { checkRunners } from './runners.js'
import { checkRuntimes } from './runtimes.js'
import { checkTypes } from './types.js'

const ENTRIES = [
  '',
  '/express',
  '/express/augment',
  '/file',
  '/koa',
  '/koa/augment',
  '/postgres',
  '/openapi',
  '/providers',
  '/redis',
  '/sqlite',
  '/testing',
  '/access',
  '/webhooks',
  '/console',
]
const typed = `
export const gate = m0.createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })
m1.guard(gate, { scopes: ['read:orders'] })
// @ts-expect-error a scope that is not in the catalogue
m4.guard(gate, { scopes: ['read:order'] })
`

await withTarball(async (tarball, folder) => {
  run(HOME, 'npx', 'publint', 'run', tarball, '--strict')
  run(HOME, 'npx', 'attw', tarball, '--profile', 'strict')
  use(tarball, folder)
  checkRunners(folder, tarball)
  await checkRuntimes(folder, tarball)
  checkTypes(folder, tarball)
})
console.log('The package is fit to be published.')

function use(tarball, folder) {
  const app = project(folder, 'app', [tarball])
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
  for (const name of readdirSync(join(HOME, 'node_modules/@types'))) {
    const link = join(app, 'node_modules/@types', name)
    rmSync(link, { recursive: true, force: true })
    symlinkSync(resolve(HOME, 'node_modules/@types', name), link)
  }
  writeFileSync(join(app, 'types.mts'), `${imports.join('\n')}\nexport default ${names}\n${typed}`)
  writeFileSync(
    join(app, 'types.cts'),
    `${requires.join('\n')}\nexport const all = ${names}\n${typed}`,
  )
  // Our own declarations are checked as well: there is no skipLibCheck here.
  const tsc = join(HOME, 'node_modules/typescript/bin/tsc')
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node']
  for (const module of ['nodenext', 'node16']) {
    run(app, process.execPath, tsc, ...options, '--module', module, 'types.mts', 'types.cts')
  }
}
