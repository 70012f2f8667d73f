import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { JWK } from 'jose'
import { readVectors } from '../vectors/read.js'
import { AUDIENCE, CLAIMS, createPair, NOW, openGate, signText } from './issuer.js'

interface Example {
  readonly source: string
  readonly alg?: string
  readonly token?: string
  readonly access_token?: string
  readonly jwk?: JWK
  readonly privateJwk?: JWK
  readonly header?: object
  readonly claims?: Readonly<Record<string, unknown>>
}

const examples = readVectors('rfc-examples/rfc-examples.json') as readonly Example[]
const tokens = examples.flatMap((example) => {
  const text = example.token ?? example.access_token
  return text === undefined ? [] : [[example.source, text, example] as const]
})
const signed = tokens.filter(([, , { jwk }]) => jwk !== undefined)

const ISSUERS = ['joe', 'https://as.example.com', 'https://server.example.com']

/** A gate that trusts the key of the example, for whatever issuer it names. */
function open({ alg = 'ES256', jwk }: Example, algorithm = alg) {
  const common = { audience: AUDIENCE, algorithms: [algorithm as 'ES256'], profile: 'any' } as const
  const keys =
    jwk === undefined
      ? { jwks: { keys: [KEY] } }
      : jwk.kty === 'oct'
        ? { secret: Buffer.from(jwk.k ?? '', 'base64url') }
        : { jwks: { keys: [publicPart(jwk)] } }
  // In the year of the oldest example, so that none of them has ended.
  return openGate(
    ISSUERS.map((issuer) => ({ ...common, ...keys, issuer })),
    { clock: () => 1_300_000_000_000 },
  )
}

const KEY: JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

function publicPart({ kty, crv, x, y, n, e }: JWK): JWK {
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JWK
}

describe('the tokens of the RFCs', () => {
  test('are read', () => {
    expect(examples).toHaveLength(27)
    expect(tokens.length).toBeGreaterThan(18)
    expect(signed.length).toBeGreaterThanOrEqual(5)
  })

  test.each(tokens)('%s is no access token for this API', async (_, text, example) => {
    const algorithm = example.alg === undefined || example.alg === 'none' ? 'ES256' : example.alg
    const { gate } = open(example, algorithm)
    const decision = await gate.verify(text)
    expect(decision).toMatchObject({ allowed: false, status: 401 })
  })

  test.each(signed.filter(([, , { jwk, privateJwk }]) => (privateJwk ?? jwk)?.d ?? jwk?.k))(
    '%s: its key and header are good on one that is',
    async (_, text, example) => {
      const header = JSON.parse(
        Buffer.from(text.split('.')[0] ?? '', 'base64url').toString(),
      ) as object
      const key = example.privateJwk ?? example.jwk
      const privateKey =
        key?.kty === 'oct'
          ? Buffer.from(key.k ?? '', 'base64url')
          : createPrivateKey({ key: { ...key }, format: 'jwk' })
      const claims = { ...CLAIMS, iss: 'joe', iat: 1_300_000_000, exp: 1_300_000_300 }
      const bare = { typ: undefined, kid: undefined, ...header }
      const signer = { alg: example.alg ?? '', kid: '', privateKey }
      const good = await signText(JSON.stringify(claims), signer, bare)
      expect(await open(example).verdict(good)).toBe('allowed')
      const swapped = good.replace(/[^.]*$/, text.split('.')[2] ?? '')
      expect(await open(example).verdict(swapped)).toBe('token_invalid')
    },
  )
})

test('the claims that RFC 9068 shows are those of an access token', async () => {
  const { claims = {}, header = {} } =
    examples.find(({ source }) => source.startsWith('RFC 9068')) ?? {}
  const pair = createPair('RS256', 'key-1')
  const { iss, aud, iat } = claims
  const { verdict } = openGate(
    [
      {
        issuer: String(iss),
        audience: String(aud),
        algorithms: ['RS256'],
        jwks: { keys: [publicPart(pair.jwk)] },
        maxLifetime: '365d',
      },
    ],
    { clock: () => Number(iat ?? NOW) * 1_000 },
  )
  const { typ } = header as { readonly typ: string }
  const token = await signText(JSON.stringify(claims), pair, { typ, kid: undefined })
  expect(await verdict(token)).toBe('allowed')
})
