import type { Redis } from 'ioredis'
import { createGate, type AuditSink, type KeyStore } from 'sallyport'
import {
  createRedisLimitStore,
  createRedisReplayStore,
  createRedisRevocations,
} from 'sallyport/redis'
import { SIGNING } from '../audit/gates.js'
import { AUDIENCE, createPair, issuerWith, signToken } from '../jwt/issuer.js'
import type { Haystack } from './search.js'
import { strangers } from './site.js'

/** Of everything that the gates here keep in Redis. */
export const PREFIX = `canary-${String(process.pid)}`
const pair = createPair('ES256', 'key-1')
const other = createPair('ES256', 'key-1')
const account = createPair('ES256', 'account-1')

export interface Around {
  readonly haystack: Haystack
  /** Of the server that knows opaque tokens. */
  readonly introspection: string
  readonly store: KeyStore
  readonly sinks: readonly AuditSink[]
  readonly redis: Redis
}

export function openGate(
  { haystack, introspection, store, sinks, redis }: Around,
  onDenied: 'respond' | 'next',
) {
  return createGate({
    environment: ['live', 'test'],
    keys: { prefix: 'acme', store, peppers: ['a pepper that is long enough to be one'] },
    scopes: ['read:patients', 'manage:keys'],
    bruteForce: false,
    requestIdHeader: 'x-request-id',
    trustProxy: ['127.0.0.1/32'],
    plans: { pro: { quota: { limit: 1_000_000, window: '1h' }, concurrency: 1_000 } },
    limits: {
      defaultPlan: 'pro',
      store: createRedisLimitStore(redis, { prefix: `${PREFIX}:limits` }),
    },
    audit: { sink: sinks, key: SIGNING.key, instance: 'api-1' },
    issuers: [issuerWith(pair, { profile: 'any', maxLifetime: '24h' })],
    introspection: {
      ...{ endpoint: introspection, issuer: 'https://opaque.example' },
      ...{ audience: AUDIENCE, clientId: 'api', clientSecret: 'the secret of the API itself' },
      allowPrivateAddresses: true,
    },
    tokens: {
      issuer: AUDIENCE,
      signingKeys: [{ ...pair.privateKey.export({ format: 'jwk' }), kid: 'signer-1' }],
      serviceAccounts: [
        {
          ...{ id: 'svc_importer', ownerId: 'org_7', scopes: ['read:patients'] },
          jwks: { keys: [account.jwk] },
        },
      ],
      replayStore: createRedisReplayStore(redis, { prefix: `${PREFIX}:used` }),
      revocations: createRedisRevocations(redis, { prefix: `${PREFIX}:revoked` }),
    },
    onDenied,
    onError(error) {
      haystack.addValue('onError', error)
      console.error('sallyport:', error)
    },
  })
}

export type AnyGate = ReturnType<typeof openGate>

/** A secret of each kind that there is, and who presents them. */
export async function openSecrets({ keys, tokens }: AnyGate) {
  const key = { name: 'CI', ownerId: 'org_1', environment: 'live', tenantIds: ['clinic_1'] }
  const [admin, issued, ended] = [
    await keys.create({ ...key, scopes: ['read:patients', 'manage:keys'] }),
    await keys.create({ ...key, scopes: ['read:patients'] }),
    await keys.create(key),
  ]
  await keys.revoke(ended.id)
  const legacy = 'legacy/secret+of-another.kind~0123456789'
  await keys.import({ ...key, secret: legacy })
  const now = Math.floor(Date.now() / 1_000)
  const claims = { iat: now, exp: now + 3_600, scope: 'read:patients' }
  const assertion = {
    iss: 'svc_importer',
    sub: 'svc_importer',
    aud: AUDIENCE,
    iat: now,
    exp: now + 60,
  }
  const exchanged = await tokens.exchange(issued.secret)
  if ('reason' in exchanged) throw new Error(String(exchanged.reason))
  const { stranger, mistyped } = strangers('acme')
  return {
    admin,
    issued,
    /** Told by their looks. */
    plain: new Map([
      ['a key', issued.secret],
      ['a key that was revoked', ended.secret],
      ['a key of somebody else', stranger],
      ['a mistyped key', mistyped],
      ['a token', await signToken(claims, pair)],
      ['a token of another key', await signToken(claims, other)],
      ['a token of the gate', exchanged.accessToken],
      ['an assertion', await signToken(assertion, account, { typ: 'JWT' })],
    ]),
    /** Told only by being presented. */
    opaque: new Map([
      ['an imported key', legacy],
      ['an opaque token', 'opaque.known~token_0123456789abcdef'],
      ['an opaque token of nobody', 'opaque.nobody~token_0123456789abc'],
    ]),
  }
}
