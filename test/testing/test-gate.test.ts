import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  MisuseError,
  type GateOptions,
  type GateRequest,
} from 'sallyport'
import { guard } from 'sallyport/express'
import { createTestGate } from 'sallyport/testing'
import { FRAMEWORKS, type Scope } from '../adapters/servers.js'
import { programOf } from '../program.js'

const SCOPES: readonly Scope[] = ['read:orders', 'manage:keys']
const OPTIONS: GateOptions<Scope> = {
  environment: ['live', 'sandbox'],
  keys: { prefix: 'acme' },
  scopes: SCOPES,
}
const environment = process.env['NODE_ENV']

beforeEach(() => {
  process.env['NODE_ENV'] = 'test'
})

afterEach(() => {
  jest.restoreAllMocks()
  process.env['NODE_ENV'] = environment
})

/** Over plain HTTP, from somewhere else. */
function requestWith(secret: string): GateRequest {
  return {
    ...{ method: 'GET', url: '/orders', rawHeaders: ['X-API-Key', secret] },
    peer: { address: '203.0.113.7', encrypted: false },
  }
}

describe.each(Object.entries(FRAMEWORKS))('a key of a test on %s', (_, makeApp) => {
  test('is let in with its scopes, and no wrong key before it matters', async () => {
    const gate = createTestGate({ scopes: SCOPES })
    const app = makeApp(gate)
    const get = (secret: string) => request(app).get('/orders').set('X-API-Key', secret)
    await request(app).get('/orders').expect(401)
    for (let n = 0; n < 12; n++) await get(`wrong-key-${String(n)}`).expect(401)
    const { text } = await get(await gate.keyFor('read:orders')).expect(200)
    expect(text).toBe('org_test')
    const lacking = await get(await gate.keyFor()).expect(403)
    expect(lacking.body).toMatchObject({
      code: 'insufficient_scope',
      missingScopes: ['read:orders'],
    })
  })
})

test('neither HTTPS is asked for nor are addresses that send wrong keys kept out', async () => {
  const gate = createTestGate({ scopes: SCOPES })
  const reasons: unknown[] = []
  for (let n = 0; n < 12; n++) {
    const decision = await gate.check(requestWith(`wrong-key-${String(n)}`))
    reasons.push(!decision.allowed && decision.reason)
  }
  expect(reasons).toEqual(Array(12).fill('unknown_key'))
  const secret = await gate.keyFor()
  expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
})

test('a key has what a test gives it, and else what the gate has', async () => {
  const plans = { none: { access: false }, pro: { quota: { limit: 9, window: '1h' } } } as const
  const gate = createTestGate({ ...OPTIONS, plans })
  const authOf = async (secret: string) => {
    const decision = await gate.verify(secret)
    return decision.allowed && decision.auth
  }
  expect(await authOf(await gate.keyFor('read:orders', 'manage:keys'))).toMatchObject({
    ...{ kind: 'key', ownerId: 'org_test', environment: 'live', scopes: SCOPES, plan: 'pro' },
  })
  const own = { ownerId: 'org_1', environment: 'sandbox', tenantIds: ['clinic_1'], limit: 2 }
  expect(await authOf(await gate.keyFor(own))).toMatchObject({ ...own, scopes: [] })
  await expect(gate.keyFor('read:order' as Scope)).rejects.toThrow(MisuseError)
})

test('stores of the app are left alone', async () => {
  const untouchable = <T extends object>(store: T) =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        return () => {
          throw new Error(`A store of the app was asked for ${String(name)}.`)
        }
      },
    })
  const gate = createTestGate({
    ...OPTIONS,
    keys: { prefix: 'acme', store: untouchable(createMemoryKeyStore()) },
    plans: { pro: { quota: { limit: 9, window: '1h' } } },
    limits: { store: untouchable(createMemoryLimitStore()), defaultPlan: 'pro' },
    onError: (error) => {
      throw error
    },
  })
  expect(await gate.verify(await gate.keyFor())).toMatchObject({ allowed: true })
})

