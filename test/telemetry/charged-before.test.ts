import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { createGate, type Gate } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from '../adapters/servers.js'

type Scope = 'manage' | 'decide'
const KEYS = { scopes: ['manage'] } as const
const ACCESS = { scopes: ['manage'], approverScopes: ['decide'] } as const
const PLANS = {
  plans: { tiny: { quota: { limit: 9, window: '30d' } } },
  limits: { defaultPlan: 'tiny' },
} as const

let told: string[] = []
beforeEach(() => {
  told = []
  jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    const code = (options as { code?: string } | undefined)?.code
    if (code === 'SALLYPORT_CHARGED_BEFORE') told.push(String(message))
  })
})
afterEach(() => {
  jest.restoreAllMocks()
})

const LAYOUTS: Readonly<
  Record<string, (gate: Gate<Scope>, isBehind: boolean) => Parameters<typeof listen>[0]>
> = {
  Express(gate, isBehind) {
    const app = express()
    if (isBehind) app.use(onExpress.guard(gate))
    app.use('/keys', onExpress.keyEndpoints(gate, KEYS))
    return app.use('/access', onExpress.accessEndpoints(gate, ACCESS))
  },
  Koa(gate, isBehind) {
    const app = new Koa()
    if (isBehind) app.use(onKoa.guard(gate))
    app.use(mount('/keys', onKoa.keyEndpoints(gate, KEYS)))
    return app.use(mount('/access', onKoa.accessEndpoints(gate, ACCESS))).callback()
  },
}

async function call(layout: string, path: string, isBehind: boolean, limits: object = PLANS) {
  const access = createAccess({
    store: createMemoryAccessStore(),
    agreements: createMemoryAgreementStore(),
  })
  const gate = createGate<Scope>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['manage', 'decide'], access },
    ...limits,
  })
  const by = { id: 'ann', ownerId: 'org_1' }
  const request = { useCase: 'CI.', environments: ['live'], ownerId: 'org_1', by }
  const { id } = await access.request(request)
  await access.approve(id, { by: { id: 'lee', ownerId: 'staff' } })
  const fields = { name: 'CI', ownerId: 'org_1', scopes: ['manage' as const] }
  const { secret } = await gate.keys.create(fields)
  const { server, port } = await listen(LAYOUTS[layout]?.(gate, isBehind))
  const statuses: number[] = []
  for (let n = 0; n < 2; n++) {
    const headers = { authorization: `Bearer ${secret}` }
    const { status } = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers })
    statuses.push(status)
  }
  server.close()
  await gate.close()
  expect(statuses).toEqual([200, 200])
}

describe.each(Object.keys(LAYOUTS))('endpoints behind a guard that charges, on %s', (layout) => {
  test.each(['/keys', '/access'])('are told of once: %s', async (path) => {
    await call(layout, path, true)
    expect(told).toEqual([expect.stringContaining('mount them before yours')])
  })

  test.each(['/keys', '/access'])(
    'are not told of before it, or without plans: %s',
    async (path) => {
      await call(layout, path, false)
      await call(layout, path, true, {})
      expect(told).toEqual([])
    },
  )

  test('are not told of where they would charge as well', async () => {
    await call(layout, '/keys/self', true)
    expect(told).toEqual([])
  })
})
