import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, type IssuerOptions } from 'sallyport'
import { createPair, issuerWith, NOW, signToken } from '../jwt/issuer.js'

const PAIR = createPair('ES256', 'k1')
const A = 'https://a.example/'
const B = 'https://b.example/'
const environment = process.env['NODE_ENV']

let warned: string[] = []
beforeEach(() => {
  warned = []
  jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    expect(options).toEqual({ code: 'SALLYPORT_UNKNOWN_SCOPE' })
    warned.push(String(message))
  })
})
afterEach(() => {
  process.env['NODE_ENV'] = environment
  jest.restoreAllMocks()
})

function open(options: Partial<IssuerOptions> = {}) {
  const told: unknown[] = []
  const gate = createGate<string>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders', 'admin'] },
    issuers: [
      issuerWith(PAIR, { issuer: A, ...options }),
      issuerWith(PAIR, { issuer: B, ...options }),
    ],
    clock: () => NOW * 1_000,
    onError: (error) => told.push(error),
  })
  let id = 0
  const present = async (claims: object = {}) => {
    const token = await signToken({ iss: A, jti: `j${String(++id)}`, ...claims }, PAIR)
    const decision = await gate.verify(token)
    expect(told).toEqual([])
    return decision.allowed ? decision.auth.scopes : decision.reason
  }
  return { gate, present }
}

describe('scopes that the gate does not know', () => {
  test('of identify are left out, and told once for each issuer', async () => {
    const { present } = open({ identify: () => ({ scopes: ['read:orders', 'admn'] }) })
    for (const iss of [A, A, B, B]) expect(await present({ iss })).toEqual(['read:orders'])
    expect(warned).toEqual(
      [A, B].map(
        (issuer) =>
          `What 'identify' of the issuer '${issuer}' returns has the scope 'admn', which the gate does not know: it is left out. Did you mean 'admin'?`,
      ),
    )
  })

  test('of tokens are told alike, but for those that are for the issuer', async () => {
    const { present } = open()
    const scope = 'openid profile email address phone offline_access read:orders other:api'
    for (const iss of [A, A, B]) expect(await present({ iss, scope })).toEqual(['read:orders'])
    expect(warned).toEqual([
      `A token of the issuer '${A}' has the scope 'other:api', which the gate does not know: it is left out. Add it to 'scopes', or ignore this.`,
      expect.stringContaining(B),
    ])
  })

  test('of otherwise are told once', async () => {
    const { gate } = open()
    const otherwise = () => ({ ownerId: 'org_1', scopes: ['admin', 'nobody-knows'] })
    const request = {
      ...{ method: 'GET', url: '/', rawHeaders: [] },
      peer: { address: '203.0.113.9', encrypted: true },
    }
    for (let time = 0; time < 3; time++) {
      const decision = await gate.check(request, { otherwise })
      expect(decision).toMatchObject({ allowed: true, auth: { scopes: ['admin'] } })
    }
    expect(warned).toEqual([
      expect.stringMatching(/^A caller of 'otherwise' has the scope 'nobody-knows', /),
    ])
  })

  test('are told 100 times at most, each cut, escaped and without secrets', async () => {
    const { present } = open()
    const { gate } = open()
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const late = `${'y'.repeat(110)}.${secret}`
    await present({ scope: `\u001b[31m ${secret} ${'x'.repeat(900)} ${late}` })
    expect(warned).toHaveLength(4)
    expect(warned.join('')).toMatch(/^[ -~]+$/)
    expect(warned.join('')).not.toMatch(/_sk_[0-9A-Za-z]/)
    expect(warned[2]).toContain(`'${'x'.repeat(128)}'`)
    for (let count = 0; count < 120; count++) await present({ scope: `launch/${String(count)}` })
    expect(warned).toHaveLength(100)
  })

  test('are not told in production', async () => {
    process.env['NODE_ENV'] = 'production'
    const { present } = open({ identify: () => ({ scopes: ['admn'] }) })
    expect(await present({ scope: 'other:api' })).toEqual([])
    expect(warned).toEqual([])
  })
})
