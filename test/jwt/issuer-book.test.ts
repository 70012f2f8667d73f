import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { IssuerOptions } from 'sallyport'
import { createPair, ISSUER, issuerWith, NOW, openGate, signToken } from './issuer.js'

const pair = createPair('ES256', 'key-1')
/** So long an issuer that was found is remembered, and one that is unknown. */
const [FOUND_MS, UNKNOWN_MS] = [300_000, 30_000]
/** Milliseconds that have passed beside the real ones. */
let passed = 0

beforeEach(() => {
  passed = 0
  const now = performance.now.bind(performance)
  jest.spyOn(performance, 'now').mockImplementation(() => now() + passed)
})
afterEach(() => {
  jest.restoreAllMocks()
})

test('a flood of unknown issuers does not keep out one that was found before', async () => {
  let settle = () => {}
  const slow = new Promise<undefined>((resolve) => {
    settle = () => {
      resolve(undefined)
    }
  })
  const found = issuerWith(pair)
  const { verdict } = openGate((iss) => (iss === ISSUER ? Promise.resolve(found) : slow))
  expect(await verdict(await signToken({}, pair))).toBe('allowed')
  passed = FOUND_MS + 1_000
  const strangers = await Promise.all(
    Array.from({ length: 65 }, (_, i) => signToken({ iss: `https://${String(i)}.example` }, pair)),
  )
  const flood = strangers.map(verdict)
  expect(await flood[64]).toBe('issuer_busy')
  expect(await verdict(await signToken({ jti: 'later' }, pair))).toBe('allowed')
  settle()
  await Promise.all(flood)
})

test('a flood of unknown issuers from one address leaves an issuer that nobody has met yet to others', async () => {
  let settle = () => {}
  const slow = new Promise<undefined>((resolve) => {
    settle = () => {
      resolve(undefined)
    }
  })
  const found = issuerWith(pair)
  const { gate } = openGate((iss) => (iss === ISSUER ? Promise.resolve(found) : slow))
  const strangers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => signToken({ iss: `https://${String(i)}.example` }, pair)),
  )
  const flood = strangers.map(async (token) => gate.verify(token, '192.0.2.1'))
  const honest = await signToken({}, pair)
  expect(await gate.verify(honest, '192.0.2.1')).toMatchObject({
    reason: 'issuer_busy',
    status: 503,
    headers: { 'retry-after': '1' },
  })
  expect(await gate.verify(honest, '198.51.100.1')).toMatchObject({ allowed: true })
  settle()
  await Promise.all(flood)
})

describe('a tenant of a pattern that is asked about again', () => {
  const iss = 'https://login.example.com/acme/'
  const token = (jti: string) => signToken({ iss, tid: 'acme', jti }, pair)

  function open(tenants: IssuerOptions['tenants'] & object) {
    let [isDown, fetched] = [false, 0]
    const fetch = () => {
      fetched += 1
      if (isDown) return Promise.reject(new Error('down'))
      return Promise.resolve(new Response(JSON.stringify({ keys: [pair.jwk] })))
    }
    const { jwks: _, ...rest } = issuerWith(pair)
    const jwksUri = 'https://login.example.com/{tenant}/keys'
    const issuer = 'https://login.example.com/{tenant}/'
    const gate = openGate([{ ...rest, issuer, jwksUri, tenants, fetch }])
    return { ...gate, goDown: () => (isDown = true), fetched: () => fetched }
  }

  test('keeps its keys, in an outage too', async () => {
    const { verdict, goDown, fetched } = open(['acme'])
    expect(await verdict(await token('a'))).toBe('allowed')
    goDown()
    passed = FOUND_MS + 1_000
    expect(await verdict(await token('b'))).toBe('allowed')
    expect(fetched()).toBe(1)
  })

  test('that is asked about in vain is named to the operator', async () => {
    const { verdict, errors } = open(() => new Promise<boolean>(() => undefined))
    expect(await verdict(await token('a'))).toBe('issuer_unavailable')
    expect(errors.map(String)).toEqual(["Error: 'tenants' did not answer within 250 ms."])
  })

  test('is out once it does not count any more', async () => {
    let counts = true
    const { verdict } = open(() => counts)
    expect(await verdict(await token('a'))).toBe('allowed')
    counts = false
    expect(await verdict(await token('b'))).toBe('allowed')
    passed = FOUND_MS + 1_000
    expect(await verdict(await token('c'))).toBe('token_invalid')
    counts = true
    passed += UNKNOWN_MS + 1_000
    expect(await verdict(await token('d'))).toBe('allowed')
  })
})

