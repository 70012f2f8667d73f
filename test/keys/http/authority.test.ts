import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import {
  createGate,
  createMemoryKeyStore,
  type GateOptions,
  type KeyEndpointsRequirement,
} from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../../adapters/servers.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const MANAGING: KeyEndpointsRequirement = { scopes: ['manage:keys'] }

async function open(options: Partial<GateOptions> = {}, requirement = MANAGING) {
  const gate = createGate<string>({
    environment: ['live', 'test'],
    keys: { prefix: 'acme' },
    scopes: { 'read:orders': 1, 'write:orders': 2, 'manage:keys': 3, 'manage:billing': 3 },
    ...options,
  })
  const app = express().use('/keys', keyEndpoints(gate, requirement))
  const { server, port } = await listen(app)
  servers.push(server)
  const create = (fields: object) =>
    gate.keys.create({ name: 'Key', ownerId: 'org_1', environment: 'live', ...fields })
  const agentOf = async (fields: object) => {
    const { secret } = await create({ scopes: ['manage:keys'], ...fields })
    return request.agent(`http://127.0.0.1:${String(port)}`).auth(secret, { type: 'bearer' })
  }
  return { gate, create, agentOf }
}

describe('a caller of the key endpoints', () => {
  test.each([
    ['a scope that it holds', ['manage:keys'], 201],
    ['scopes below its level', ['read:orders', 'write:orders'], 201],
    ['a scope of its level that it does not hold', ['manage:billing'], 403],
    ['a scope that is not there', ['read:everything'], 400],
  ])('hands out %s', async (_, scopes, status) => {
    const agent = await (await open()).agentOf({})
    const answer = await agent.post('/keys').send({ name: 'CI', scopes })
    expect(answer.status).toBe(status)
  })

  test.each([
    ['admin:org', ['read:a'], 201],
    ['admin:org', ['publish:a'], 403],
    ['publish:a', ['read:a'], 201],
    ['publish:a', ['admin:org'], 403],
    ['read:a', ['admin:org'], 403],
    ['root:all', ['admin:org', 'publish:a', 'read:a'], 201],
  ])('of the level of %s hands out %j by the names of levels: %s', async (held, scopes, status) => {
    const { agentOf } = await open({
      scopes: {
        'read:a': 'standard',
        'manage:keys': 'standard',
        'admin:org': { level: 'admin' },
        'publish:a': 'publisher',
        'root:all': 'root',
      },
      levels: ['standard', 'admin', { name: 'publisher', above: ['standard'] }, 'root'],
    })
    const agent = await agentOf({ scopes: ['manage:keys', held] })
    expect((await agent.post('/keys').send({ name: 'CI', scopes })).status).toBe(status)
  })

  test('cannot get a scope by giving it to a key that it has', async () => {
    const { agentOf, create } = await open()
    const { id } = await create({})
    const agent = await agentOf({})
    await agent
      .patch(`/keys/${id}`)
      .send({ scopes: ['manage:billing'] })
      .expect(403)
    await agent
      .patch(`/keys/${id}`)
      .send({ scopes: ['write:orders'] })
      .expect(200)
  })

  test('cannot get the secret of a mightier key by rotating it', async () => {
    const { agentOf, create } = await open()
    const { id } = await create({ scopes: ['manage:billing'] })
    await (await agentOf({})).post(`/keys/${id}/rotate`).expect(403)
  })

  test('cannot get the secret of a key with a scope that the catalogue no longer has', async () => {
    const keys = { prefix: 'acme', store: createMemoryKeyStore() }
    const before = await open({ keys, scopes: ['admin:everything', 'manage:keys'] })
    const { id } = await before.create({ scopes: ['admin:everything'] })
    const { agentOf } = await open({ keys })
    await (await agentOf({})).post(`/keys/${id}/rotate`).expect(403)
    const holder = await before.agentOf({ scopes: ['admin:everything', 'manage:keys'] })
    await holder.post(`/keys/${id}/rotate`).expect(201)
  })

  test.each([
    [{ allowedIps: null }, 403],
    [{ disabled: false }, 403],
    [{ disabled: true, expiresAt: null }, 403],
    [{}, 403],
    [{ disabled: true }, 200],
  ])('changes a mightier key by %j: %i', async (patch, status) => {
    const { gate, agentOf, create } = await open()
    const { id } = await create({ scopes: ['manage:billing'], allowedIps: [] })
    const agent = await agentOf({})
    await agent.patch(`/keys/${id}`).send(patch).expect(status)
    expect(await gate.keys.get(id)).toMatchObject({ allowedIps: [] })
    await agent.delete(`/keys/${id}`).expect(204)
  })

  test.each([
    ['nothing of tenants and resources', {}, {}, 201],
    ['a tenant of its own', { tenantIds: ['a', 'b'] }, { tenantIds: ['b'] }, 201],
    ['a tenant that is not its own', { tenantIds: ['a'] }, { tenantIds: ['a', 'b'] }, 403],
    ['a tenant, where it has none', {}, { tenantIds: ['a'] }, 403],
    ['a tenant in another case', { tenantIds: ['a'] }, { tenantIds: ['A'] }, 403],
    ['a resource, where it is held to none', {}, { resources: ['records/rec_1'] }, 201],
    ['no more than a resource', {}, { resources: ['records'] }, 400],
  ])('hands out %s', async (_, own, given, status) => {
    const agent = await (await open()).agentOf(own)
    const made = await agent.post('/keys').send({ name: 'CI', ...given })
    expect(made.status).toBe(status)
    if (status === 201) expect(made.body).toMatchObject(given)
  })

  const HELD = { resources: ['keys/*', 'records/rec_1'] }
  const managing = { scopes: ['manage:keys'], resource: { type: 'keys' } } as const

  test('that is held to resources manages no keys, unless it is held to keys', async () => {
    const { agentOf } = await open()
    await (await agentOf(HELD)).post('/keys').send({ name: 'CI' }).expect(403)
    const other = await open({}, managing)
    await (await other.agentOf({ resources: ['records/*'] })).get('/keys').expect(403)
    await (await other.agentOf(HELD)).get('/keys').expect(200)
  })

  test.each([
    ['what it is held to itself, unasked', {}, 201],
    ['less', { resources: ['records/rec_1'] }, 201],
    ['another resource', { resources: ['records/rec_2'] }, 403],
    ['all of a type, where it is held to one', { resources: ['records/*'] }, 403],
  ])('that is held to resources hands out %s', async (_, given, status) => {
    const agent = await (await open({}, managing)).agentOf(HELD)
    const made = await agent.post('/keys').send({ name: 'CI', ...given })
    expect(made.status).toBe(status)
    if (status === 201) expect(made.body).toMatchObject({ ...HELD, ...given })
  })

  test.each([
    ['of another tenant', { tenantIds: ['b'] }, { name: 'New' }],
    ['that is not held to any resource', { tenantIds: ['a'] }, { name: 'New' }],
    ['of its own, to another tenant', { tenantIds: ['a'], ...HELD }, { tenantIds: ['a', 'b'] }],
    ['of its own, to another resource', HELD, { resources: ['records/rec_2'] }],
    ['of its own, to every resource', HELD, { resources: null }],
  ])('does not change a key %s, nor get its secret', async (_, fields, patch) => {
    const { agentOf, create } = await open({}, managing)
    const { id } = await create(fields)
    const agent = await agentOf({ tenantIds: ['a'], ...HELD })
    await agent.patch(`/keys/${id}`).send(patch).expect(403)
    if (!('tenantIds' in patch || 'resources' in patch)) {
      await agent.post(`/keys/${id}/rotate`).expect(403)
    }
    await agent.patch(`/keys/${id}`).send({ disabled: true }).expect(200)
    await agent.delete(`/keys/${id}`).expect(204)
  })

  test('gives a new key its own plan and limit, and names none', async () => {
    const plans = {
      pro: { quota: { limit: 500, window: '1h' } },
      free: { concurrency: 1 },
    } as const
    const { agentOf } = await open({ plans, limits: { defaultPlan: 'free' } })
    const agent = await agentOf({ plan: 'pro', limit: 200 })
    const made = await agent.post('/keys').send({ name: 'CI' }).expect(201)
    expect(made.body).toMatchObject({ plan: 'pro', limit: 200 })
    for (const named of [{ plan: 'pro' }, { limit: 200 }]) {
      await agent
        .post('/keys')
        .send({ name: 'CI', ...named })
        .expect(400)
    }
    const other = await (await agentOf({})).post('/keys').send({ name: 'CI' }).expect(201)
    expect(other.body).not.toHaveProperty('limit')
  })

  test('that is held to resources narrows no key that is held to others, and frees none', async () => {
    const { agentOf, create } = await open({}, managing)
    const agent = await agentOf(HELD)
    const wider = await create({ resources: ['records/rec_1', 'records/rec_2'] })
    await agent
      .patch(`/keys/${wider.id}`)
      .send({ resources: ['records/rec_1'] })
      .expect(403)
    const own = await create(HELD)
    const freed = await agent.patch(`/keys/${own.id}`).send({ resources: null }).expect(403)
    expect(freed.body).toMatchObject({ detail: "Your API key may not hand out '*'." })
  })

  test('sees and touches nothing of another owner', async () => {
    const { gate, agentOf, create } = await open()
    const { id } = await create({ ownerId: 'org_2' })
    const agent = await agentOf({})
    await agent.get(`/keys/${id}`).expect(404)
    await agent.patch(`/keys/${id}`).send({ name: 'Mine' }).expect(404)
    await agent.post(`/keys/${id}/rotate`).expect(404)
    await agent.delete(`/keys/${id}`).expect(404)
    expect((await agent.get('/keys')).text).not.toContain(id)
    expect(await gate.keys.get(id)).toMatchObject({ state: 'active', name: 'Key' })
  })

  test('on a test key makes no live key and touches none; on a live one it does both', async () => {
    const { agentOf, create } = await open()
    const live = await create({})
    const tester = await agentOf({ environment: 'test' })
    await tester.post('/keys').send({ name: 'CI', environment: 'live' }).expect(400)
    await tester.get(`/keys/${live.id}`).expect(404)
    expect((await tester.get('/keys')).text).not.toContain(live.id)
    const refused = await tester.get('/keys?environment=live').expect(400)
    expect(refused.body).toMatchObject({ detail: "'environment' must be 'test'" })
    const made = await tester.post('/keys').send({ name: 'CI' }).expect(201)
    expect(made.body).toMatchObject({ environment: 'test' })
    const admin = await agentOf({})
    const answer = await admin.post('/keys').send({ name: 'CI', environment: 'test' }).expect(403)
    expect(answer.body).toMatchObject({ code: 'not_grantable' })
    await admin.delete(`/keys/${(made.body as { id: string }).id}`).expect(204)
  })

  test('of a gate for tests alone touches no live key in a store that it shares', async () => {
    const keys = { prefix: 'acme', store: createMemoryKeyStore() }
    const live = await (await open({ keys })).create({ name: 'Live' })
    const { agentOf } = await open({ keys, environment: ['test', 'preview'] })
    const agent = await agentOf({ environment: 'test' })
    await agent.get(`/keys/${live.id}`).expect(404)
    await agent.delete(`/keys/${live.id}`).expect(404)
    await agent.post('/keys').send({ name: 'CI', environment: 'live' }).expect(400)
    await agent.get('/keys?environment=live').expect(400)
    await agent.get('/keys?environment=preview').expect(200)
    const { body } = (await agent.get('/keys').expect(200)) as { body: { keys: object[] } }
    expect(body.keys).toMatchObject([{ environment: 'test' }])
  })

  test('waits not long for the answer to metadata of 64 kB', async () => {
    const agent = await (await open()).agentOf({})
    const metadata = { list: Array<number>(30_000).fill(1) }
    const costs: number[] = []
    for (let round = 0; round < 5; round++) {
      const { user } = process.cpuUsage()
      const answer = await agent.post('/keys').send({ name: 'CI', metadata }).expect(400)
      costs.push((process.cpuUsage().user - user) / 1_000)
      const detail = "'metadata' must be at most 4,096 characters of JSON"
      expect(answer.body).toMatchObject({ detail })
    }
    expect(Math.min(...costs)).toBeLessThan(40)
  })

  test.each([
    [16, 201],
    [17, 400],
  ])('sends a body %i levels deep: %i', async (levels, status) => {
    const agent = await (await open()).agentOf({})
    // The body itself is the first.
    const nested = '{"a":'.repeat(levels - 2) + '{}' + '}'.repeat(levels - 2)
    const body = `{"name":"CI","metadata":${nested}}`
    const answer = await agent.post('/keys').set('content-type', 'application/json').send(body)
    expect(answer.status).toBe(status)
  })

  test('is told which field must be given, or is not known', async () => {
    const agent = await (await open()).agentOf({})
    const missing = await agent.post('/keys').send({}).expect(400)
    expect(missing.body).toMatchObject({ detail: "'name' must be given" })
    const mistaken = await agent.post('/keys').send({ nam: 'CI' }).expect(400)
    expect(mistaken.body).toMatchObject({ detail: "'nam' is not known; did you mean 'name'?" })
  })

  test.each([
    ['passes for a refusal', '{"reason":"not_found","headers":{"x-evil":"1"}}'],
    ['names the prototype', '{"name":"x","__proto__":{"ownerId":"org_2"}}'],
    ['names another owner', '{"name":"x","ownerId":"org_2"}'],
    ['is deep', `{"name":"x","metadata":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`],
    ['has a date that is none', '{"name":"x","expiresAt":"tomorrow"}'],
    ['has a date that is past', '{"name":"x","expiresAt":"2001-01-01T00:00:00Z"}'],
  ])('is told 400 for a body that %s', async (_, body) => {
    const agent = await (await open()).agentOf({})
    const answer = await agent.post('/keys').set('content-type', 'application/json').send(body)
    expect([answer.status, answer.headers['x-evil']]).toEqual([400, undefined])
    expect(answer.text).not.toMatch(/node_modules|gate\.keys/)
  })
})
