import type { Server } from 'node:http'
import express, { type RequestHandler } from 'express'
import {
  createGate,
  createMemoryKeyStore,
  type GateOptions,
  type IssuedKey,
  type TokenIdentity,
} from 'sallyport'
import { guard, keyEndpoints, tenantOf, tokenEndpoint } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../../adapters/servers.js'
import { createPair, issuerWith, NOW, signToken } from '../../jwt/issuer.js'
import { ISSUER, SIGNING_KEY } from '../../oauth/http/api.js'
import { failuresInto } from '../../failures.js'

const PAIR = createPair('EdDSA', 'login')
const SCOPES = { 'read:orders': 1, 'manage:keys': 2, 'manage:billing': 3 }
type Scope = keyof typeof SCOPES
type Managing = Parameters<typeof keyEndpoints<Scope>>[1]

/** What a test opens a site with. */
export interface SiteOptions {
  readonly gate?: Partial<GateOptions<Scope>>
  readonly managing?: Partial<Managing>
  /** Whether the owner of a token is its subject, and no claim says it. */
  readonly bySubject?: boolean
  /** Handlers before the key endpoints, such as a body parser. */
  readonly before?: readonly RequestHandler[]
}

const servers: Server[] = []

/** To be called after each test. */
export function closeSites(): void {
  for (const server of servers.splice(0)) server.close()
}

/** An API over HTTP whose keys are managed at `/keys`, by keys and by tokens of an issuer that says of a token what its claim `who` says. */
export async function openSite({
  gate: options,
  managing,
  bySubject,
  before = [],
}: SiteOptions = {}) {
  const identify = ({ who }: Record<string, unknown>) => who as TokenIdentity
  const store = createMemoryKeyStore()
  const errors: unknown[] = []
  const time = { now: NOW * 1_000 }
  const gate = createGate<Scope>({
    environment: ['live', 'test'],
    keys: { prefix: 'acme', store },
    scopes: SCOPES,
    bruteForce: false,
    clock: () => time.now,
    onError: failuresInto(errors),
    trustProxy: ['127.0.0.1'],
    issuers: [issuerWith(PAIR, { environment: 'live', ...(!bySubject && { identify }) })],
    tokens: { issuer: ISSUER, signingKeys: [SIGNING_KEY] },
    ...options,
  })
  const app = express()
    .use('/keys', ...before, keyEndpoints(gate, { scopes: ['manage:keys'], ...managing }))
    .use('/token', tokenEndpoint(gate))
    .use(
      '/parsed-token',
      express.urlencoded({ limit: '10mb', extended: false }),
      tokenEndpoint(gate),
    )
    .get('/t/:tenant', guard(gate, { tenant: { param: 'tenant' } }), (req, res) => {
      res.json(tenantOf(req))
    })
  const { server, port } = await listen(app)
  servers.push(server)
  const base = `http://127.0.0.1:${String(port)}`
  /** Requests with this credential, from this address. */
  const agentOf = (credential: string, address = '203.0.113.1') =>
    request
      .agent(base)
      .auth(credential, { type: 'bearer' })
      .set({ 'x-forwarded-for': address, 'x-forwarded-proto': 'https' })
  const create = (fields: object = {}) =>
    gate.keys.create({
      ...{ name: 'Key', ownerId: 'org_1', environment: 'live' },
      ...{ scopes: ['manage:keys'], ...fields },
    })
  /** A token that the issuer signs. */
  const tokenFor = (who: unknown, claims: object = {}) => signToken({ who, ...claims }, PAIR)
  /** A token that this gate makes from a key. */
  const exchange = async ({ id, secret }: { id: string; secret: string }) => {
    const client = { client_id: id, client_secret: secret }
    const answer = await request(base)
      .post('/token')
      .set({ 'x-forwarded-for': '203.0.113.1', 'x-forwarded-proto': 'https' })
      .type('form')
      .send({ grant_type: 'client_credentials', ...client })
      .expect(200)
    return (answer.body as { access_token: string }).access_token
  }
  return { base, gate, store, errors, time, agentOf, create, tokenFor, exchange }
}

/** A key in the body of an answer. */
export function keyIn({ body }: { readonly body: unknown }): IssuedKey {
  return body as IssuedKey
}

export const MANAGER = { ownerId: 'org_1', scopes: ['manage:keys'] }
