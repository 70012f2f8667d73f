/** Test runners as apps have them: Jest with CommonJS, plain and through ts-jest, and with ES modules; vitest; node:test. They run the tests of docs/testing.md too. */
import ts from 'typescript'
import { project, run } from './place.js'
import { snippetsOf } from './snippets.js'

const ROUTE = `
test('a route is guarded', async () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'hc' }, scopes: ['read:orders'] })
  const app = express()
  app.get('/', guard(gate, { scopes: ['read:orders'] }), (req, res) => {
    res.json(authOf(req).ownerId)
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read:orders'] })
  await request(app).get('/').expect(401)
  await request(app).get('/').set('X-API-Key', secret).expect(200)
})
`
const REQUIRED = `
const express = require('express')
const request = require('supertest')
const { createGate } = require('sallyport')
const { authOf, guard } = require('sallyport/express')
`
const IMPORTED = `
import express from 'express'
import request from 'supertest'
import { createGate } from 'sallyport'
import { authOf, guard } from 'sallyport/express'
`
const SUBPATHS = [
  'express',
  'file',
  'koa',
  'openapi',
  'postgres',
  'providers',
  'redis',
  'sqlite',
  'testing',
]
const EACH_SUBPATH = `
test.each(${JSON.stringify(SUBPATHS)})('sallyport/%s can be required', (name) => {
  expect(Object.keys(require('sallyport/' + name)).length).toBeGreaterThan(0)
})
`
const ERRORS = `
test('an error is of one class, imported or required', async () => {
  const other = await import('sallyport')
  expect(other.StoreError).toBe(StoreError)
  expect(new other.StoreError('down')).toBeInstanceOf(StoreError)
  expect(new StoreError('down')).not.toBeInstanceOf(other.KeyError)
})
`
const TS_JEST = `module.exports = {
  preset: 'ts-jest',
  moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
  transform: { '\\\\.ts$': ['ts-jest', { tsconfig: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0', esModuleInterop: true, strict: true, types: ['jest', 'node'] } }] },
}
`
const TYPES = ['@types/jest@30', '@types/express@5', '@types/supertest', '@types/node']
const APP = ['express@5', 'supertest@7']

const PAGE = Object.fromEntries(snippetsOf('docs/testing.md'))
const { 'app.ts': PAGE_APP, 'orders.test.ts': PAGE_TEST, 'orders.node.test.ts': PAGE_NODE } = PAGE
const MODULE = '{ "private": true, "type": "module" }'

/** The page as JavaScript. */
function compiled(module) {
  const compilerOptions = { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true }
  const compile = (code) => ts.transpileModule(code, { compilerOptions }).outputText
  return { 'app.js': compile(PAGE_APP), 'orders.test.js': compile(PAGE_TEST) }
}

export function checkRunners(folder, tarball) {
  const jest = project(folder, 'jest', [tarball, 'jest@30', ...APP], {
    'route.test.js': REQUIRED + ROUTE + EACH_SUBPATH,
    ...compiled(ts.ModuleKind.CommonJS),
  })
  run(jest, 'npx', 'jest')

  const esm = project(folder, 'jest-esm', [tarball, 'jest@30', ...APP], {
    'package.json': MODULE,
    'jest.config.js': 'export default { transform: {} }',
    ...compiled(ts.ModuleKind.ES2022),
  })
  run(esm, process.execPath, '--experimental-vm-modules', 'node_modules/jest/bin/jest.js')

  const tsJest = project(
    folder,
    'ts-jest',
    [tarball, 'jest@30', 'ts-jest@29', 'typescript@6', ...TYPES, ...APP],
    {
      'route.test.ts': IMPORTED + ROUTE,
      'jest.config.js': TS_JEST,
      'app.ts': PAGE_APP,
      'orders.test.ts': PAGE_TEST,
    },
  )
  run(tsJest, 'npx', 'jest')

  // vitest 5 needs Node 22.
  const major = process.versions.node.startsWith('20.') ? '4' : '5'
  const vitest = project(folder, 'vitest', [tarball, `vitest@${major}`, ...APP], {
    'route.test.mjs':
      "import { createRequire } from 'node:module'\nimport { expect, test } from 'vitest'\n" +
      IMPORTED +
      "const { StoreError } = createRequire(import.meta.url)('sallyport')\n" +
      ROUTE +
      ERRORS,
    'app.ts': PAGE_APP,
    'orders.test.ts': PAGE_TEST.replace("'@jest/globals'", "'vitest'"),
  })
  run(vitest, 'npx', 'vitest', 'run')

  const node = project(folder, 'node-test', [tarball, 'tsx@4', ...APP], {
    'package.json': MODULE,
    'app.ts': PAGE_APP,
    'orders.node.test.ts': PAGE_NODE,
  })
  run(node, process.execPath, '--import', 'tsx', '--test', 'orders.node.test.ts')
}