test('rejections are not logged, failures are, and neither warns', async () => {
  const logged = jest.spyOn(console, 'error').mockReturnValue()
  const warned = jest.spyOn(process, 'emitWarning').mockReturnValue()
  const gate = createTestGate({
    scopes: SCOPES,
    plans: { pro: { credits: { amount: 9 } } },
    issuers: [
      {
        ...{ issuer: 'http://localhost:4000', audience: 'api', algorithms: ['RS256'] },
        jwksUri: 'http://localhost:4000/keys',
      },
    ],
    policies: [
      () => {
        throw new Error('broken')
      },
    ],
  })
  const app = FRAMEWORKS['Express 5'](gate)
  await request(app).get('/orders').set('X-API-Key', 'wrong').expect(401)
  expect(logged).not.toHaveBeenCalled()
  await request(app)
    .get('/orders')
    .set(gate.signInAs({ scopes: ['read:orders'] }))
    .expect(503)
  expect(logged).toHaveBeenCalledTimes(1)
  expect(warned).not.toHaveBeenCalled()
})

test('the last denial has the reason that the response does not have', async () => {
  const gate = createTestGate({ scopes: SCOPES })
  expect(gate.lastDenial).toBeUndefined()
  const app = FRAMEWORKS['Express 5'](gate)
  const get = (secret: string) => request(app).get('/orders').set('X-API-Key', secret)
  const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.keys.update(id, { disabled: true })
  await get(secret).expect(401)
  expect(gate.lastDenial?.reason).toBe('key_disabled')
  await gate.keys.revoke(id)
  const answer = await get(secret).expect(401)
  expect(answer.body).toMatchObject({ code: 'invalid_credentials' })
  expect(gate.lastDenial).toMatchObject({ reason: 'key_revoked', code: 'invalid_credentials' })
  const expiresAt = new Date(gate.clock() + 1_000)
  const short = await gate.keyFor({ scopes: ['read:orders'], expiresAt })
  gate.advance('1s')
  await get(short).expect(401)
  expect(gate.lastDenial?.reason).toBe('key_expired')
  // What is let in changes nothing.
  await get(await gate.keyFor('read:orders')).expect(200)
  expect(gate.lastDenial?.reason).toBe('key_expired')
})

test('the last denial is there beside an audit log as well', async () => {
  const gate = createTestGate({ scopes: SCOPES, audit: { sink: { write: () => undefined } } })
  await gate.verify('acme_live_sk_none')
  expect(gate.lastDenial?.status).toBe(401)
})

test('a parameter that the route does not have is logged, as a mistake of the app', async () => {
  const logged = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const gate = createTestGate({ scopes: SCOPES })
  const app = express().get(
    '/t/:tenant',
    guard(gate, { tenant: { param: 'tennant' } }),
    (_req, res) => void res.end(),
  )
  const key = await gate.keyFor({ tenantIds: ['t1'] })
  await request(app).get('/t/t1').set('X-API-Key', key).expect(403)
  await request(app).get('/t/t1').set('X-API-Key', key).expect(403)
  expect(logged.mock.calls).toEqual([
    [
      'sallyport:',
      "A request was rejected with tenant_mismatch: tenant is nothing; expected a text in the parameter 'tennant' of the route. The route has 'tenant'.",
    ],
  ])
})

test('the clock follows Date.now, and can be moved', async () => {
  const gate = createTestGate({ scopes: SCOPES, plans: { pro: { quota: QUOTA } } })
  expect(Math.abs(gate.clock() - Date.now())).toBeLessThan(5_000)
  const secret = await gate.keyFor({ expiresAt: new Date(gate.clock() + 7_200_000) })
  const reasonOf = async () => {
    const decision = await gate.verify(secret)
    return decision.allowed ? undefined : decision.reason
  }
  expect(await reasonOf()).toBeUndefined()
  expect(await reasonOf()).toBe('quota_exceeded')
  gate.advance('61m')
  expect(await reasonOf()).toBeUndefined()
  gate.advance('1h')
  expect(await reasonOf()).toBe('key_expired')
  expect(() => {
    gate.advance('soon' as never)
  }).toThrow(MisuseError)
})

const QUOTA = { limit: 1, window: '1h' } as const

function messageOf(mistake: () => unknown): string {
  try {
    mistake()
  } catch (error) {
    return error instanceof MisuseError ? error.message : String(error)
  }
  return 'accepted'
}

