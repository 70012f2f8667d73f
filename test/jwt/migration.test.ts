import { expect, test } from '@jest/globals'
import { SignJWT, type JWTPayload } from 'jose'
import { createGate, type IssuerOptions } from 'sallyport'

const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)]
const ISSUER = 'https://api.acme.example'
const now = Math.floor(Date.now() / 1_000)

const users = {
  profile: 'any',
  algorithms: ['HS256'],
  identify: ({ id }) => (typeof id === 'number' ? { ownerId: `user:${String(id)}` } : undefined),
} satisfies Partial<IssuerOptions>

const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: ['user'],
  issuers: [
    { ...users, issuer: ISSUER, audience: ISSUER, maxLifetime: '15m', secret: NEW },
    { ...users, issuer: false, audience: false, maxLifetime: '3650d', secret: OLD },
  ],
  onError: () => undefined,
})

function sign(secret: string, claims: JWTPayload): Promise<string> {
  const header = new SignJWT({ id: 7, ...claims }).setProtectedHeader({ alg: 'HS256' })
  return header.sign(new TextEncoder().encode(secret))
}

const ofNow = { iss: ISSUER, aud: ISSUER, iat: now, exp: now + 900 }

test.each<[string, string, JWTPayload, boolean]>([
  ['an old token, without an end', OLD, { iat: now - 86_400 }, true],
  ['a new one', NEW, ofNow, true],
  ['one of an instance that still signs with the old secret', OLD, { iat: now }, true],
  ['the same, dressed as a new one', OLD, ofNow, false],
  ['an old one, signed with the new secret', NEW, { iat: now - 86_400 }, false],
  ['one without a time', OLD, {}, false],
  ['a new one that lives for longer', NEW, { ...ofNow, exp: now + 901 }, false],
])('beside new tokens, old ones go on: %s', async (_, secret, claims, is) => {
  const decision = await gate.verify(await sign(secret, claims))
  expect(decision.allowed).toBe(is)
  if (decision.allowed) expect(decision.auth.ownerId).toBe('user:7')
})

test("an old token that is too old is told by its iat, as it has no 'exp'", async () => {
  const errors: unknown[] = []
  const clock = { time: Date.now() }
  const old = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['user'] },
    issuers: [{ ...users, issuer: false, audience: false, maxLifetime: '30d', secret: OLD }],
    clock: () => clock.time,
    onError: (error) => errors.push(error),
  })
  const remembered = await sign(OLD, { iat: now })
  expect(await old.verify(remembered)).toMatchObject({ allowed: true })
  clock.time = (now + 30 * 86_400 + 30) * 1_000
  for (const token of [remembered, await sign(OLD, { iat: now, jti: 'another' })]) {
    expect(await old.verify(token)).toMatchObject({
      reason: 'token_expired',
      cause: {
        ...{ check: 'iat', expected: "a time less than 'maxLifetime' ago" },
        got: new Date(now * 1_000).toISOString(),
      },
    })
  }
  expect(String(errors)).toContain("has no 'exp': raise 'maxLifetime' to accept it.")
  const ended = await old.verify(await sign(OLD, { iat: now, exp: now + 900 }))
  // As it stands in the token, without the tolerance for clocks.
  const got = new Date((now + 900) * 1_000).toISOString()
  expect(ended).toMatchObject({ reason: 'token_expired', cause: { check: 'exp', got } })
})
