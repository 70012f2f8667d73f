import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { dose } from '../dose.js'
import { AUDIENCE, createPair, ISSUER, issuerWith, NOW, openGate, signToken } from './issuer.js'
import { mutation, signedChanges } from './mutations.js'

/** How many tokens are tried; `npm run test:tokens` tries many more. */
const RUNS = Number(process.env['SALLYPORT_TEST_TOKENS'] ?? dose(1_500, 5_000))

const pair = createPair('ES256', 'key-1')
const other = createPair('RS256', 'key-2')
const jwks = { keys: [pair.jwk, other.jwk] }
const algorithms = ['ES256', 'RS256'] as const
const { gate } = openGate([issuerWith(pair, { jwks, algorithms })])

/** What jose says by itself, told all that it can be told. */
function byJoseAlone(token: string): Promise<boolean> {
  const options = {
    ...{ issuer: ISSUER, audience: AUDIENCE, algorithms: [...algorithms], typ: 'at+jwt' },
    ...{ currentDate: new Date(NOW * 1_000), clockTolerance: 30 },
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  }
  return jwtVerify(token, createLocalJWKSet(jwks), options).then(
    () => true,
    () => false,
  )
}

const REASONS = [
  'token_malformed',
  'token_invalid',
  'token_expired',
  'unknown_key',
  'missing_credentials',
]

describe('of tokens that were tampered with, nothing is accepted that jose refuses', () => {
  const seen = { accepted: 0, refused: 0, stricter: 0 }

  /** Whether the gate takes it; it never does where jose does not, and never changes its mind. */
  async function judge(token: string): Promise<boolean> {
    const decision = await gate.verify(token)
    if (!decision.allowed) expect(REASONS).toContain(decision.reason)
    const byJose = await byJoseAlone(token)
    if (decision.allowed) expect(byJose).toBe(true)
    if (byJose && !decision.allowed) seen.stricter += 1
    seen[decision.allowed ? 'accepted' : 'refused'] += 1
    return decision.allowed
  }

  test('by whoever has a token: no other text of it is good', async () => {
    const tokens = [await signToken({}, pair), await signToken({}, other)]
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...tokens), mutations, async (token, changes) => {
        const changed = changes.reduce((text, change) => change(text), token)
        expect(await judge(changed)).toBe(changed === token)
      }),
      { numRuns: RUNS },
    )
  }, 600_000)

  test('by an issuer that signs what it likes', async () => {
    await fc.assert(
      fc.asyncProperty(signedChanges, async ({ header, claims }) => {
        const token = await signToken(claims, pair, header).catch(() => undefined)
        if (token !== undefined) await judge(token)
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    )
  }, 600_000)

  test('and both verdicts were seen, and ours was the stricter one at times', () => {
    expect(seen.accepted).toBeGreaterThan(10)
    expect(seen.refused).toBeGreaterThan(RUNS / 2)
    expect(seen.stricter).toBeGreaterThan(10)
  })
})
