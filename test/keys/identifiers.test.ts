import { afterEach, describe, expect, test } from '@jest/globals'
import { MisuseError, queryTrail, type Gate } from 'sallyport'
import { closeSites, keyIn, openSite } from './http/site.js'
import { openIssuer, SIGNING_KEY } from '../oauth/http/api.js'

afterEach(closeSites)

/** Blank, no-break space, em space, byte order mark, newline, tab, NUL, half of a surrogate pair: after the text, or before it. */
const AROUND = [' ', '\u00a0', '\u2003', '\ufeff', '\n', '\t', '\0', '\ud800']
const SPELLINGS = AROUND.flatMap((character) => [`acme${character}`, `${character}acme`])

type Keys = Gate['keys']
const NEW = { name: 'Key', environment: 'live' }
const CALLS: readonly (readonly [string, (keys: Keys, text: string) => unknown])[] = [
  ['create: ownerId', (keys, ownerId) => keys.create({ ...NEW, ownerId })],
  ['create: tenantIds', (keys, id) => keys.create({ ...NEW, ownerId: 'o', tenantIds: ['t', id] })],
  ['create: scopes', (keys, id) => keys.create({ ...NEW, ownerId: 'o', scopes: [id] })],
  [
    'create: environment',
    (keys, environment) => keys.create({ ...NEW, ownerId: 'o', environment }),
  ],
  [
    'create: resources',
    (keys, id) => keys.create({ ...NEW, ownerId: 'o', resources: [`a/${id}`] }),
  ],
  ['create: plan', (keys, plan) => keys.create({ ...NEW, ownerId: 'o', plan })],
  ['import', (keys, ownerId) => keys.import({ ...NEW, ownerId, secret: 'old-secret-1' })],
  ['list: ownerId', (keys, ownerId) => keys.list({ ownerId })],
  ['list: environment', (keys, environment) => keys.list({ environment })],
  ['due: ownerId', (keys, ownerId) => keys.due({ ownerId })],
  ['due: environment', (keys, environment) => keys.due({ environment })],
  ['revokeAll: ownerId', (keys, ownerId) => keys.revokeAll({ ownerId })],
  ['revokeAll: environment', (keys, environment) => keys.revokeAll({ ownerId: 'o', environment })],
  ['usage', (keys, id) => keys.usage(id)],
]

describe.each(CALLS)(
  'gate.keys refuses white space and control characters around an id: %s',
  (_, call) => {
    test.each(SPELLINGS.map((text) => [JSON.stringify(text), text] as const))(
      '%s',
      async (_, text) => {
        const { gate, store } = await openSite()
        await expect(Promise.resolve().then(() => call(gate.keys, text))).rejects.toThrow(
          MisuseError,
        )
        expect((await store.list({})).items).toEqual([])
      },
    )
  },
)

test('update refuses a tenant with white space around it, and the key stays as it was', async () => {
  const { gate, create } = await openSite()
  const { id } = await create({ tenantIds: ['t'] })
  for (const text of SPELLINGS) {
    await expect(gate.keys.update(id, { tenantIds: [text] })).rejects.toThrow(MisuseError)
  }
  expect(await gate.keys.get(id)).toMatchObject({ tenantIds: ['t'] })
})

test('a name is for people: white space around it is cut', async () => {
  const { create } = await openSite()
  expect(await create({ name: ' CI \ufeff' })).toMatchObject({ name: 'CI' })
})

test.each(['ownerId', 'tenantId', 'keyId'] as const)(
  'a query of the audit trail refuses such a text for %s',
  async (member) => {
    const nothing = { lines: () => [] }
    for (const text of SPELLINGS) {
      const found = queryTrail(nothing as never, { [member]: text })
      await expect(found).rejects.toThrow(MisuseError)
    }
  },
)

describe('a token whose owner or tenant has white space around it', () => {
  test.each(SPELLINGS.map((text) => [JSON.stringify(text), text] as const))(
    'is refused, and onError is told: %s',
    async (_, text) => {
      const { errors, store, tokenFor, agentOf } = await openSite()
      const scopes = ['manage:keys']
      for (const who of [
        { ownerId: text, scopes },
        { ownerId: 'mallory', tenantIds: [text], scopes },
      ]) {
        errors.length = 0
        const agent = agentOf(await tokenFor(who))
        const body = { name: 'New', tenantIds: who.tenantIds ?? [] }
        const { status } = await agent.post('/keys').send(body)
        expect(status).toBe(401)
        expect(errors).toEqual([
          expect.objectContaining({ message: expect.stringMatching(/white space/) }),
        ])
      }
      expect((await store.list({})).items).toEqual([])
    },
  )

  test('is refused as well where its owner is its subject', async () => {
    const { gate, tokenFor, errors } = await openSite({ bySubject: true })
    expect(await gate.verify(await tokenFor({}, { sub: 'alice' }))).toMatchObject({ allowed: true })
    const denied = await gate.verify(await tokenFor({}, { sub: 'alice ' }))
    expect(denied).toMatchObject({ reason: 'token_invalid' })
    expect(errors).toHaveLength(1)
  })
})

test('a manager hands out no tenant whose spelling differs from its own', async () => {
  const { create, agentOf, store } = await openSite()
  const manager = await create({ tenantIds: ['clinic_1'] })
  const { id } = keyIn(await agentOf(manager.secret).post('/keys').send({ name: 'x' }).expect(201))
  for (const text of ['clinic_1 ', 'clinic_1\u00a0', '\ufeffclinic_1']) {
    const body = { name: 'x', tenantIds: [text] }
    expect((await agentOf(manager.secret).post('/keys').send(body)).status).toBeGreaterThanOrEqual(
      400,
    )
    expect(
      (await agentOf(manager.secret).patch(`/keys/${id}`).send(body)).status,
    ).toBeGreaterThanOrEqual(400)
  }
  expect((await store.list({})).items).toHaveLength(2)
})

test('a service account has an owner and tenants without white space around them', () => {
  const account = { id: 'batch', scopes: [], jwks: { keys: [{ ...SIGNING_KEY, d: undefined }] } }
  for (const wrong of [{ ownerId: 'acme ' }, { ownerId: 'acme', tenantIds: ['\ufeffclinic_1'] }]) {
    const serviceAccounts = [{ ...account, ...wrong }] as never
    expect(() => openIssuer({ issuing: { serviceAccounts } })).toThrow(/white space/)
  }
})