test('the operator is told which issuers there are, and which patterns', async () => {
  const pattern = 'https://login.example.com/{tenant}/'
  const { gate } = openGate([
    issuerWith(pair),
    issuerWith(pair, { issuer: pattern, tenants: ['acme'] }),
  ])
  const stranger = await gate.verify(await signToken({ iss: 'https://other.example' }, pair))
  expect(stranger).toMatchObject({ cause: { check: 'iss' } })
  const { cause } = stranger as { cause: { expected: string } }
  expect(cause.expected).toBe(`'${ISSUER}' or '${pattern}'`)
})

test('an issuer that is unknown is asked about again after half a minute, by the clock of the gate', async () => {
  let [now, asked] = [NOW * 1_000, 0]
  const ask = () => {
    asked += 1
    return undefined
  }
  const { verdict } = openGate(ask, { clock: () => now })
  const token = await signToken({}, pair)
  for (const [ms, times] of [
    [0, 1],
    [UNKNOWN_MS - 2_000, 1],
    [4_000, 2],
  ] as const) {
    now += ms
    expect(await verdict(token)).toBe('token_invalid')
    expect(asked).toBe(times)
  }
})

describe('gate.tokens.forget of an issuer that a function has found', () => {
  function open() {
    let answer: IssuerOptions | undefined = issuerWith(pair, { aliases: ['alias'] })
    const opened = openGate(() => answer)
    return {
      ...opened,
      set: (next: IssuerOptions | undefined) => {
        answer = next
      },
    }
  }

  test.each([ISSUER, 'alias'])('ends it at once: %s', async (iss) => {
    const { verdict, gate, set } = open()
    const token = await signToken({ iss }, pair)
    expect(await verdict(token)).toBe('allowed')
    set(undefined)
    expect(await verdict(token)).toBe('allowed')
    gate.tokens.forget({ issuer: ISSUER, subject: 'user-1' })
    expect(await verdict(token)).toBe('allowed')
    gate.tokens.forget({ issuer: ISSUER })
    expect(await verdict(token)).toBe('token_invalid')
  })

  test('lets in at once one that was unknown', async () => {
    const { verdict, gate, set } = open()
    const token = await signToken({}, pair)
    set(undefined)
    expect(await verdict(token)).toBe('token_invalid')
    set(issuerWith(pair))
    expect(await verdict(token)).toBe('token_invalid')
    gate.tokens.forget({ issuer: ISSUER })
    expect(await verdict(token)).toBe('allowed')
  })

  test('leaves no answer behind that was under way', async () => {
    const questions: ((answer: IssuerOptions | undefined) => void)[] = []
    const { verdict, gate } = openGate(
      () => new Promise<IssuerOptions | undefined>((resolve) => questions.push(resolve)),
    )
    const token = await signToken({}, pair)
    const before = verdict(token)
    gate.tokens.forget({ issuer: ISSUER })
    const after = verdict(token)
    questions[1]?.(undefined)
    expect(await after).toBe('token_invalid')
    questions[0]?.(issuerWith(pair))
    expect(await before).toBe('allowed')
    expect(await verdict(token)).toBe('token_invalid')
    expect(questions).toHaveLength(2)
  })

  test('lets in what was found anew, though it was unknown when it was asked about before', async () => {
    const questions: ((answer: IssuerOptions | undefined) => void)[] = []
    const { verdict, gate } = openGate(
      () => new Promise<IssuerOptions | undefined>((resolve) => questions.push(resolve)),
    )
    const before = verdict(await signToken({ jti: 'a' }, pair))
    gate.tokens.forget({ issuer: ISSUER })
    const after = verdict(await signToken({ jti: 'b' }, pair))
    questions[1]?.(issuerWith(pair))
    expect(await after).toBe('allowed')
    questions[0]?.(undefined)
    expect(await before).toBe('token_invalid')
    const later = verdict(await signToken({ jti: 'c' }, pair))
    questions[2]?.(issuerWith(pair))
    expect(await later).toBe('allowed')
  })

  test('leaves others, and takes a name that its tokens have in place of its own', async () => {
    const asked: string[] = []
    const { verdict, gate } = openGate((iss) => {
      asked.push(iss)
      return issuerWith(pair, iss === 'alias' ? { aliases: ['alias'] } : { issuer: iss })
    })
    let id = 0
    const use = async (...issuers: string[]) => {
      for (const iss of issuers) {
        expect(await verdict(await signToken({ iss, jti: String(++id) }, pair))).toBe('allowed')
      }
      return asked.splice(0)
    }
    const other = 'https://other.example'
    expect(await use('alias', other)).toEqual(['alias', other])
    expect(await use('alias', other)).toEqual([])
    gate.tokens.forget({ issuer: 'alias' })
    expect(await use('alias', other)).toEqual(['alias'])
  })
})
