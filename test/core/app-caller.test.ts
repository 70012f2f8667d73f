import { describe, expect, test } from '@jest/globals'
import { createGate, type AppCaller, type GateOptions } from 'sallyport'
import { failuresInto } from '../failures.js'

const ORG = { ownerId: 'org_1' }
const MOST = 'o'.repeat(1_024)

/** What becomes of a request whose caller is what the app says. */
async function ask(said: unknown, options: Partial<GateOptions<'read:orders'>> = {}) {
  const errors: unknown[] = []
  const gate = createGate({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: ['read:orders'] },
    plans: { free: { quota: 'unlimited' }, pro: { quota: 'unlimited' } },
    limits: { defaultPlan: 'free' },
    onError: failuresInto(errors),
    ...options,
  })
  const request = {
    ...{ method: 'GET', url: '/orders', rawHeaders: [] },
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
  }
  const decision = await gate.check(request, { otherwise: () => said as AppCaller<'read:orders'> })
  const auth = decision.allowed ? decision.auth : undefined
  return { decision, auth, errors }
}

describe('a caller of the app is', () => {
  test('who the app says, and has what it says alone', async () => {
    const { auth } = await ask(ORG)
    expect({ ...auth }).toStrictEqual({
      ...{ kind: 'app', ownerId: 'org_1', environment: 'live', scopes: [], plan: 'free' },
      ...{ tenantIds: [], metadata: {} },
    })
  })

  test('all that the app says, as it was then', async () => {
    const said = {
      ...{ ...ORG, subject: 'ann', name: 'Ann Lee', environment: 'test', plan: 'pro' },
      ...{ environments: ['test'], scopes: ['read:orders', 'unknown'], tenantIds: ['t'] },
      ...{ resources: ['records/*'], metadata: { seats: { count: 3 } } },
    }
    const { auth } = await ask(said)
    said.metadata.seats.count = 4
    said.tenantIds.push('u')
    expect({ ...auth }).toStrictEqual({
      ...{ kind: 'app', ownerId: 'org_1', subject: 'ann', name: 'Ann Lee', environment: 'test' },
      ...{ environments: ['test'], scopes: ['read:orders'], plan: 'pro', tenantIds: ['t'] },
      ...{ resources: ['records/*'], metadata: { seats: { count: 3 } } },
    })
    const { metadata = {}, scopes = [] } = auth ?? {}
    expect(() => Object.assign(metadata['seats'] as object, { count: 5 })).toThrow(TypeError)
    expect(() => Object.assign(scopes, ['write:orders'])).toThrow(TypeError)
    expect(() => Object.assign(auth ?? {}, { ownerId: 'org_2' })).toThrow(TypeError)
  })

  test('without a plan, where there is none for all', async () => {
    const { auth } = await ask(ORG, { plans: undefined as never, limits: undefined as never })
    expect(auth).not.toHaveProperty('plan')
    expect(auth).toMatchObject({ ownerId: 'org_1' })
  })

  test.each<[string, object, string, string[] | undefined]>([
    ['the first of the gate', {}, 'live', undefined],
    ['that which it says', { environment: 'test' }, 'test', undefined],
    ['the only one that it manages', { environments: ['test'] }, 'test', ['test']],
    [
      'the first of the gate among several',
      { environments: ['test', 'live'] },
      'live',
      ['test', 'live'],
    ],
    ['another than it manages', { environment: 'test', environments: ['live'] }, 'test', ['live']],
  ])('of an environment: %s', async (_, more, environment, environments) => {
    const { auth } = await ask({ ...ORG, ...more })
    expect(auth).toMatchObject({ environment })
    expect(auth && 'environments' in auth ? auth.environments : undefined).toEqual(environments)
  })

  test.each([MOST, 'org 1', 'ä'])('of an owner and a subject such as %.9s', async (name) => {
    const { auth } = await ask({ ownerId: name, subject: name })
    expect(auth).toMatchObject({ ownerId: name, subject: name })
  })
})

const IDS = "'ownerId' and 'subject' must have 1 to 1,024 characters, and each "
const ENVIRONMENTS = "'environment' and 'environments' must be of live, test."
const PLAN = "'plan' must be the name of a plan."

describe('what is no caller is an outage, and the app is told why:', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'org_1', 'it is no object.'],
    ['nothing', null, 'it is no object.'],
    ['a list', [ORG], 'it is no object.'],
    ['a name that is not known', { ...ORG, tenantId: 't' }, "'tenantId' is not known."],
    ['no owner', {}, IDS],
    ['an owner without a character', { ownerId: '' }, IDS],
    ['an owner of 1,025', { ownerId: `${MOST}o` }, IDS],
    ['an owner with white space around', { ownerId: 'org_1 ' }, IDS],
    ['a subject without a character', { ...ORG, subject: '' }, IDS],
    ['a subject that is no text', { ...ORG, subject: 1 }, IDS],
    ['a plan that is no text', { ...ORG, plan: 1 }, PLAN],
    ['a plan that cannot be', { ...ORG, plan: '1st' }, PLAN],
    ['metadata that are a list', { ...ORG, metadata: [] }, "'metadata' must be an object."],
    ['metadata that are none', { ...ORG, metadata: null }, "'metadata' must be an object."],
    ['scopes that are a text', { ...ORG, scopes: 'x' }, "'scopes' must be a list of texts."],
    ['a scope that is no text', { ...ORG, scopes: [1] }, "'scopes' must be a list of texts."],
    [
      'a tenant that cannot be',
      { ...ORG, tenantIds: [''] },
      "'tenantIds' must be a list of texts.",
    ],
    ['tenants that are none', { ...ORG, tenantIds: 't' }, "'tenantIds' must be a list of texts."],
    [
      'a resource that is none',
      { ...ORG, resources: ['x'] },
      "'resources' must be a list of texts.",
    ],
    [
      'environments that are a text',
      { ...ORG, environments: 'live' },
      "'environments' must be a list of texts.",
    ],
    ['no environment', { ...ORG, environments: [] }, ENVIRONMENTS],
    ['another environment', { ...ORG, environment: 'prod' }, ENVIRONMENTS],
    [
      'another one among those that it manages',
      { ...ORG, environments: ['live', 'prod'] },
      ENVIRONMENTS,
    ],
  ])('%s', async (_, said, problem) => {
    const { decision, errors } = await ask(said)
    expect(decision).toMatchObject({ reason: 'caller_unavailable', status: 503 })
    const start = "'otherwise' must return undefined, or a caller such as { ownerId: 'org_1' }: "
    expect(errors).toMatchObject([
      { name: 'TypeError', message: expect.stringContaining(start + problem), cause: {} },
    ])
  })

  test('what cannot be read', async () => {
    const said = new Proxy(ORG, {
      ownKeys() {
        throw new Error('away')
      },
    })
    const { errors } = await ask(said)
    expect(errors).toMatchObject([{ message: expect.stringMatching(/: away\.$/) }])
  })
})

test('an app that does not answer is an outage after 250 ms', async () => {
  const { decision, errors } = await ask(new Promise(() => undefined))
  expect(decision).toMatchObject({ reason: 'caller_unavailable' })
  expect(errors).toMatchObject([{ message: "'otherwise' did not answer within 250 ms." }])
})

test('an app may be asked as often as one likes, one after the other', async () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  const request = {
    ...{ method: 'GET', url: '/orders', rawHeaders: [] },
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
  }
  for (let count = 0; count < 300; count++) {
    const decision = await gate.check(request, { otherwise: () => Promise.resolve(ORG) })
    expect(decision).toMatchObject({ allowed: true })
  }
})
