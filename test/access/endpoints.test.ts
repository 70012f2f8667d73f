import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { createGate, type Gate, type GateOptions } from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AccessOptions,
} from 'sallyport/access'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
import { createSilentStore } from '../keys/instances.js'

const SCOPES = ['request:access', 'decide:access', 'manage:keys', 'read:patients'] as const
type Scope = (typeof SCOPES)[number]

interface Asked {
  readonly scopes: readonly Scope[]
  readonly approverScopes: readonly Scope[]
}
const REQUIREMENT: Asked = { scopes: ['request:access'], approverScopes: ['decide:access'] }
/** Who is signed in to the app, by a header of a test. */
interface User {
  readonly ownerId: string
  readonly subject: string
  readonly scopes: Scope[]
  readonly environments?: string[]
}
const USERS: Readonly<Record<string, User>> = {
  ann: { ownerId: 'org_1', subject: 'ann', scopes: ['request:access', 'manage:keys'] },
  amy: { ownerId: 'org_1', subject: 'amy', scopes: ['request:access'] },
  bob: { ownerId: 'org_2', subject: 'bob', scopes: ['request:access'] },
  lee: { ownerId: 'staff', subject: 'lee', scopes: ['decide:access'] },
  sam: {
    ...{ ownerId: 'staff', subject: 'sam', scopes: ['decide:access'], environments: ['sandbox'] },
  },
  mole: { ownerId: 'org_1', subject: 'mole', scopes: ['request:access', 'decide:access'] },
}

const callerOf = (headers: Readonly<Record<string, unknown>>) => USERS[String(headers['x-user'])]

const MANAGING = { scopes: ['manage:keys'] } as const

