/** Test runners as apps have them load the package: Jest with CommonJS, plain and through ts-jest, and vitest. */
import { project, run } from './place.js'

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
const SUBPATHS = ['express', 'file', 'koa', 'postgres', 'providers', 'redis', 'sqlite', 'testing']
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
  transform: { '\\\\.ts$': ['ts-jest', { tsconfig: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0', esModuleInterop: true, strict: true, types: ['jest', 'node'] } }] },
}
`
const TYPES = ['@types/jest@30', '@types/express@5', '@types/supertest', '@types/node']
const APP = ['express@5', 'supertest@7']

export function checkRunners(folder, tarball) {
  const jest = project(folder, 'jest', [tarball, 'jest@30', ...APP], {
    'app.test.js': REQUIRED + ROUTE + EACH_SUBPATH,
  })
  run(jest, 'npx', 'jest')

  const tsJest = project(
    folder,
    'ts-jest',
    [tarball, 'jest@30', 'ts-jest@29', 'typescript@6', ...TYPES, ...APP],
    { 'app.test.ts': IMPORTED + ROUTE, 'jest.config.js': TS_JEST },
  )
  run(tsJest, 'npx', 'jest')

  // vitest 5 needs Node 22.
  const major = process.versions.node.startsWith('20.') ? '4' : '5'
  const vitest = project(folder, 'vitest', [tarball, `vitest@${major}`, ...APP], {
    'app.test.mjs':
      "import { createRequire } from 'node:module'\nimport { expect, test } from 'vitest'\n" +
      IMPORTED +
      "const { StoreError } = createRequire(import.meta.url)('sallyport')\n" +
      ROUTE +
      ERRORS,
  })
  run(vitest, 'npx', 'vitest', 'run')
}
