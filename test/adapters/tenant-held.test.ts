import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, type CreateKeyInput, type GateOptions, type OwnAuditEvent } from 'sallyport'
import { auditEndpoints, guard, keyEndpoints } from 'sallyport/express'
import { createAuditFiles } from 'sallyport/file'
import request from 'supertest'
import { createPair, issuerWith, NOW, signToken } from '../jwt/issuer.js'
import { SIGNING_KEY } from '../oauth/http/api.js'
import { listen } from './servers.js'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

const READ = ['read', 'read:audit', 'manage:keys']

/** An API of two clinics whose organization reads its audit log; clinic_2 was read once. */
async function open(options: Partial<GateOptions> = {}) {
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: READ,
    audit: { sink: createAuditFiles(mkdtempSync(join(tmpdir(), 'sallyport-tenants-'))) },
    tokens: { issuer: 'https://api.example.com', signingKeys: [SIGNING_KEY] },
    clock: () => NOW * 1_000,
    onError: () => undefined,
    ...options,
  })
  const app = express()
    .use('/audit', auditEndpoints(gate, { scopes: ['read:audit'] }))
    .use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
  app.get(
    '/clinics/:clinic/patients/:id',
    guard(gate, { scopes: ['read'], tenant: { param: 'clinic' } }),
    (_req, res) => void res.end('patient'),
  )
  const { server } = await listen(app)
  opened.push(async () => {
    server.close()
    await gate.close()
  })
  const create = (more: Partial<CreateKeyInput>) =>
    gate.keys.create({ name: 'A', ownerId: 'org_1', scopes: READ, ...more })
  const as = (secret: string) => request.agent(server).auth(secret, { type: 'bearer' })
  /** The paths below a clinic that it reads of. */
  const readBy = async (secret: string) => {
    const answer = await as(secret).get('/audit').query({ kind: 'access' }).expect(200)
    const { records } = answer.body as { readonly records: readonly OwnAuditEvent[] }
    const paths = records.map((event) => (event.kind === 'access' ? (event.path ?? '') : ''))
    return paths.filter((path) => path.startsWith('/clinics'))
  }
  const nurse = await create({ tenantIds: ['clinic_2'] })
  await as(nurse.secret).get('/clinics/clinic_2/patients/anna').expect(200)
  await gate.audit.flush()
  return { gate, create, as, readBy, nurse }
}

const ANNA = '/clinics/clinic_2/patients/anna'

describe('a manager of one clinic', () => {
  test.each([
    ['an empty list', { tenantIds: [] }],
    ['a tenant of somebody else', { tenantIds: ['clinic_1', 'clinic_2'] }],
  ])('makes no key with %s of tenants', async (_, tenants) => {
    const { create, as } = await open()
    const manager = as((await create({ tenantIds: ['clinic_1'] })).secret)
    const refused = await manager.post('/keys').send({ name: 'x', ...tenants })
    expect(refused.status).toBe(403)
    expect(refused.body).toMatchObject({ code: 'tenant_mismatch' })
    const made = await manager.post('/keys').send({ name: 'x', scopes: ['read:audit'] })
    expect(made.body).toMatchObject({ tenantIds: ['clinic_1'] })
  })

  test.each([[[]], [null], [['clinic_2']]])(
    'does not give %j to its own key',
    async (tenantIds) => {
      const { gate, create, as, readBy } = await open()
      const { id, secret } = await create({ tenantIds: ['clinic_1'] })
      await as(secret).patch(`/keys/${id}`).send({ tenantIds }).expect(403)
      expect(await gate.keys.get(id)).toMatchObject({ tenantIds: ['clinic_1'] })
      expect(await readBy(secret)).toEqual([])
    },
  )

  test.each([[undefined], [[]], [['clinic_2']]])(
    'neither rotates nor renames a key with tenants %j, and ends it all the same',
    async (tenantIds) => {
      const { create, as } = await open()
      const manager = as((await create({ tenantIds: ['clinic_1'] })).secret)
      const { id } = await create({ ...(tenantIds && { tenantIds }) })
      await manager.post(`/keys/${id}/rotate`).send({}).expect(403)
      await manager.patch(`/keys/${id}`).send({ name: 'y' }).expect(403)
      await manager.delete(`/keys/${id}`).expect(204)
    },
  )
})