const FRAMEWORKS = {
  Express(gate: Gate<Scope>, asked: Asked) {
    const access = onExpress.accessEndpoints(gate, {
      ...asked,
      otherwise: (req) => callerOf(req.headers),
    })
    const keys = onExpress.keyEndpoints(gate, {
      ...MANAGING,
      otherwise: (req) => callerOf(req.headers),
    })
    return express().use('/access', access).use('/keys', keys)
  },
  Koa(gate: Gate<Scope>, asked: Asked) {
    const access = onKoa.accessEndpoints(gate, {
      ...asked,
      otherwise: (ctx) => callerOf(ctx.headers),
    })
    const keys = onKoa.keyEndpoints(gate, {
      ...MANAGING,
      otherwise: (ctx) => callerOf(ctx.headers),
    })
    return new Koa().use(mount('/access', access)).use(mount('/keys', keys)).callback()
  },
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function openSite(
  framework: keyof typeof FRAMEWORKS,
  options: Partial<AccessOptions> = {},
  asked = REQUIREMENT,
  more: Partial<GateOptions<Scope>> = {},
) {
  const stores = {
    store: createMemoryAccessStore(),
    agreements: createMemoryAgreementStore(),
  }
  const access = createAccess({
    ...stores,
    terms: { 'api-terms': { version: '1', text: 'Be nice.' } },
    ...options,
  })
  const gate = createGate<Scope>({
    environment: ['live', 'sandbox'],
    keys: { prefix: 'acme' },
    scopes: SCOPES,
    access,
    policies: [access.approved()],
    onError: () => undefined,
    ...more,
  })
  const { server, port } = await listen(FRAMEWORKS[framework](gate, asked))
  servers.push(server)
  const as = (user: string) =>
    request
      .agent(`http://127.0.0.1:${String(port)}`)
      .set({ 'x-user': user, origin: `http://127.0.0.1:${String(port)}` })
  const by = (secret: string) =>
    request.agent(`http://127.0.0.1:${String(port)}`).set({ authorization: `Bearer ${secret}` })
  return { access, gate, as, by, stores }
}

const ASK = {
  useCase: 'Lab results.',
  environments: ['live', 'sandbox'],
  accept: [{ id: 'api-terms', version: '1' }],
}

function idIn({ body }: { readonly body: unknown }): string {
  return (body as { id: string }).id
}

test('an approver that another instance has revoked decides nothing, whatever this one remembers', async () => {
  const { access, gate: other, ...site } = await openSite('Express')
  await other.close()
  const store = createSilentStore()
  const options = { environment: 'live', keys: { prefix: 'acme', store }, scopes: SCOPES } as const
  const here = createGate<Scope>(options)
  const there = createGate<Scope>({ ...options, access: createAccess(site.stores) })
  const { server, port } = await listen(
    express().use('/access', onExpress.accessEndpoints(there, REQUIREMENT)),
  )
  servers.push(server)
  const approver = await here.keys.create({
    ...{ name: 'CI', ownerId: 'staff', scopes: ['decide:access'] },
  })
  const ask = { useCase: 'Lab results.', environments: ['live'] }
  const { id } = await access.request({
    ...{ ...ASK, ...ask, ownerId: 'org_1', by: { id: 'ann', ownerId: 'org_1' } },
  })
  const path = `http://127.0.0.1:${String(port)}`
  const as = request.agent(path).set({ authorization: `Bearer ${approver.secret}` })
  await as.get(`/access/requests/${id}`).expect(200)
  await here.keys.revoke(approver.id)
  // The control: what is read may be a moment old.
  await as.get(`/access/requests/${id}`).expect(200)
  await as.post(`/access/requests/${id}/approve`).send({}).expect(401)
  expect(await access.get(id)).toMatchObject({ state: 'requested' })
  await here.close()
  await there.close()
})

describe.each(Object.keys(FRAMEWORKS) as (keyof typeof FRAMEWORKS)[])('%s', (framework) => {
  test('an organization asks, an approver decides, and a key can be made', async () => {
    const { gate, as } = await openSite(framework)
    const key = { name: 'CI', scopes: ['request:access'], environment: 'live' }
    const refused = await as('ann').post('/keys').send(key).expect(403)
    expect(refused.body).toMatchObject({ code: 'access_not_approved' })
    const before = await as('ann').get('/access').expect(200)
    expect(before.body).toMatchObject({
      ownerId: 'org_1',
      environments: [
        { environment: 'live', state: 'none', missing: [{ step: 'request' }, { step: 'terms' }] },
        { environment: 'sandbox' },
      ],
      terms: [{ id: 'api-terms', version: '1', required: true }],
    })
    expect(JSON.stringify(before.body)).not.toContain('"text"')
    const { accept: _, ...unaccepted } = ASK
    const lacking = await as('ann').post('/access/requests').send(unaccepted).expect(403)
    expect(lacking.body).toMatchObject({ code: 'terms_not_accepted' })
    const asked = await as('ann').post('/access/requests').send(ASK).expect(201)
    expect(asked.body).toMatchObject({
      state: 'requested',
      steps: [{ by: { id: 'ann', ownerId: 'org_1', address: '127.0.0.1' } }],
    })
    const id = idIn(asked)
    const queue = await as('lee').get('/access/requests?state=requested&order=oldest').expect(200)
    expect(queue.body).toMatchObject({ requests: [{ id }] })
    const until = '2100-01-01T00:00:00Z'
    await as('lee').post(`/access/requests/${id}/approve`).send({ until }).expect(200)
    await as('ann').post('/keys').send(key).expect(201)
    await as('lee').post(`/access/requests/${id}/suspend`).send({ reason: 'Unusual.' }).expect(200)
    const suspended = await as('ann').post('/keys').send(key).expect(403)
    expect(JSON.stringify(suspended.body)).toContain('suspended. Reason: Unusual.')
    await as('lee').post(`/access/requests/${id}/resume`).send({}).expect(200)
    await as('ann').post(`/access/requests/${id}/end`).send({}).expect(200)
    await gate.close()
  })

  test('nobody decides an own request, and only approvers decide', async () => {
    const { gate, as } = await openSite(framework)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    await as('ann').post(`/access/requests/${id}/approve`).send({}).expect(403)
    await as('ann').get('/access/requests').expect(403)
    const own = await as('mole').post(`/access/requests/${id}/approve`).send({}).expect(403)
    expect(own.body).toMatchObject({ code: 'not_grantable' })
    await as('lee').post(`/access/requests/${id}/deny`).send({ reason: 'No.' }).expect(200)
    const late = await as('lee').post(`/access/requests/${id}/approve`).send({}).expect(409)
    expect(late.body).toMatchObject({ code: 'access_conflict' })
    await gate.close()
  })

  describe('a key of the sandbox', () => {
    const ACTIONS = ['approve', 'deny', 'suspend', 'resume', 'end'] as const

    async function openSandbox(options: Partial<AccessOptions> = {}) {
      const site = await openSite(framework, options)
      const { gate, access, by } = site
      const keyFor = async (environment: string, ownerId: string, scopes: Scope[]) => {
        for (const each of ['live', 'sandbox']) {
          const input = { useCase: 'CI.', environments: [each], accept: ASK.accept, ownerId }
          const asked = await access.of(ownerId, [each])
          if (asked.environments[0]?.state !== 'none') continue
          const person = { id: 'ann', ownerId }
          const { id } = await access.request({ ...input, by: person })
          await access.approve(id, { by: { id: 'root', ownerId: 'operators' } })
        }
        const { secret } = await gate.keys.create({ name: 'CI', ownerId, environment, scopes })
        return by(secret)
      }
      return { ...site, keyFor }
    }

    test('decides nothing about live, and finds nothing of it', async () => {
      const { gate, access, as, keyFor } = await openSandbox()
      const decider = await keyFor('sandbox', 'staff', ['decide:access'])
      const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
      const none = await decider.get('/access/requests/acc_none').expect(404)
      const { requestId: _one, ...same } = none.body as Record<string, unknown>
      for (const action of ACTIONS) {
        const path = `/access/requests/${id}/${action}`
        const refused = await decider.post(path).send({ reason: 'No.' }).expect(404)
        const { requestId: _other, ...said } = refused.body as Record<string, unknown>
        expect(said).toEqual(same)
      }
      await decider.get(`/access/requests/${id}`).expect(404)
      const queue = await decider.get('/access/requests?state=requested').expect(200)
      expect(queue.body).toMatchObject({ requests: [] })
      expect(await access.get(id)).toMatchObject({ state: 'requested' })
      const chief = await keyFor('live', 'staff', ['decide:access'])
      await chief.post(`/access/requests/${id}/approve`).send({}).expect(200)
      await gate.close()
    })

    test('decides about the sandbox', async () => {
      const { gate, as, keyFor } = await openSandbox()
      const decider = await keyFor('sandbox', 'staff', ['decide:access'])
      const asked = { ...ASK, environments: ['sandbox'] }
      const id = idIn(await as('ann').post('/access/requests').send(asked).expect(201))
      const queue = await decider.get('/access/requests?state=requested').expect(200)
      expect(queue.body).toMatchObject({ requests: [{ id }] })
      await decider.post(`/access/requests/${id}/approve`).send({}).expect(200)
      await gate.close()
    })

    test('accepts for its owner the terms of the sandbox alone', async () => {
      const optional = { version: '1', text: 'Be nice.', required: false }
      const terms = {
        'api-terms': optional,
        'live-terms': { ...optional, environments: ['live'] },
        'sandbox-terms': { ...optional, environments: ['sandbox'] },
      }
      const { gate, access, as, keyFor } = await openSandbox({ terms })
      const asker = await keyFor('sandbox', 'org_1', ['request:access'])
      const before = (await access.agreements.list()).items.length
      for (const id of ['api-terms', 'live-terms']) {
        const accepted = { id, version: '1' }
        const asked = { ...ASK, environments: ['sandbox'], accept: [accepted] }
        for (const sent of [
          asker.post('/access/agreements').send(accepted),
          asker.post('/access/requests').send(asked),
        ]) {
          const refused = await sent.expect(400)
          expect(refused.body).toMatchObject({
            code: 'invalid_input',
            detail: expect.stringMatching(`^'${id}' is accepted by callers that`) as unknown,
          })
        }
      }
      expect((await access.agreements.list()).items).toHaveLength(before)
      const own = { id: 'sandbox-terms', version: '1' }
      await asker.post('/access/agreements').send(own).expect(201)
      await as('ann')
        .post('/access/agreements')
        .send({ id: 'live-terms', version: '1' })
        .expect(201)
      await gate.close()
    })

    test('neither asks for live access of its owner nor ends it', async () => {
      const { gate, access, keyFor } = await openSandbox()
      const asker = await keyFor('sandbox', 'org_1', ['request:access'])
      const { requests } = await access.of('org_1')
      const [live, own] = ['live', 'sandbox'].map((name) =>
        requests.find(({ environments }) => environments.includes(name)),
      )
      await asker
        .post(`/access/requests/${String(live?.id)}/end`)
        .send({})
        .expect(404)
      await asker.get(`/access/requests/${String(live?.id)}`).expect(404)
      const shown = await asker.get('/access').expect(200)
      expect(shown.body).toMatchObject({ requests: [{ id: own?.id }] })
      expect(JSON.stringify(shown.body)).not.toContain(String(live?.id))
      const refused = await asker.post('/access/requests').send(ASK).expect(400)
      expect(refused.body).toMatchObject({ code: 'invalid_input' })
      expect(JSON.stringify(refused.body)).toContain("'sandbox'")
      expect(await access.get(String(live?.id))).toMatchObject({ state: 'approved' })
      await asker
        .post(`/access/requests/${String(own?.id)}/end`)
        .send({})
        .expect(200)
      await gate.close()
    })
  })

  test('a caller of the app decides in the environments that the app names', async () => {
    const { gate, as } = await openSite(framework)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    await as('sam').post(`/access/requests/${id}/approve`).send({}).expect(404)
    await as('lee').post(`/access/requests/${id}/approve`).send({}).expect(200)
    await gate.close()
  })

  test('of another organization, nobody learns anything', async () => {
    const { gate, as } = await openSite(framework)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    const foreign = await as('bob').get(`/access/requests/${id}`).expect(404)
    const none = await as('bob').get('/access/requests/acc_none').expect(404)
    const { requestId: _one, ...said } = foreign.body as Record<string, unknown>
    const { requestId: _other, ...same } = none.body as Record<string, unknown>
    expect(said).toEqual(same)
    await as('bob').post(`/access/requests/${id}/end`).send({}).expect(404)
    await as('lee').get(`/access/requests/${id}`).expect(200)
    await gate.close()
  })

  test('an organization is told what was decided and why, and not who of the provider it was', async () => {
    const { access, gate, as } = await openSite(framework)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    await as('lee').post(`/access/requests/${id}/approve`).send({}).expect(200)
    await as('lee').post(`/access/requests/${id}/suspend`).send({ reason: 'Odd.' }).expect(200)
    const own = await as('ann').get(`/access/requests/${id}`).expect(200)
    const operator = { operator: true }
    expect(own.body).toMatchObject({
      steps: [{ by: { id: 'ann' } }, { by: operator }, { by: operator, reason: 'Odd.' }],
    })
    const whole = await as('lee').get(`/access/requests/${id}`).expect(200)
    expect(whole.body).toMatchObject({ steps: [{}, { by: { id: 'lee', ownerId: 'staff' } }, {}] })
    await access.agreements.record({
      ...{ ownerId: 'org_1', by: { id: 'ceo' }, recordedBy: { id: 'lee', ownerId: 'staff' } },
      terms: { id: 'api-terms', version: '1' },
    })
    await access.end(id, { by: { id: 'lee', ownerId: 'staff' } })
    const late = await as('ann').post(`/access/requests/${id}/end`).send({}).expect(409)
    const all = await as('ann').get('/access').expect(200)
    for (const { body } of [own, late, all] as { body: unknown }[]) {
      expect(JSON.stringify(body)).not.toMatch(/"lee"|by lee|"staff"/)
    }
    await gate.close()
  })

  test('who accepts what the provider has recorded before is not told who recorded it', async () => {
    const { access, as } = await openSite(framework)
    const { id } = await access.agreements.record({
      ownerId: 'org_1',
      terms: { id: 'api-terms', version: '1' },
      by: { id: 'ann', ownerId: 'org_1' },
      recordedBy: { id: 'lee', name: 'Lee', ownerId: 'staff', address: '192.0.2.9' },
    })
    const accepted = await as('amy')
      .post('/access/agreements')
      .send({ id: 'api-terms', version: '1' })
      .expect(201)
    expect(accepted.body).toMatchObject({ id })
    expect(accepted.body).toHaveProperty('recordedBy', { operator: true })
  })

  test('a caller needs all scopes of its role, also to read and to end a request', async () => {
    const requirement = {
      scopes: ['request:access', 'manage:keys'],
      approverScopes: ['decide:access'],
    } as const
    const { gate, as } = await openSite(framework, {}, requirement)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    for (const path of ['', '/end']) {
      const call = path === '' ? as('amy').get(`/access/requests/${id}`) : undefined
      const answer = await (call ?? as('amy').post(`/access/requests/${id}${path}`).send({}))
      expect(answer.body).toMatchObject({ code: 'insufficient_scope', status: 403 })
    }
    await as('ann').post(`/access/requests/${id}/end`).send({}).expect(200)
    await gate.close()
  })

  test('a suspended organization does not end its suspension, also as an approver', async () => {
    const { access, gate, as } = await openSite(framework)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    const lee = { by: { id: 'lee', ownerId: 'staff' } }
    await access.approve(id, lee)
    await access.suspend(id, { ...lee, reason: 'Unusual.' })
    for (const user of ['ann', 'mole']) {
      const refused = await as(user).post(`/access/requests/${id}/end`).send({}).expect(403)
      expect(refused.body).toMatchObject({ code: 'not_grantable' })
    }
    await as('lee').post(`/access/requests/${id}/end`).send({}).expect(200)
    await gate.close()
  })

  test('what is wrong is said: bodies, methods, paths, callers, pages of others', async () => {
    const { gate, as } = await openSite(framework)
    const wrong = await as('ann')
      .post('/access/requests')
      .send({ ...ASK, useCase: '' })
      .expect(400)
    expect(wrong.body).toMatchObject({
      detail: expect.stringMatching(/^'useCase' must/) as unknown,
    })
    const odd = await as('ann')
      .post('/access/requests')
      .send({ ...ASK, environments: ['live', 'odd'] })
      .expect(400)
    expect(odd.body).toMatchObject({
      detail: "'environments' must be of those that the caller manages: 'live', 'sandbox'.",
    })
    // Who asks is who is known, whatever the body says.
    const forged = { ...ASK, ownerId: 'org_2', by: { id: 'ceo' } }
    const asked = await as('ann').post('/access/requests').send(forged).expect(201)
    expect(asked.body).toMatchObject({ ownerId: 'org_1', steps: [{ by: { id: 'ann' } }] })
    await as('ann').put('/access/requests').send({}).expect(405)
    await as('ann').get('/access/nowhere').expect(404)
    await as('nobody').get('/access').expect(401)
    await as('lee').get('/access/requests?state=a&state=b').expect(400)
    await as('lee').get('/access/requests?state=odd').expect(400)
    await as('ann')
      .post('/access/agreements')
      .set('origin', 'https://evil.example')
      .send({})
      .expect(403)
    await gate.close()
  })

  test('a path of no action is 404, another method 405, and HEAD is GET', async () => {
    const { gate, as } = await openSite(framework)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    await as('lee').head('/access/requests').expect(200)
    const allowed = async (path: string) => {
      const { headers } = await as('ann').put(path).send({}).expect(405)
      return (headers as Record<string, string>)['allow']
    }
    expect(await allowed('/access')).toBe('GET')
    expect(await allowed('/access/requests')).toBe('GET, POST')
    expect(await allowed('/access/agreements')).toBe('POST')
    expect(await allowed(`/access/requests/${id}`)).toBe('GET')
    for (const action of ['end', 'approve', 'deny', 'suspend', 'resume']) {
      expect(await allowed(`/access/requests/${id}/${action}`)).toBe('POST')
    }
    for (const path of [`${id}/nothing`, `${id}/end/more`, 'acc_none']) {
      const none = await as('ann').get(`/access/requests/${path}`).expect(404)
      expect(none.body).toMatchObject({ detail: 'There is no such request for access.' })
    }
    await gate.close()
  })

  test('an approver reads the requests page by page, and decides about those that are there', async () => {
    const { gate, as } = await openSite(framework)
    const asked = [
      idIn(await as('ann').post('/access/requests').send(ASK).expect(201)),
      idIn(await as('bob').post('/access/requests').send(ASK).expect(201)),
    ]
    const list = async (query: string) => {
      const answer = await as('lee').get(`/access/requests?order=oldest&${query}`).expect(200)
      type Page = { readonly requests: { readonly id: string }[]; readonly cursor?: string }
      const { requests, ...more } = answer.body as Page
      return { ids: requests.map((each) => each.id), ...more }
    }
    const first = await list('limit=1')
    expect(first).toEqual({ ids: [asked[0]], cursor: expect.any(String) })
    expect(await list(`limit=1&cursor=${String(first.cursor)}`)).toMatchObject({ ids: [asked[1]] })
    expect(await list('ownerId=org_2')).toEqual({ ids: [asked[1]] })
    expect(await list('limit=100')).toEqual({ ids: asked })
    for (const query of [
      'limit=x',
      'limit=1x',
      'limit=x1',
      'limit=1000',
      'limit=',
      'odd=1',
      'limit=1&limit=1',
    ]) {
      const wrong = await as('lee').get(`/access/requests?${query}`).expect(400)
      expect(wrong.body).toMatchObject({
        detail: 'The query knows state, ownerId, order, limit and cursor, each once.',
      })
    }
    const path = `/access/requests/${String(asked[0])}`
    const wrong = await as('lee').post(`${path}/approve`).send({ until: 'soon' }).expect(400)
    expect(wrong.body).toMatchObject({ detail: expect.stringMatching(/^'until' must/) as unknown })
    const until = '2100-01-01T00:00:00Z'
    const approved = await as('lee').post(`${path}/approve`).send({ until }).expect(200)
    expect(approved.body).toMatchObject({ state: 'approved', ownerId: 'org_1' })
    expect(new Date((approved.body as { until: string }).until)).toEqual(new Date(until))
    for (const [action, state] of [
      ['suspend', 'suspended'],
      ['resume', 'approved'],
    ] as const) {
      const done = await as('lee').post(`${path}/${action}`).send({ reason: 'Odd.' }).expect(200)
      expect(done.body).toMatchObject({ state })
    }
    for (const action of ['approve', 'deny', 'suspend', 'resume', 'end']) {
      const body = { reason: 'Odd.' }
      await as('lee').post(`/access/requests/acc_none/${action}`).send(body).expect(404)
    }
    await gate.close()
  })

  test('a used-up plan keeps nobody from what stops access, and from nothing else', async () => {
    const { access, gate, as } = await openSite(framework, {}, REQUIREMENT, {
      plans: { once: { quota: { limit: 1, window: '1h' } } },
      limits: { defaultPlan: 'once' },
    })
    const person = { id: 'ann', ownerId: 'org_1' }
    const { id } = await access.request({ ...ASK, ownerId: 'org_1', by: person })
    await access.approve(id, { by: { id: 'root', ownerId: 'operators' } })
    const path = `/access/requests/${id}`
    const [terms] = ASK.accept
    for (const status of [201, 429])
      await as('amy').post('/access/agreements').send(terms).expect(status)
    await as('ann').post('/access/requests').send(ASK).expect(429)
    await as('ann').get('/access').expect(200)
    await as('ann').get(path).expect(200)
    const odd = { reason: 'Odd.' }
    for (const status of [409, 429]) await as('lee').post(`${path}/resume`).send(odd).expect(status)
    for (const action of ['approve', 'deny']) {
      await as('lee').post(`${path}/${action}`).send(odd).expect(429)
    }
    await as('lee').get('/access/requests').expect(200)
    await as('lee').post(`${path}/suspend`).send(odd).expect(200)
    await access.resume(id, { by: { id: 'root', ownerId: 'operators' } })
    await as('ann').post(`${path}/end`).send({}).expect(200)
    await gate.close()
  })

  test('who may do what', async () => {
    const { gate, as } = await openSite(framework)
    const id = idIn(await as('ann').post('/access/requests').send(ASK).expect(201))
    for (const path of ['/access', `/access/requests`]) {
      await as(path === '/access' ? 'lee' : 'ann')
        .get(path)
        .expect(403)
    }
    await as('lee').post('/access/agreements').send(ASK.accept[0]).expect(403)
    await as('lee').post('/access/requests').send(ASK).expect(403)
    for (const action of ['approve', 'deny', 'suspend', 'resume']) {
      const body = { reason: 'Odd.' }
      await as('ann').post(`/access/requests/${id}/${action}`).send(body).expect(403)
    }
    for (const user of ['ann', 'lee']) await as(user).get(`/access/requests/${id}`).expect(200)
    const ended = await as('lee').post(`/access/requests/${id}/end`).send({ reason: 'Over.' })
    expect(ended.body).toMatchObject({ state: 'ended', steps: [{}, { reason: 'Over.' }] })
    await gate.close()
  })

  test('an outage is 503', async () => {
    const away = () => Promise.reject(new Error('away'))
    const store = { ...createMemoryAccessStore(), ofOwner: away, list: away }
    const { gate, as } = await openSite(framework, { store })
    await as('ann').get('/access').expect(503)
    await as('lee').get('/access/requests').expect(503)
    await as('ann').post('/keys').send({ name: 'CI', environment: 'live' }).expect(503)
    await gate.close()
  })
})

test('a requirement must name scopes, and the gate must have access', () => {
  const gate = createGate<Scope>({ environment: 'live', keys: { prefix: 'acme' }, scopes: SCOPES })
  expect(() => onExpress.accessEndpoints(gate, REQUIREMENT)).toThrow("give 'access' to createGate")
  const access = createAccess({
    store: createMemoryAccessStore(),
    agreements: createMemoryAgreementStore(),
  })
  const own = createGate<Scope>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: SCOPES, access },
  })
  const open = { scopes: [], approverScopes: ['decide:access'] } as const
  expect(() => onExpress.accessEndpoints(own, open)).toThrow(
    "'scopes' must name at least one scope",
  )
})
