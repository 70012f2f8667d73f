import { MisuseError } from '../core/errors.js'
import { isObject } from '../lib/is-object.js'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { CLIENT_CLAIMS } from '../jwt/claims.js'
import type { FindIssuer, IssuerOptions } from '../jwt/issuer-options.js'
import type { JwkSet } from '../jwt/jwk.js'
import { TENANT } from '../jwt/tenants.js'
import { randomBase62 } from '../lib/base62.js'
import type { Clock } from '../lib/clock.js'
import type { TestClaims } from './types.js'

/** Signs tokens, without a server that publishes its keys. */
export interface TestIssuer {
  /** Its public keys, which also stand in for those of the issuers of the app. */
  readonly keys: JwkSet
  readonly options: IssuerOptions
  /** Its `iss`. */
  readonly name: string
  readonly tokenFor: (claims: TestClaims) => string
}

const NO_CLAIMS = "tokenFor: must be given claims, such as { sub: 'user_1', scope: 'read:orders' }"
const NAME = 'https://issuer.test'
const LIFETIME_S = 3_600
const KEY_ID = 'test'

/** @param issuers Those of the app: it signs for them as well */
export function createTestIssuer(
  issuers: readonly IssuerOptions[] | FindIssuer | undefined,
  clock: Clock,
): TestIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = {
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, use: 'sig', alg: 'ES256' }],
  } as JwkSet
  const own: IssuerOptions = {
    ...{ issuer: NAME, audience: 'https://api.test' },
    ...{ algorithms: ['ES256'], jwks: keys },
  }
  const listed = typeof issuers === 'object' ? issuers : []

  /** As the issuer signs: with its secret, where it has one, and else with the key that stands in for its own. */
  function signatureOf(input: string, { secret, algorithms: [algorithm] }: IssuerOptions): Buffer {
    const [shared] = list(secret)
    if (shared === undefined || algorithm === undefined) {
      return sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    }
    return createHmac(`sha${algorithm.slice(2)}`, shared)
      .update(input)
      .digest()
  }

  return {
    keys,
    options: own,
    name: NAME,
    tokenFor(claims) {
      if (!isObject(claims)) throw new MisuseError('invalid_option', NO_CLAIMS)
      const issuer =
        'iss' in claims ? listed.find((each) => isNamed(each, claims['iss'])) : undefined
      const signer = issuer ?? own
      const alg = signer.secret === undefined ? 'ES256' : signer.algorithms[0]
      const header = { alg, typ: 'at+jwt', ...(alg === 'ES256' && { kid: KEY_ID }) }
      const all = { ...defaultsOf(signer, claims, clock()), ...claims }
      const input = [header, all]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      return `${input}.${signatureOf(input, signer).toString('base64url')}`
    },
  }
}

function isNamed({ issuer, aliases = [] }: IssuerOptions, iss: unknown): boolean {
  if (typeof iss !== 'string') return issuer === false
  if (issuer === iss || aliases.includes(iss)) return true
  const [start = '', end] = issuer === false ? [] : issuer.split(TENANT)
  return end !== undefined && iss.startsWith(start) && iss.endsWith(end)
}

/** A token that this issuer's rules accept, for the client that is given. */
function defaultsOf(options: IssuerOptions, given: TestClaims, now: number) {
  const { issuer, audience, clients, profile, claims = {} } = options
  const [aud] = list(audience)
  const [client = 'client_test'] = typeof clients === 'object' ? clients : []
  const named = CLIENT_CLAIMS.map((name) => given[name]).find((each) => (each ?? null) !== null)
  // `client_id` wins over the others: a default would hide the client that the test names. RFC 9068 requires it.
  const isNamedElsewhere = named !== undefined && profile === 'any'
  const iat = Math.floor(now / 1_000)
  const wanted = Object.entries(claims).filter(([name]) => !name.includes('.'))
  return {
    ...(issuer !== false && { iss: issuer }),
    ...(aud !== false && { aud }),
    ...{ sub: 'user_test', jti: randomBase62(22) },
    ...(!isNamedElsewhere && { client_id: named ?? client }),
    ...{ iat, exp: iat + LIFETIME_S },
    ...Object.fromEntries(wanted.map(([name, value]) => [name, list(value)[0]])),
  }
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}
