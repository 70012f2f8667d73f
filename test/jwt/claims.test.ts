import { describe, expect, test } from '@jest/globals'
import type { IssuerOptions } from 'sallyport'
import { createPair, issuerWith, NOW, openGate, signToken } from './issuer.js'

const pair = createPair('ES256', 'key-1')
const CLIENTS = { profile: 'any', audience: false, clients: ['web-app'] } as const

/** What becomes of a token with these claims, at an issuer with these options. */
async function seen(options: Partial<IssuerOptions>, claims: object, header: object = {}) {
  const { gate, errors } = openGate([issuerWith(pair, options)])
  const decision = await gate.verify(await signToken(claims, pair, header))
  expect(errors).toEqual([])
  return decision.allowed ? decision.auth : decision.reason
}

describe('without an audience, the clients count:', () => {
  const bare = { aud: undefined, client_id: undefined, jti: undefined }

  test.each([
    ['client_id', { client_id: 'web-app' }],
    ['azp', { azp: 'web-app' }],
    ['cid', { cid: 'web-app' }],
    ['appid', { appid: 'web-app' }],
    ['client_id before the others', { client_id: 'web-app', azp: 'other', cid: 'x' }],
    ['azp, where client_id is null', { client_id: null, azp: 'web-app' }],
    ['azp, with an audience of others', { azp: 'web-app', aud: ['account', 'x'] }],
    ['azp, with an audience that is null', { azp: 'web-app', aud: null }],
  ])('%s', async (_, claims) => {
    expect(await seen(CLIENTS, { ...bare, ...claims })).toMatchObject({ clientId: 'web-app' })
  })

  test.each<[string, object]>([
    ['another client', { client_id: 'other' }],
    ['another client before this one', { client_id: 'other', azp: 'web-app' }],
    ['no client', {}],
    ['a client that is a list', { client_id: ['web-app'] }],
    ['a client in other letters', { client_id: 'WEB-APP' }],
    ['an ID token: it is for its own client', { azp: 'web-app', aud: 'web-app' }],
    ['an ID token for several', { azp: 'web-app', aud: ['other', 'web-app'] }],
    ['an ID token beside an access token', { azp: 'web-app', at_hash: 'x' }],
    ['an ID token beside a code', { azp: 'web-app', c_hash: 'x' }],
    ['an audience that is no text', { azp: 'web-app', aud: [1] }],
  ])('%s is rejected', async (_, claims) => {
    expect(await seen(CLIENTS, { ...bare, ...claims })).toBe('token_invalid')
  })

  test('with the default profile, all but aud must be there', async () => {
    const strict = { audience: false, clients: ['app-1'] } as const
    expect(await seen(strict, { aud: undefined })).toMatchObject({ clientId: 'app-1' })
    expect(await seen(strict, { aud: undefined, jti: undefined })).toBe('token_invalid')
    expect(await seen(strict, { aud: undefined, client_id: undefined, azp: 'app-1' })).toBe(
      'token_invalid',
    )
  })

  test('with an audience, both count', async () => {
    expect(await seen({ clients: ['app-1'] }, {})).toMatchObject({ clientId: 'app-1' })
    expect(await seen({ clients: ['app-2'] }, {})).toBe('token_invalid')
    expect(await seen({ clients: ['app-1'] }, { aud: 'x' })).toBe('token_invalid')
  })
})

describe('a claim that must have a value', () => {
  test.each<[string, object, object, boolean]>([
    ['has it', { token_use: 'access' }, { token_use: 'access' }, true],
    ['has one of several', { ver: [1, 2] }, { ver: 2 }, true],
    ['stands in another', { 'a.b': true }, { a: { b: true } }, true],
    ['has another', { token_use: 'access' }, { token_use: 'id' }, false],
    ['has it as another type', { ver: 2 }, { ver: '2' }, false],
    ['is a list', { token_use: 'access' }, { token_use: ['access'] }, false],
    ['is not there', { token_use: 'access' }, {}, false],
    ['is one of an object of JavaScript', { constructor: 'x' }, {}, false],
  ])('%s', async (_, claims, given, allowed) => {
    const auth = await seen(
      { claims: claims as Exclude<IssuerOptions['claims'], undefined> },
      given,
    )
    expect(auth !== 'token_invalid').toBe(allowed)
  })

  test('is all of several', async () => {
    const claims = { a: 1, b: 2 }
    expect(await seen({ claims }, { a: 1, b: 2 })).toMatchObject({ kind: 'token' })
    expect(await seen({ claims }, { a: 1, b: 3 })).toBe('token_invalid')
  })
})

