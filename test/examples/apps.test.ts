import type { Server } from 'node:http'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import request from 'supertest'
import * as healthcloudOnExpress from '../../examples/healthcloud/express.js'
import { createHealthcloudGate } from '../../examples/healthcloud/gate.js'
import * as healthcloudOnKoa from '../../examples/healthcloud/koa.js'
import * as healthsyncOnExpress from '../../examples/healthsync/express.js'
import { createHealthsyncGate } from '../../examples/healthsync/gate.js'
import * as healthsyncOnKoa from '../../examples/healthsync/koa.js'
import * as nimbusOnExpress from '../../examples/nimbus/express.js'
import { createNimbusGate } from '../../examples/nimbus/gate.js'
import * as nimbusOnKoa from '../../examples/nimbus/koa.js'
import * as novamedOnExpress from '../../examples/novamed/express.js'
import { createNovamedGate } from '../../examples/novamed/gate.js'
import * as novamedOnKoa from '../../examples/novamed/koa.js'
import * as referenceOnExpress from '../../examples/reference/express.js'
import { createReferenceGate } from '../../examples/reference/gate.js'
import * as referenceOnKoa from '../../examples/reference/koa.js'
import { listen } from '../adapters/servers.js'

const healthcloud = createHealthcloudGate()
const nimbus = createNimbusGate()
const healthsync = createHealthsyncGate()
const novamed = createNovamedGate()
const reference = createReferenceGate()
const failed = new Error('handler failed')
const fail = () => {
  throw failed
}

const APPS = [
  [
    'healthcloud on Express',
    healthcloudOnExpress.createExpressApp(healthcloud),
    healthcloudOnExpress.createExpressApp({ ...healthcloud, check: fail }),
  ],
  [
    'healthcloud on Koa',
    healthcloudOnKoa.createKoaApp(healthcloud).callback(),
    healthcloudOnKoa.createKoaApp({ ...healthcloud, check: fail }).callback(),
  ],
  [
    'nimbus on Express',
    nimbusOnExpress.createExpressApp(nimbus),
    nimbusOnExpress.createExpressApp({ ...nimbus, check: fail }),
  ],
  [
    'nimbus on Koa',
    nimbusOnKoa.createKoaApp(nimbus).callback(),
    nimbusOnKoa.createKoaApp({ ...nimbus, check: fail }).callback(),
  ],
  [
    'healthsync on Express',
    healthsyncOnExpress.createExpressApp(healthsync),
    healthsyncOnExpress.createExpressApp({ ...healthsync, check: fail }),
  ],
  [
    'healthsync on Koa',
    healthsyncOnKoa.createKoaApp(healthsync).callback(),
    healthsyncOnKoa.createKoaApp({ ...healthsync, check: fail }).callback(),
  ],
  [
    'novamed on Express',
    novamedOnExpress.createExpressApp(novamed),
    novamedOnExpress.createExpressApp({ ...novamed, gate: { ...novamed.gate, check: fail } }),
  ],
  [
    'novamed on Koa',
    novamedOnKoa.createKoaApp(novamed).callback(),
    novamedOnKoa.createKoaApp({ ...novamed, gate: { ...novamed.gate, check: fail } }).callback(),
  ],
  [
    'reference on Express',
    referenceOnExpress.createExpressApp(reference),
    referenceOnExpress.createExpressApp({ ...reference, check: fail }),
  ],
  [
    'reference on Koa',
    referenceOnKoa.createKoaApp(reference).callback(),
    referenceOnKoa.createKoaApp({ ...reference, check: fail }).callback(),
  ],
] as const

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(listener: Parameters<typeof listen>[0]) {
  const { server, port } = await listen(listener)
  servers.push(server)
  return `http://127.0.0.1:${String(port)}`
}

describe.each(APPS)('%s', (_name, app, failing) => {
  test.each([
    '/v1/organizations',
    '/V1/organizations',
    '/v1/records',
    '/V1/Records/rec_1',
    '/v1/users/ME',
    '/V1/Patients/pat_1',
    '/ORDERS',
    '/Catalog/',
    '/DEVELOPER/keys',
    '/V1/keys',
    '/nowhere',
    '//v1/organizations',
  ])('lets nobody in without a key at %s', async (path) => {
    const answer = await request(await serve(app))
      .get(path)
      .set('x-forwarded-proto', 'https')
    expect(answer.status).toBe(401)
  })

  test('answers a fault of its own with a code that says so, and tells the operator', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {})
    const answer = await request(await serve(failing)).get('/orders')
    expect(answer.status).toBe(500)
    expect(answer.text).toMatch(/internal[_ ]server[_ ]error/i)
    expect(answer.text).not.toContain('handler failed')
    expect(logged.mock.calls).toEqual([['sallyport:', failed]])
    logged.mockRestore()
  })
})