describe('an empty list of tenants is not an absent one:', () => {
  test('a key without a list reads of all, one with an empty list of none', async () => {
    const { gate, create, as, readBy } = await open()
    const whole = await create({})
    const none = await create({ tenantIds: [] })
    expect(await readBy(whole.secret)).toEqual([ANNA])
    expect(await readBy(none.secret)).toEqual([])
    // What it makes without a word of tenants has an empty list as well.
    const made = await as(none.secret)
      .post('/keys')
      .send({ name: 'x', scopes: ['read:audit'] })
    expect(made.body).toMatchObject({ tenantIds: [] })
    expect(await readBy((made.body as { secret: string }).secret)).toEqual([])
    await as(none.secret).post(`/keys/${whole.id}/rotate`).send({}).expect(403)
    await as(whole.secret).patch(`/keys/${none.id}`).send({ tenantIds: null }).expect(200)
    expect(await gate.keys.get(none.id)).not.toHaveProperty('tenantIds')
    expect(await readBy(none.secret)).toEqual([ANNA])
  })

  test('a person as well', async () => {
    const { gate } = await open()
    const person = { subject: 'ann', ownerId: 'org_1', scopes: READ }
    const count = async (more: object) =>
      (await gate.as({ ...person, ...more }).audit.query({ kind: 'access' })).items.length
    expect([await count({}), await count({ tenantIds: [] })]).toEqual([1, 0])
  })

  test.each([
    [undefined, [ANNA]],
    [[], []],
    [['clinic_1'], []],
    [['clinic_2'], [ANNA]],
  ])('a token of another issuer with %j reads of %j', async (tenantIds, paths) => {
    const pair = createPair('ES256', 'key-1')
    const identify = () => ({ ownerId: 'org_1', ...(tenantIds && { tenantIds }) })
    const { readBy } = await open({ issuers: [issuerWith(pair, { identify })] })
    expect(await readBy(await signToken({ scope: 'read:audit' }, pair))).toEqual(paths)
  })
})

describe('a token of a key', () => {
  test.each([
    [undefined, ['clinic_1']],
    [['clinic_1'], ['clinic_3']],
    [['clinic_1'], null],
    [['clinic_1'], []],
    [[], ['clinic_1']],
    [[], null],
  ])('made with tenants %j reads of none when the key has %j by then', async (before, after) => {
    const { gate, create, readBy } = await open()
    const key = await create({ ...(before && { tenantIds: before }) })
    const { accessToken } = await gate.tokens.exchange(key.secret)
    await gate.keys.update(key.id, { tenantIds: after })
    expect(await readBy(accessToken)).toEqual([])
  })

  test('without a list reads what the key reads', async () => {
    const { gate, create, readBy } = await open()
    const { accessToken } = await gate.tokens.exchange((await create({})).secret)
    expect(await readBy(accessToken)).toEqual([ANNA])
  })
})

test('what is refused before its tenant is checked is read by those of the tenant alone', async () => {
  const { gate, create, as, readBy } = await open({
    plans: { small: { quota: { limit: 1, window: '1h' } }, big: { quota: 'unlimited' } },
    limits: { defaultPlan: 'big', by: 'key' },
  })
  const tenantIds = ['clinic_2']
  const path = (name: string) => `/clinics/clinic_2/patients/${name}`
  const spent = await create({ tenantIds, plan: 'small' })
  const elsewhere = await create({ tenantIds, allowedIps: ['203.0.113.1'] })
  const [revoked, expired] = [await create({ tenantIds }), await create({ tenantIds })]
  await gate.keys.revoke(revoked.id)
  await gate.keys.update(expired.id, { expiresAt: new Date(NOW * 1_000) })
  await as(spent.secret).get(path('bert')).expect(200)
  for (const [name, { secret }, status] of [
    ['spent', spent, 429],
    ['elsewhere', elsewhere, 403],
    ['revoked', revoked, 401],
    ['expired', expired, 401],
  ] as const) {
    await as(secret).get(path(name)).expect(status)
  }
  // Refused where no tenant is asked for: whom it was meant for cannot be known.
  await as((await create({ scopes: [] })).secret)
    .get('/audit')
    .expect(403)
  await gate.audit.flush()
  const reader = await create({ tenantIds: ['clinic_1'] })
  expect(await readBy(reader.secret)).toEqual([])
  const own = await create({ tenantIds })
  const names = ['anna', 'bert', 'elsewhere', 'expired', 'revoked', 'spent']
  expect((await readBy(own.secret)).sort()).toEqual(names.map(path))
  const denied = await as(own.secret).get('/audit?outcome=denied').expect(200)
  expect((denied.body as { records: unknown[] }).records).toHaveLength(4)
})
