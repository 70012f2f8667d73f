import { describe, expect, test } from '@jest/globals'
import { DeniedError, TokenStoreError } from 'sallyport'
import { createPair } from '../jwt/issuer.js'
import { openIssuer, SIGNER, SIGNING_KEY } from './http/api.js'

const keys = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...SIGNING_KEY, kid: `key-${String(index)}` }))
const WRONG = 'The answer must be a list of 1 to 64 keys.'

async function ask(answer: unknown) {
  const { gate, errors, create } = openIssuer({ issuing: { signingKeys: () => answer as never } })
  const { secret } = await create()
  const made = gate.tokens.exchange(secret).catch((error: unknown) => error)
  return { gate, made: await made, errors }
}

describe('keys to sign with that a function answers', () => {
  test.each<[string, unknown, RegExp | string]>([
    ['nothing', undefined, WRONG],
    ['a text', 'key-1', WRONG],
    ['a list of none', [], WRONG],
    ['what only looks like a list', { length: 1, 0: SIGNING_KEY }, WRONG],
    ['65 keys', keys(65), WRONG],
    ['a public key alone', [SIGNER.jwk], /^The answer .*\.$/],
    ['what is no key', [{ kty: 'odd' }], /^The answer .*\.$/],
  ])('are none where it answers %s: 503, and the app is told', async (_, answer, message) => {
    const { made, errors } = await ask(answer)
    expect(made).toBeInstanceOf(DeniedError)
    expect(made).toMatchObject({ denial: { reason: 'store_unavailable', status: 503 } })
    expect((made as DeniedError).denial.body).toContain(
      'Access tokens cannot be made or verified at the moment. Try again.',
    )
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) {
      expect(error).toBeInstanceOf(TokenStoreError)
      expect(error).toMatchObject({
        message: expect.stringContaining("'tokens.signingKeys' did not say the keys."),
        cause: { message: typeof message === 'string' ? message : expect.stringMatching(message) },
      })
    }
  })

  test('may be 64, of which the first signs', async () => {
    const { gate, made, errors } = await ask(keys(64))
    expect(made).toMatchObject({ tokenType: 'Bearer' })
    const { accessToken } = made as { accessToken: string }
    const [header = ''] = accessToken.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
      ...{ alg: 'ES256', typ: 'at+jwt', kid: 'key-0' },
    })
    expect(await gate.verify(accessToken)).toMatchObject({ allowed: true })
    expect(errors).toEqual([])
  })

  test('have a name where they were given none: that of RFC 7638', async () => {
    const { kid: _, ...unnamed } = createPair('ES256', 'x').privateKey.export({ format: 'jwk' })
    const { made } = await ask([unnamed])
    const [header = ''] = (made as { accessToken: string }).accessToken.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
      kid: expect.stringMatching(/^[\w-]{43}$/),
    })
  })
})
