import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { createGate, type EnvironmentMap, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from '../../adapters/servers.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const HOSTS = { live: 'api.acme.example', sandbox: 'api-sandbox.acme.example' }
type Name = keyof typeof HOSTS
const MANAGING = { scopes: ['manage'], environments: ['live', 'sandbox'] } as const
const APPS: Readonly<Record<string, (gate: Gate<'manage'>) => Parameters<typeof listen>[0]>> = {
  Express: (gate) => express().use('/keys', onExpress.keyEndpoints(gate, MANAGING)),
  Koa: (gate) => new Koa().use(mount('/keys', onKoa.keyEndpoints(gate, MANAGING))).callback(),
}

async function openSite(framework: string, more: Partial<Record<Name, object>> = {}) {
  const environment: EnvironmentMap = {
    live: { hosts: [HOSTS.live], ...more.live },
    sandbox: { hosts: [HOSTS.sandbox], ...more.sandbox },
  }
  const gate = createGate({
    ...{ environment, keys: { prefix: 'acme' }, scopes: ['manage'], trustProxy: ['loopback'] },
    onError: () => undefined,
  })
  const app = APPS[framework]?.(gate)
  const { server, port } = await listen(app)
  servers.push(server)
  const create = (name: Name) =>
    gate.keys.create({ name, ownerId: 'org_1', environment: name, scopes: ['manage'] })
  const [live, sandbox] = [await create('live'), await create('sandbox')]
  const send = async (
    host: Name,
    { secret }: { secret: string },
    method: string,
    path = '',
    body?: object,
  ) => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/keys${path}`, {
      method,
      headers: {
        ...{ authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        ...{ 'x-forwarded-host': HOSTS[host], 'x-forwarded-proto': 'https' },
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: (text && JSON.parse(text)) as Record<string, unknown> }
  }
  return { gate, live, sandbox, send }
}

const listed = (answer: { body: Record<string, unknown> }) =>
  (answer.body['keys'] as { environment: string }[]).map(({ environment }) => environment).sort()

describe.each(Object.keys(APPS))(
  'keys of several environments in one place, on %s',
  (framework) => {
    test('a live key makes, sees and revokes those of the sandbox; each works on its own host', async () => {
      const { live, send } = await openSite(framework)
      const made = await send('live', live, 'POST', '', {
        name: 'CI',
        environment: 'sandbox',
        scopes: ['manage'],
      })
      expect(made).toMatchObject({ status: 201, body: { environment: 'sandbox' } })
      const key = made.body as { id: string; secret: string }
      expect((await send('sandbox', key, 'GET', '/self')).status).toBe(200)
      expect((await send('live', key, 'GET', '/self')).status).toBe(401)
      expect((await send('sandbox', live, 'GET', '/self')).status).toBe(401)
      expect(listed(await send('live', live, 'GET'))).toEqual(['live', 'sandbox', 'sandbox'])
      expect((await send('live', live, 'DELETE', `/${key.id}`)).status).toBe(204)
      expect((await send('sandbox', key, 'GET', '/self')).status).toBe(401)
    })

    test('a sandbox key neither makes, sees, rotates nor revokes a live one', async () => {
      const { live, sandbox, send } = await openSite(framework)
      const made = await send('sandbox', sandbox, 'POST', '', { name: 'X', environment: 'live' })
      expect(made).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
      expect(listed(await send('sandbox', sandbox, 'GET'))).toEqual(['sandbox'])
      expect((await send('sandbox', sandbox, 'GET', '?environment=live')).status).toBe(400)
      for (const [method, path] of [
        ['GET', ''],
        ['DELETE', ''],
        ['PATCH', ''],
        ['POST', '/rotate'],
      ]) {
        const answer = await send(
          'sandbox',
          sandbox,
          String(method),
          `/${live.id}${String(path)}`,
          method === 'GET' ? undefined : {},
        )
        expect([method, answer.status]).toEqual([method, 404])
      }
      expect((await send('live', live, 'GET', '/self')).status).toBe(200)
    })

    test('which environment manages which is said by manages', async () => {
      const { live, sandbox, send } = await openSite(framework, { live: { manages: [] } })
      expect(listed(await send('live', live, 'GET'))).toEqual(['live'])
      expect(listed(await send('sandbox', sandbox, 'GET'))).toEqual(['sandbox'])
      const other = await openSite(framework, { sandbox: { manages: ['live'] } })
      expect(listed(await other.send('live', other.live, 'GET'))).toEqual(['live'])
      expect(listed(await other.send('sandbox', other.sandbox, 'GET'))).toEqual(['live', 'sandbox'])
    })
  },
)

test('in code, the environment is named where there are several, and everything can be asked for one', async () => {
  const { gate } = await openSite('Express')
  await expect(gate.keys.create({ name: 'CI', ownerId: 'org_1' })).rejects.toMatchObject({
    code: 'unknown_environment',
  })
  const { items } = await gate.keys.list({ ownerId: 'org_1', environment: 'sandbox' })
  expect(items.map(({ name }) => name)).toEqual(['sandbox'])
  expect((await gate.keys.due({ environment: 'sandbox' })).items).toEqual([])
  expect(await gate.keys.revokeAll({ ownerId: 'org_1', environment: 'sandbox' })).toMatchObject({
    revoked: 1,
  })
})
