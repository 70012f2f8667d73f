import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, type Outage } from 'sallyport'
import { AUDIENCE, NOW } from './issuer.js'
import { json, startIssuer, status, type Answer, type IssuerServer } from './issuer-server.js'
import { failuresInto } from '../failures.js'

const ISSUER = 'https://login.example.com'
const GOOD = json({ active: true, aud: AUDIENCE, sub: 'user-1', exp: NOW + 3_600 })
const [A, B, C, D] = ['203.0.113.1', '203.0.113.2', '198.51.100.3', '2001:db8::4']

let server: IssuerServer
/** What the server says of a token. */
let behave: (token: string) => Answer
let asked: string[]
const told: Outage[] = []
const hear = (message: unknown) => told.push(message as Outage)
let monotonic = 0

beforeEach(async () => {
  jest.spyOn(performance, 'now').mockImplementation(() => monotonic)
  told.length = 0
  asked = []
  subscribe('sallyport:outages', hear)
  const answer: Answer = (request, response) => {
    void text(request).then((body) => {
      const token = new URLSearchParams(body).get('token') ?? ''
      asked.push(token)
      behave(token)(request, response)
    })
  }
  server = await startIssuer(() => answer)
})
afterEach(async () => {
  unsubscribe('sallyport:outages', hear)
  jest.restoreAllMocks()
  await server.close()
})

function open() {
  const errors: unknown[] = []
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    clock: () => NOW * 1_000 + monotonic,
    onError: failuresInto(errors),
    introspection: {
      ...{ endpoint: `${server.url}/introspect`, issuer: ISSUER, audience: AUDIENCE },
      ...{ clientId: 'api', clientSecret: 'secret', allowPrivateAddresses: true, cacheFor: '0s' },
    },
  })
  const verdict = async (token: string, address?: string) => {
    const decision = await gate.verify(token, address)
    return decision.allowed ? 'allowed' : decision.reason
  }
  /** Brings tokens one after the other. */
  const bring = async (address: string | undefined, ...tokens: string[]) => {
    const verdicts: string[] = []
    for (const token of tokens) verdicts.push(await verdict(token, address))
    return verdicts
  }
  return { errors, verdict, bring }
}

