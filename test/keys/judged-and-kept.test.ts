import { afterEach, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyRecord } from 'sallyport'
import { closeSites, MANAGER, openSite } from './http/site.js'
import { ISSUER, SIGNER, SIGNING_KEY } from '../oauth/http/api.js'
import { createPair, issuerWith, NOW, openGate, signToken } from '../jwt/issuer.js'

afterEach(closeSites)

const END = new Date('2050-01-01T00:00:00Z')
const KEY = { name: 'CI', ownerId: 'org_1' }

/** A gate whose changes wait for the trail before they are made. */
function waiting() {
  const sink = { write: () => new Promise<void>((resolve) => setImmediate(resolve)) }
  return createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    audit: { sink, mode: 'required' },
  })
}

test('a date that is changed while a key is made does not change its end', async () => {
  const gate = waiting()
  const expiresAt = new Date(END)
  const made = gate.keys.create({ ...KEY, expiresAt })
  expiresAt.setTime(Date.now() - 1)
  const { id } = await made
  expect((await gate.keys.get(id))?.expiresAt).toEqual(END)
  const later = new Date(END)
  const changed = gate.keys.update(id, { expiresAt: later })
  later.setUTCFullYear(9_000)
  await changed
  expect((await gate.keys.get(id))?.expiresAt).toEqual(END)
})

test('a list of metadata that is changed after start-up lets callers set no more', async () => {
  const metadata = ['team']
  const { agentOf, create } = await openSite({ managing: { metadata } })
  metadata.push('tier')
  const agent = agentOf((await create(MANAGER)).secret)
  const body = { name: 'Key', environment: 'live' }
  await agent
    .post('/keys')
    .send({ ...body, metadata: { team: 'a' } })
    .expect(201)
  await agent
    .post('/keys')
    .send({ ...body, metadata: { tier: 'gold' } })
    .expect(403)
})

test('a scope that a store answers as a list in the list is no scope: 503', async () => {
  const memory = createMemoryKeyStore()
  const scopes = [['admin']] as unknown as readonly string[]
  const odd = (record: KeyRecord | undefined) => record && { ...record, scopes }
  const store = {
    ...memory,
    findByDigest: async (digest: string) => odd(await memory.findByDigest(digest)),
  }
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['admin'] },
    onError: () => undefined,
  })
  const { secret } = await gate.keys.create(KEY)
  const request = {
    ...{ method: 'GET', url: '/', rawHeaders: ['X-API-Key', secret] },
    peer: { address: '127.0.0.1', encrypted: true },
  }
  expect(await gate.check(request, { scopes: ['admin'] })).toMatchObject({
    reason: 'store_unavailable',
  })
})

/** A list that says another thing at each look. */
function shifting(...looks: readonly (readonly unknown[])[]): never {
  let at = -1
  const target: unknown[] = []
  return new Proxy(target, {
    get(_, name) {
      if (name === Symbol.iterator || name === 'every' || name === 'filter') at += 1
      const list = looks[Math.min(at, looks.length - 1)] ?? []
      const member: unknown = Reflect.get(list, name)
      return typeof member === 'function' ? (member.bind(list) as unknown) : member
    },
  }) as never
}

test("what 'identify' answers is read once", async () => {
  const pair = createPair('ES256', 'key-1')
  let tenantIds = shifting(['own'], ['own'], ['own'], ['of somebody else'])
  const identify = () => ({ ownerId: 'org_1', tenantIds })
  const { gate, verdict } = openGate([issuerWith(pair, { identify })])
  const decision = await gate.verify(await signToken({}, pair))
  expect(decision).toMatchObject({ auth: { tenantIds: ['own'] } })
  tenantIds = new Array<string>(2) as never
  expect(await verdict(await signToken({ jti: '2' }, pair))).toBe('token_invalid')
})

test('a key that is put into the set of a service account after start-up signs for nobody', async () => {
  const stranger = createPair('ES256', 'stranger')
  const jwks = { keys: [{ ...SIGNING_KEY, d: undefined } as object] }
  const account = { id: 'batch', ownerId: 'org_1', scopes: [], jwks } as never
  const { gate } = await openSite({
    gate: { tokens: { issuer: ISSUER, signingKeys: [SIGNING_KEY], serviceAccounts: [account] } },
  })
  jwks.keys.push({
    ...stranger.privateKey.export({ format: 'jwk' }),
    ...{ kid: stranger.kid, d: undefined },
  })
  const assertionBy = (pair: typeof stranger, jti: string) =>
    signToken({ iss: 'batch', sub: 'batch', aud: ISSUER, jti, iat: NOW, exp: NOW + 60 }, pair, {
      typ: 'JWT',
    })
  const ask = async (assertion: string) => {
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
    const { status } = await gate.endpoints.token()({
      ...{ target: '', parsed: form, stream: [] as never },
      request: {
        ...{ method: 'POST', url: '/token', rawHeaders: [] },
        peer: { encrypted: true, address: '203.0.113.1' },
      },
    })
    return status
  }
  expect(await ask(await assertionBy(SIGNER, '1'))).toBe(200)
  expect(await ask(await assertionBy(stranger, '2'))).toBe(400)
})