describe('scopes are read from', () => {
  const both = ['read:orders', 'write:orders']
  const roles = 'https://acme.example/roles'

  test.each<[string, IssuerOptions['scopes'], object, readonly string[]]>([
    ['a list', 'permissions', { permissions: both }, both],
    ['a text', 'roles', { roles: 'x read:orders  write:orders' }, both],
    [
      'the names of an object',
      'roles',
      { roles: { 'read:orders': { a: 1 }, b: {} } },
      both.slice(0, 1),
    ],
    [
      'names that are not off',
      'roles',
      { roles: { 'read:orders': false, 'write:orders': null } },
      [],
    ],
    ['several claims', ['scope', 'roles'], { roles: ['write:orders'] }, both],
    [
      'several claims: a role that is a scope only',
      ['scope', 'roles'],
      { scope: 'write:orders' },
      ['write:orders'],
    ],
    ['roles alone, whatever scope has', 'roles', { scope: 'write:orders', roles: [] }, []],
    ['several claims, of which one is enough', ['scp', 'scope'], {}, both.slice(0, 1)],
    ['a claim in another', 'realm_access.roles', { realm_access: { roles: both } }, both],
    ['a claim whose name has dots', roles, { [roles]: both }, both],
    ['one in a name with dots', 'a.b.c', { 'a.b': { c: both } }, both],
    ['the whole name first', 'a.b', { 'a.b': ['read:orders'], a: { b: both } }, both.slice(0, 1)],
    ['a number', 'roles', { roles: 7 }, []],
    ['null', 'roles', { roles: null }, []],
    ['a list of other things', 'roles', { roles: ['read:orders', 7] }, []],
    ['no claim', 'roles', {}, []],
    ['what every object has', 'constructor.name', {}, []],
    ['scope as a list', undefined, { scope: both }, both],
    ['scp, where scope is null', undefined, { scope: null, scp: both }, both],
    ['a form that is none', undefined, { scope: 7 }, []],
  ])('%s', async (_, scopes, claims, wants) => {
    expect(await seen(scopes === undefined ? {} : { scopes }, claims)).toMatchObject({
      scopes: wants,
    })
  })
})

describe('bounds', () => {
  const list = (count: number) => Array.from({ length: count }, (_, index) => `a${String(index)}`)
  const AUD = 'https://api.example.com'

  test.each<[string, IssuerOptions['bounds'], object, boolean]>([
    ['more audiences', { audiences: 100 }, { aud: [AUD, ...list(99)] }, true],
    ['more audiences, up to that', { audiences: 100 }, { aud: [AUD, ...list(100)] }, false],
    ['fewer audiences', { audiences: 1 }, { aud: [AUD, 'x'] }, false],
    ['longer ids', { id: 2_048 }, { sub: 'x'.repeat(2_048) }, true],
    ['longer ids, up to that', { id: 2_048 }, { sub: 'x'.repeat(2_049) }, false],
    ['shorter ids', { id: 64 }, { jti: 'x'.repeat(65) }, false],
    ['fewer scopes', { scopes: 1 }, { scope: 'read:orders write:orders' }, false],
    ['fewer scopes, where others are dropped', { scopes: 1 }, { scope: 'a b c read:orders' }, true],
  ])('%s', async (_, bounds = {}, claims, allowed) => {
    expect((await seen({ bounds }, claims)) !== 'token_invalid').toBe(allowed)
  })

  test('of scopes: the operator is told how many there are, and which option to raise', async () => {
    const { gate } = openGate([issuerWith(pair, { bounds: { scopes: 1 } })])
    const token = await signToken({ scope: 'read:orders write:orders' }, pair)
    expect(await gate.verify(token)).toMatchObject({
      cause: { check: 'scope', expected: '1 scopes at most', got: '2 scopes' },
    })
  })

  test('of the whole token: each issuer has its own', async () => {
    const other = issuerWith(pair, { issuer: 'https://other.example', bounds: { token: 40_000 } })
    const small = issuerWith(pair, { bounds: { token: 1_024 } })
    const { verdict } = openGate([small, other])
    const large = { x: 'x'.repeat(20_000) }
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
    expect(await verdict(await signToken({ x: 'x'.repeat(1_024) }, pair))).toBe('token_malformed')
    expect(await verdict(await signToken({ ...large, iss: other.issuer }, pair))).toBe('allowed')
    expect(await verdict(await signToken(large, pair))).toBe('token_malformed')
  })
})

describe('with profile any', () => {
  test('a subject may be a number, or empty', async () => {
    const any = { profile: 'any' } as const
    expect(await seen(any, { sub: 42 })).toMatchObject({ subject: '42' })
    expect(await seen(any, { sub: 4.2 })).toBe('token_invalid')
    expect(await seen(any, { sub: 2 ** 53 })).toBe('token_invalid')
    const nobody = await seen(any, { sub: '' })
    expect(nobody).toMatchObject({ kind: 'token', clientId: 'app-1' })
    expect(nobody).not.toHaveProperty('subject')
    expect(await seen(any, { sub: '', client_id: null })).toBe('token_invalid')
    expect(await seen({}, { sub: 42 })).toBe('token_invalid')
    expect(await seen({}, { sub: '' })).toBe('token_invalid')
  })

  test('what is null is absent, and what must be there must not be null', async () => {
    const nothing = { sub: null, jti: null, scope: null, client_id: null }
    const auth = await seen({ profile: 'any' }, { ...nothing, azp: 'app-2' })
    expect(auth).toMatchObject({ clientId: 'app-2', scopes: [] })
    for (const name of ['iss', 'exp', 'aud', 'iat', 'nbf', 'cnf']) {
      expect(await seen({ profile: 'any' }, { [name]: null })).toBe('token_invalid')
    }
  })
})

test('a clock may be five minutes apart, where the option says so', async () => {
  expect(await seen({}, { exp: NOW - 299 })).toBe('token_expired')
  expect(await seen({ clockTolerance: '5m' }, { exp: NOW - 299 })).toMatchObject({ kind: 'token' })
  expect(await seen({ clockTolerance: '5m' }, { exp: NOW - 300 })).toBe('token_expired')
})