const named = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${name}${String(at)}`)
const states = () => told.map(({ state }) => state)
const failsFor = (name: string) => (token: string) => (token.startsWith(name) ? status(500) : GOOD)

describe('a token whose question fails', () => {
  test.each<[string, Answer]>([
    ['500', status(500)],
    ['404', status(404)],
    ['more than 64 KiB', json({ active: true, more: 'x'.repeat(65_536) })],
  ])('by %s is left alone for a second, and no other token is refused', async (_, bad) => {
    behave = (token) => (token === 'bad' ? bad : GOOD)
    const { verdict, errors } = open()
    for (let round = 0; round < 40; round++) {
      expect(await verdict('bad', A)).toBe('issuer_unavailable')
      expect(await verdict(`good${String(round)}`, round % 2 === 0 ? A : B)).toBe('allowed')
      monotonic += 50
    }
    expect(asked.filter((token) => token === 'bad')).toHaveLength(2)
    expect([errors.length, told]).toEqual([1, []])
  })

  test('is told to onError once in 10 seconds, and is no outage while others are answered', async () => {
    behave = failsFor('bad')
    const { bring, errors } = open()
    for (let second = 0; second < 25; second++) {
      await bring(A, ...named(`bad${String(second)}`, 4))
      await bring(B, 'good')
      monotonic += 1_000
    }
    expect([errors.length, told]).toEqual([3, []])
  })

  test('is asked about again after a second, and works', async () => {
    behave = failsFor('token')
    const { verdict } = open()
    expect(await verdict('token', A)).toBe('issuer_unavailable')
    behave = () => GOOD
    monotonic += 999
    expect(await verdict('token', A)).toBe('issuer_unavailable')
    monotonic += 1
    expect(await verdict('token', A)).toBe('allowed')
  })
})

test('one address whose tokens fail is asked about once a second, and all others are asked about', async () => {
  behave = failsFor('bad')
  const { bring } = open()
  await bring(A, ...named('bad', 50))
  expect(asked).toHaveLength(3)
  // Tokens of the same address that are good find no place beside them, and those of others do.
  expect(await bring(A, 'good')).toEqual(['issuer_unavailable'])
  monotonic += 1_000
  await bring(A, ...named('bad', 50))
  expect(asked).toHaveLength(4)
  expect(told).toEqual([])
  expect(await bring(B, 'good1')).toEqual(['allowed'])
  // The server has answered: what fails lies with the tokens, as far as anybody knows.
  expect(await bring(A, 'good2')).toEqual(['allowed'])
})

test('a network of IPv6 is one of them', async () => {
  behave = failsFor('bad')
  const { verdict } = open()
  for (const [at, token] of named('bad', 50).entries()) {
    await verdict(token, `2001:db8:1:${at.toString(16)}::1`)
  }
  expect([asked.length, told]).toEqual([3, []])
  expect(await verdict('good', '2001:db8:2::1')).toBe('allowed')
})

describe('a server that fails for several addresses', () => {
  /** Two addresses, three tokens. */
  async function openDown() {
    const opened = open()
    behave = () => GOOD
    await opened.bring(D, 'known')
    monotonic += 1_000
    behave = () => status(500)
    await opened.bring(A, 'bad1', 'bad2')
    await opened.bring(B, 'bad3')
    asked.length = 0
    return opened
  }

  test('is asked once a second for each kind of caller, and told once, until it answers', async () => {
    const { bring, errors } = await openDown()
    expect(states()).toEqual(['failing'])
    for (let second = 0; second < 10; second++) {
      await bring(A, ...named('bad', 20))
      await bring(C, ...named('new', 20))
      await bring(D, 'known')
      monotonic += 1_000
    }
    // Of a token that was good, of one that was not, and each of a source that failed before.
    expect(asked.length).toBeLessThanOrEqual(40)
    expect([states(), errors.length]).toEqual([['failing'], 2])
    expect(told).toMatchObject([{ part: 'issuer', issuer: ISSUER, error: errors[1] }])
    behave = () => GOOD
    expect(await bring(D, 'known')).toEqual(['allowed'])
    expect(states()).toEqual(['failing', 'recovered'])
    expect(await bring(C, ...named('good', 20))).toEqual(Array(20).fill('allowed'))
  })

  test('keeps its questions for tokens that were good before, and then for others', async () => {
    const { bring } = await openDown()
    behave = failsFor('bad')
    // In the very second in which the last question was asked.
    expect(await bring(C, 'new')).toEqual(['issuer_unavailable'])
    expect(await bring(D, 'known')).toEqual(['allowed'])
  })

  test.each([A, B])('is not asked for %s first, whose tokens have failed', async (address) => {
    const { bring } = await openDown()
    behave = failsFor('bad')
    monotonic += 1_000
    await bring(address, ...named('bad', 20))
    expect(asked).toHaveLength(1)
    expect(await bring(C, 'new')).toEqual(['allowed'])
  })

  test.each([400, 413, 414, 422])(
    'is up where it answers %i about a token, and that is told',
    async (code) => {
      const { bring } = await openDown()
      monotonic += 1_000
      behave = (token) => (token === 'odd' ? status(code) : GOOD)
      expect(await bring(C, 'odd')).toEqual(['token_invalid'])
      expect(states()).toEqual(['failing', 'recovered'])
      expect(await bring(A, 'good1', 'good2')).toEqual(['allowed', 'allowed'])
    },
  )

  test('counts failed tokens anew once it has answered', async () => {
    const { bring } = await openDown()
    monotonic += 1_000
    behave = failsFor('bad')
    await bring(D, 'known')
    monotonic += 1_000
    await bring(A, 'bad4')
    await bring(B, 'bad5')
    expect(states()).toEqual(['failing', 'recovered'])
    expect(await bring(C, 'new')).toEqual(['allowed'])
    await bring(A, 'bad6')
    expect(states()).toEqual(['failing', 'recovered'])
  })

  test('is not taken to be down within a second of an answer', async () => {
    const { bring } = await openDown()
    monotonic += 1_000
    behave = failsFor('bad')
    await bring(C, 'good')
    await bring(A, ...named('bad', 20))
    await bring(B, ...named('bad_b', 20))
    expect(await bring(D, ...named('good', 20))).toEqual(Array(20).fill('allowed'))
    expect(states()).toEqual(['failing', 'recovered'])
  })
})

test('callers without an address are not taken for one', async () => {
  behave = () => status(500)
  const { bring } = open()
  await bring(undefined, ...named('bad', 50))
  expect(asked).toHaveLength(3)
  expect(states()).toEqual(['failing'])
})

test('one token that fails for 5 seconds while nobody has an answer is an outage', async () => {
  behave = () => status(500)
  const { bring, errors } = open()
  for (let second = 0; second < 8; second++) {
    expect(states()).toEqual(second > 5 ? ['failing'] : [])
    await bring(A, 'only')
    monotonic += 1_000
  }
  expect(errors).toHaveLength(2)
  behave = () => GOOD
  await bring(A, 'only')
  expect(states()).toEqual(['failing', 'recovered'])
})

describe('places for questions', () => {
  /** A server that answers nobody until it is told to. */
  function holding() {
    const waiting: (() => void)[] = []
    const hold: Answer = (request, response) =>
      waiting.push(() => {
        GOOD(request, response)
      })
    return { hold, waiting }
  }

  test.each([
    ['that are new', 16, false],
    ['that were good', 32, true],
  ])(
    'about tokens %s: one address has half of them, and others are asked about',
    async (_, half, known) => {
      const { verdict, bring } = open()
      const tokens = named('flood', 100)
      behave = () => GOOD
      if (known) await bring(A, ...tokens)
      await bring(B, 'other')
      const { hold, waiting } = holding()
      asked.length = 0
      behave = (token) => (token.startsWith('flood') ? hold : GOOD)
      const flood = tokens.map((token) => verdict(token, A))
      expect(await bring(B, 'other', 'new')).toEqual(['allowed', 'allowed'])
      while (waiting.length < half) await new Promise(setImmediate)
      for (const answer of waiting) answer()
      const verdicts = await Promise.all(flood)
      expect(verdicts.filter((one) => one === 'allowed')).toHaveLength(half)
      expect(verdicts.filter((one) => one === 'issuer_busy')).toHaveLength(100 - half)
      // The control: they are free again.
      behave = () => GOOD
      expect(await bring(A, ...tokens)).toEqual(Array(100).fill('allowed'))
    },
  )
})
