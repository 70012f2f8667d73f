import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import fc from 'fast-check'
import type { AuditEntry, Decision } from 'sallyport'
import { guard } from 'sallyport/express'
import { dose } from '../dose.js'
import { listen } from '../adapters/servers.js'
import { FRAMEWORKS, ISSUER, openIssuer, serve, SIGNER } from '../oauth/http/api.js'
import { createPair, issuerWith, NOW, openGate, signToken } from './issuer.js'

const pair = createPair('ES256', 'key-1')
const own = { iss: ISSUER, aud: ISSUER }

/** `name="value"`, each after the scheme or a comma (RFC 9110 section 11.2). */
function attributesOf(challenge: string): readonly (readonly [string, string])[] {
  const [, scheme = '', list = ''] = /^(\S+) (.*)$/.exec(challenge) ?? []
  expect(scheme).toBe('Bearer')
  const found = [...list.matchAll(/([a-z_]+)="((?:[^"\\]|\\["\\])*)"(?:, |$)/g)]
  expect(found.map(([all]) => all).join('')).toBe(list)
  return found.map(([, name = '', value = '']) => [name, value])
}

/** RFC 6750 section 3: what may stand in each attribute. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  realm: /^(?:[ -~])*$/,
  scope: /^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/,
  error: /^[ !#-[\]-~]+$/,
  error_description: /^[ !#-[\]-~]+$/,
}

function checkChallenge(challenge: string): void {
  const attributes = attributesOf(challenge)
  const names = attributes.map(([name]) => name)
  expect(names[0]).toBe('realm')
  expect(new Set(names).size).toBe(names.length)
  for (const [name, value] of attributes) expect(value).toMatch(ALLOWED[name] ?? /never/)
}

describe.each(FRAMEWORKS)('a token on %s', (framework) => {
  const { gate, create } = openIssuer()
  let api: Awaited<ReturnType<typeof serve>>
  let token: string
  beforeAll(async () => {
    api = await serve(framework, gate)
    token = (await gate.tokens.exchange((await create()).secret)).accessToken
  })
  afterAll(() => api.close())

  const challengeOf = ({ headers }: { readonly headers: Headers }) =>
    headers.get('www-authenticate')

  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])(
    'RFC 6750 section 2.1, RFC 9110 section 11.1: is taken from Authorization behind %s',
    async (scheme) => {
      const headers = { authorization: `${scheme} ${token}` }
      expect(await api.ask('/orders', { headers })).toMatchObject({ status: 200 })
    },
  )

  test('RFC 6750 section 2.3: in the query is none', async () => {
    const answer = await api.ask(`/orders?access_token=${token}`)
    expect([answer.status, challengeOf(answer)]).toEqual([401, 'Bearer realm="api"'])
  })

  test('RFC 6750 section 3.1: that is expired, revoked, malformed or of nobody is invalid_token', async () => {
    const stranger = createPair('ES256', SIGNER.kid)
    const bad = [
      await signToken({ ...own, exp: NOW - 60 }, SIGNER),
      await signToken(own, stranger),
      `${token}.x`,
      `${token}=`,
    ]
    const revoked = await gate.tokens.exchange((await create()).secret)
    await gate.tokens.revoke(revoked.tokenId)
    for (const one of [...bad, revoked.accessToken]) {
      const answer = await api.get('/orders', one)
      expect(answer.status).toBe(401)
      expect(challengeOf(answer)).toContain('error="invalid_token"')
    }
  })

  test('RFC 6750 section 3.1: with too little scope is 403 insufficient_scope, and told what is needed', async () => {
    const { secret } = await create({ scopes: ['write:orders'] })
    const { accessToken } = await gate.tokens.exchange(secret)
    const answer = await api.get('/orders', accessToken)
    expect(answer.status).toBe(403)
    expect(challengeOf(answer)).toContain('error="insufficient_scope"')
    expect(challengeOf(answer)).toContain('scope="read:orders"')
  })

  test('RFC 9111 section 3: answers to one are kept by no shared cache', async () => {
    const [good, bad] = [await api.get('/orders', token), await api.get('/orders', `${token}x`)]
    expect(good.headers.get('cache-control')).toBe('private')
    expect(bad.headers.get('cache-control')).toBe('no-store')
  })
})

test('RFC 6750 section 2.2: a token in a form in the body is none, read or unread', async () => {
  const { gate, create } = openIssuer()
  const { accessToken } = await gate.tokens.exchange((await create()).secret)
  const app = express().use('/read', express.urlencoded()).use(guard(gate))
  app.post('/{*path}', (_req, res) => res.end('in'))
  const { server, port } = await listen(app)
  const send = async (path: string, init: RequestInit = {}) => {
    const body = new URLSearchParams({ access_token: accessToken })
    const url = `http://127.0.0.1:${String(port)}${path}`
    const { status, headers } = await fetch(url, { method: 'POST', body, ...init })
    return [status, headers.get('www-authenticate')]
  }
  for (const path of ['/read', '/unread']) {
    expect(await send(path)).toEqual([401, 'Bearer realm="api"'])
    // The control: where it should stand, it is taken.
    const headers = { authorization: `Bearer ${accessToken}` }
    expect(await send(path, { headers, body: '' })).toEqual([200, null])
  }
  server.close()
})

describe('RFC 6750 section 3: a challenge', () => {
  const { gate } = openGate([issuerWith(pair)], { realm: 'say "hi" \\ or go', bruteForce: false })
  const refusing = (rawHeaders: readonly string[], scopes: readonly ['write:orders'] | [] = []) =>
    gate.check(
      {
        ...{ method: 'GET', url: '/', rawHeaders },
        peer: { address: '203.0.113.9', encrypted: true },
      },
      { scopes },
    )
  const challengeIn = (decision: Decision) => {
    expect(decision.allowed).toBe(false)
    return decision.headers['www-authenticate'] ?? ''
  }

  test('has each attribute once, in characters that it may have, whatever was wrong', async () => {
    const good = await signToken({}, pair)
    const asked = [
      [],
      ['Authorization', 'Basic eDp5'],
      ['Authorization', 'Bearer "'],
      ['Authorization', 'Bearer a', 'Authorization', 'Bearer b'],
      ['Authorization', 'Bearer acme_live_sk_x'],
      ['Authorization', `Bearer ${good}.x`],
      ['Authorization', `Bearer ${await signToken({ exp: NOW - 60 }, pair)}`],
      ['Authorization', `Bearer ${await signToken({ aud: 'x' }, pair)}`],
      ['Authorization', `Bearer ${good}`],
    ]
    const errors = new Set<string>()
    for (const rawHeaders of asked) {
      const challenge = challengeIn(await refusing(rawHeaders, ['write:orders']))
      checkChallenge(challenge)
      errors.add(/error="(\w+)"/.exec(challenge)?.[1] ?? 'none')
    }
    expect([...errors].sort()).toEqual(
      ['insufficient_scope', 'invalid_request', 'invalid_token', 'none'].sort(),
    )
  })

  test('has nothing in it of what was sent, whatever that is', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 })
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom('Bearer ', 'Bearer eyJhIjoxfQ.', ''),
        async (sent, start) => {
          const challenge = challengeIn(await refusing(['Authorization', start + sent]))
          checkChallenge(challenge)
          const free = challengeIn(await refusing(['Authorization', `${start}~`]))
          if (sent.length > 12) expect(challenge.replaceAll(free, '')).not.toContain(sent)
        },
      ),
      { numRuns: dose(400, 2_000) },
    )
  })

  test('control: what may not stand there would be found', () => {
    expect(() => {
      checkChallenge('Bearer realm="a", error="x", error="y"')
    }).toThrow()
    expect(() => {
      checkChallenge('Bearer realm="a", error="caf\u00e9"')
    }).toThrow()
    expect(() => {
      checkChallenge('Bearer error="x"')
    }).toThrow()
  })
})

describe('RFC 6750 section 5.3', () => {
  const entries: AuditEntry[] = []
  let close = () => Promise.resolve()
  afterEach(() => close())

  test('a token stands in no answer, in no error, in no record and in nothing that was written', async () => {
    const revocations = {
      add: () => Promise.reject(new Error('away')),
      has: (id: string) => (id === 'tok_gone' ? Promise.reject(new Error('away')) : false),
    }
    const { gate, create, errors } = openIssuer({
      issuing: { revocations },
      audit: { sink: { write: (more) => void entries.push(...more) } },
    })
    const api = await serve('Express', gate)
    close = async () => {
      await api.close()
      await gate.close()
    }
    const key = await create()
    const { accessToken } = await gate.tokens.exchange(key.secret)
    const claims = { ...own, sub: key.id, client_id: key.id }
    const all = [
      accessToken,
      `${accessToken}x`,
      await signToken({ ...own, exp: NOW - 60 }, SIGNER),
      await signToken({ ...claims, jti: 'tok_gone' }, SIGNER),
      await signToken({ ...claims, sub: 7 }, SIGNER),
    ]
    const told: unknown[] = []
    for (const token of all) {
      told.push(await api.get('/orders', token), await gate.verify(token))
      told.push(await api.ask(`/orders?access_token=${token}`))
      told.push(await gate.tokens.revoke(token).catch((error: unknown) => error))
      told.push(await api.post('/revoke', { token }))
    }
    await gate.audit.flush()
    expect(entries.length).toBeGreaterThan(5)
    expect(errors.length).toBeGreaterThan(1)
    const seen = inspect([told, errors, entries], {
      depth: 20,
      showHidden: true,
      maxStringLength: null,
    })
    const signatures = all.map((token) => token.split('.')[2] ?? '?')
    expect(signatures.filter((signature) => seen.includes(signature))).toEqual([])
    // The control: what may be told is there.
    expect(seen).toContain(key.id)
  })
})

test('RFC 8693 section 4.1: who acts for somebody is no caller, and grants nothing', async () => {
  const { gate } = openGate([issuerWith(pair)])
  const act = { sub: 'admin', scope: 'write:orders', act: { sub: 'root' } }
  const decision = await gate.verify(await signToken({ act, may_act: { sub: 'admin' } }, pair))
  expect(decision).toMatchObject({
    allowed: true,
    auth: { subject: 'user-1', scopes: ['read:orders'], tenantIds: [] },
  })
})