describe('the audit log', () => {
  const touching = { phi: { resource: 'Patient', action: 'read' } } as const

  test.each([touching, { audit: 'required' } as const])(
    'is missed by a gate for tests as by that of production: %j',
    (requirement) => {
      const messages = [createTestGate(OPTIONS), createGate(OPTIONS)].map((gate) =>
        messageOf(() => gate.requirement(requirement)),
      )
      expect(messages[0]).toMatch(/needs an audit trail; give 'audit' to createGate/)
      expect(messages[1]).toBe(messages[0])
    },
  )

  test('is missed by a handler that tells of health information, too', async () => {
    const gate = createTestGate(OPTIONS)
    const decision = await gate.check(requestWith(await gate.keyFor()))
    const { audit } = decision as typeof decision & { allowed: true }
    expect(() => audit.phi({ resource: 'Patient', action: 'read' })).toThrow(/no audit trail/)
    await gate.audit.flush()
    await expect(gate.audit.query()).rejects.toThrow(/there is no audit trail/)
  })

  test('is not needed where all health information is made up', async () => {
    const phi = { live: 'synthetic', sandbox: 'synthetic' } as const
    const gate = createTestGate({ ...OPTIONS, phi })
    const decision = await gate.check(requestWith(await gate.keyFor()), touching)
    const { audit } = decision as typeof decision & { allowed: true }
    expect(audit.phi({ resource: 'Patient', action: 'read' })).toBeUndefined()
  })

  test('goes to the sinks that a test gives', async () => {
    const lines: string[] = []
    const sink = {
      write: (some: readonly { readonly line: string }[]) => {
        lines.push(...some.map(({ line }) => line))
      },
    }
    const gate = createTestGate({ scopes: SCOPES, audit: { sink } })
    await gate.check(requestWith(await gate.keyFor()))
    await gate.close()
    expect(lines.join()).toContain('org_test')
  })
})

describe('what clients see is what the same gate has in production', () => {
  test('where there are no credentials', async () => {
    const bodies = [createTestGate(OPTIONS), createGate(OPTIONS)].map(async (gate) => {
      const answer = await request(FRAMEWORKS['Express 5'](gate)).get('/orders')
      const { detail } = answer.body as Record<string, unknown>
      return [answer.status, answer.headers['www-authenticate'], detail]
    })
    const [inTests, real] = await Promise.all(bodies)
    expect(inTests).toEqual(real)
  })
})

describe('with NODE_ENV=production', () => {
  test('there is no gate for tests', () => {
    process.env['NODE_ENV'] = 'production'
    expect(() => createTestGate({ scopes: SCOPES })).toThrow(/NODE_ENV=production/)
  })

  test('one that is there already is as strict as any other', async () => {
    const gate = createTestGate({ scopes: SCOPES })
    const headers = gate.signInAs({ scopes: ['read:orders'] })
    gate.rejectNext('store_unavailable')
    process.env['NODE_ENV'] = 'production'
    expect(() => gate.signInAs({})).toThrow(/NODE_ENV=production/)
    expect(() => gate.tokenFor()).toThrow(/NODE_ENV=production/)
    expect(() => {
      gate.rejectNext('unknown_key')
    }).toThrow(/NODE_ENV=production/)
    await expect(gate.keyFor()).rejects.toThrow(/NODE_ENV=production/)
    await expect(gate.signIn({}, {})).rejects.toThrow(/NODE_ENV=production/)
    const request = { ...requestWith(''), rawHeaders: Object.entries(headers).flat() }
    expect(await gate.check(request)).toMatchObject({ reason: 'https_required' })
    const peer = { address: '203.0.113.7', encrypted: true }
    expect(await gate.check({ ...request, peer })).toMatchObject({ reason: 'missing_credentials' })
    const [credential = ''] = Object.values(headers)
    expect(await gate.verify(credential)).toMatchObject({ reason: 'unknown_key' })
  })
})

test.each([
  [undefined, /createTestGate: must be given the options of your gate/],
  [{ scopes: SCOPES, issuers: 'https://login.example.com' }, /'issuers' must be a list of issuers/],
  [{ scopes: SCOPES, issuers: [null] }, /createGate: 'issuers/],
  [{ scopes: SCOPES, trustProxi: [] }, /did you mean 'trustProxy'\?/],
])('wrong options are told: %j', (options, message) => {
  expect(() => createTestGate(options as never)).toThrow(message)
})

test('nothing keeps the process alive', async () => {
  const program = programOf('test/testing/unclosed.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 25_000 })
  expect(stdout).toBe('200 200 200 503\n')
})
