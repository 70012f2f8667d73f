import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { AUDIENCE, createPair, issuerWith, NOW, openGate, signToken } from './issuer.js'
import { json, startIssuer, type Answer, type IssuerServer } from './issuer-server.js'

const objects = (count: number) => Array.from({ length: count }, () => ({}))
/** A subject of its own for each token, or one for all. */
const subjects = [
  ['many callers', 500, (at: number) => `user-${String(at)}`],
  ['one caller', 80, () => 'user-0'],
] as const

describe('what is remembered of verified tokens is bounded by what it weighs', () => {
  const pair = createPair('ES256', 'key-1')
  const claims = objects(1_900)

  test.each(subjects)(
    'large ones of %s',
    async (who, count, subjectOf) => {
      const seen: unknown[] = []
      const identify = ({ jti }: Readonly<Record<string, unknown>>) => {
        seen.push(jti)
        return { ownerId: 'org_1' }
      }
      const { verdict } = openGate([issuerWith(pair, { identify })])
      const bystander = await signToken({ sub: 'bystander', jti: 'small' }, pair)
      const sign = (at: number) =>
        signToken({ sub: subjectOf(at), jti: String(at), more: claims }, pair)
      const tokens = await Promise.all(Array.from({ length: count }, (_, at) => sign(at)))
      expect(await verdict(bystander)).toBe('allowed')
      for (const token of tokens) expect(await verdict(token)).toBe('allowed')
      seen.length = 0
      for (const token of tokens.slice(-20)) expect(await verdict(token)).toBe('allowed')
      expect(seen).toEqual([])
      // The first has given way, and works all the same.
      expect(await verdict(tokens[0] ?? '')).toBe('allowed')
      expect(seen).toEqual(['0'])
      // Who is alone with its large ones has pushed out nobody else.
      await verdict(bystander)
      expect(seen).toEqual(who === 'one caller' ? ['0'] : ['0', 'small'])
    },
    60_000,
  )
})

describe('what is remembered of answers about opaque tokens is bounded by what it weighs', () => {
  let server: IssuerServer
  let subjectOf: (at: number) => string = String
  const asked: string[] = []
  beforeEach(async () => {
    asked.length = 0
    const answer: Answer = (request, response) => {
      void text(request).then((body) => {
        const token = new URLSearchParams(body).get('token') ?? ''
        asked.push(token)
        const [name, at] = token.split('-')
        const more = name === 'large' && { sub: subjectOf(Number(at)), more: objects(18_000) }
        json({ active: true, aud: AUDIENCE, exp: NOW + 300, sub: token, ...more })(
          request,
          response,
        )
      })
    }
    server = await startIssuer(() => answer)
  })
  afterEach(() => server.close())

  test.each(subjects)(
    'large ones of %s',
    async (who, _, subject) => {
      subjectOf = subject
      const gate = createGate({
        environment: 'live',
        keys: { prefix: 'acme' },
        scopes: [],
        clock: () => NOW * 1_000,
        introspection: {
          ...{ endpoint: server.url, issuer: 'https://login.example.com', audience: AUDIENCE },
          ...{
            clientId: 'api',
            clientSecret: 'secret',
            allowPrivateAddresses: true,
            cacheFor: '1m',
          },
        },
      })
      const allowed = async (token: string) => (await gate.verify(token)).allowed
      expect(await allowed('small')).toBe(true)
      for (let at = 0; at < 30; at++) expect(await allowed(`large-${String(at)}`)).toBe(true)
      asked.length = 0
      expect(await allowed('large-29')).toBe(true)
      expect(asked).toEqual([])
      expect(await allowed('large-0')).toBe(true)
      expect(asked).toEqual(['large-0'])
      expect(await allowed('small')).toBe(true)
      expect(asked).toEqual(who === 'one caller' ? ['large-0'] : ['large-0', 'small'])
    },
    60_000,
  )
})
