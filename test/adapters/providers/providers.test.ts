import { readFileSync } from 'node:fs'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { format } from 'prettier'
import { createGate, type IssuerOptions } from 'sallyport'
import * as providers from 'sallyport/providers'
import { createPair, NOW, signText } from '../../jwt/issuer.js'
import { SHAPES, type Shape } from './shapes.js'

const PAGE = join(import.meta.dirname, '../../../docs/token-providers.md')
const pairs = { RS256: createPair('RS256', 'key-1'), ES256: createPair('ES256', 'key-1') }
const TIMES = ['iat', 'nbf', 'exp', 'auth_time']
const { auth0, clerk, cloudflareAccess, cognito, entra, firebase, githubActions } = providers
const { keycloak, kubernetes, okta, supabase, workos, zitadel } = providers

/** What an app gets that writes this. */
function optionsOf(code: string): IssuerOptions {
  const make = runInThisContext(`(${Object.keys(providers).join(', ')}) => ${code}`) as (
    ...all: unknown[]
  ) => IssuerOptions
  return make(...Object.values(providers))
}

/** Who a token with these claims is, at a gate that has its keys given. */
async function callerOf(
  { jwksUri: _, headers: __, ...options }: IssuerOptions,
  { alg = 'RS256', header = {}, claims }: Pick<Shape, 'alg' | 'header' | 'claims'>,
) {
  const pair = pairs[alg === 'ES256' ? 'ES256' : 'RS256']
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders', 'write:orders', 'admin'],
    issuers: [{ ...options, jwks: { keys: [pair.jwk] } }],
    clock: () => NOW * 1_000,
  })
  const said = Object.entries(claims).map(([name, value]) => [
    name,
    TIMES.includes(name) ? NOW + Number(value) : value,
  ])
  const text = JSON.stringify(Object.fromEntries(said))
  const decision = await gate.verify(await signText(text, pair, { typ: 'JWT', ...header }))
  return decision.allowed ? decision.auth : decision.reason
}

const shapeOf = (name: string) => {
  const shape = SHAPES.find((each) => each.name === name)
  if (shape === undefined) throw new Error(`There is no shape ${name}`)
  return shape
}

test.each(SHAPES.map((shape) => [shape.name, shape] as const))('%s', async (_, shape) => {
  const auth = await callerOf(optionsOf(shape.code), shape)
  expect(auth).toMatchObject({ kind: 'token', scopes: shape.scopes })
  if (shape.client !== undefined) expect(auth).toMatchObject({ clientId: shape.client })
})

describe('what must not pass, does not:', () => {
  const TENANT = '11111111-2222-3333-4444-555555555555'
  const OTHER = '99999999-2222-3333-4444-555555555555'
  const entraOther = { tid: OTHER, iss: `https://login.microsoftonline.com/${OTHER}/v2.0` }

  test.each<[string, string, object]>([
    ['an ID token of Auth0', 'Auth0, machine to machine', { aud: 'c1' }],
    ['an ID token of Okta: it names no client', 'Okta, custom authorization server', { cid: null }],
    ['an ID token of Entra ID: it names no client', 'Entra ID, version 2, user', { azp: null }],
    ['a token of Entra ID of version 1', 'Entra ID, version 2, user', { ver: '1.0' }],
    ['a token of another tenant', 'Entra ID, version 2, user', entraOther],
    ['a token of a tenant that does not count', 'Entra ID, several tenants', entraOther],
    ['a tenant that is in iss alone', 'Entra ID, several tenants', { tid: OTHER }],
    ['an ID token of Cognito', 'Amazon Cognito, access token', { token_use: 'id' }],
    ['a token of another client', 'Amazon Cognito, access token', { client_id: 'other' }],
    [
      'an access token of Cognito as an ID token',
      'Amazon Cognito, ID token',
      { token_use: 'access' },
    ],
    ['an ID token of Keycloak', 'Keycloak, client credentials', { typ: 'ID' }],
    ['a token of another client of the realm', 'Keycloak, client credentials', { client_id: 'x' }],
    ['an account of another domain', 'Google, ID token', { aud: 'other' }],
    ['a custom claim that is no true', 'Firebase, ID token with a custom claim', { aud: 'x' }],
    ['an anonymous user of Supabase', 'Supabase, user', { is_anonymous: true }],
    ['a service key of Supabase', 'Supabase, user', { role: 'service_role' }],
    ['a session of Clerk that is pending', 'Clerk, session token of version 2', { sts: 'pending' }],
    [
      'a session for another party',
      'Clerk, session token of version 2',
      { azp: 'https://x.example' },
    ],
    ['an ID token of Zitadel', 'Zitadel, roles as an object', { at_hash: 'x' }],
    ['a token for another project', 'Zitadel, roles as an object', { aud: ['1708@shop'] }],
    ['another repository', 'GitHub Actions', { repository: 'octo-org/other' }],
    [
      'another service account',
      'Kubernetes, projected token of a service account',
      { sub: 'system:serviceaccount:shop:other' },
    ],
    ['a token of Cloudflare for the team', 'Cloudflare Access, service token', { type: 'org' }],
    ['a service token without a name', 'Cloudflare Access, service token', { common_name: null }],
  ])('%s', async (_, name, claims) => {
    const shape = shapeOf(name)
    const changed = { ...shape, claims: { ...shape.claims, ...claims } }
    expect(await callerOf(optionsOf(shape.code), changed)).toBe('token_invalid')
  })

  test('a group, a role or a flag that the option does not name gives no scope', async () => {
    const access = shapeOf('Amazon Cognito, access token')
    expect(await callerOf(optionsOf(access.code), access)).toMatchObject({
      scopes: ['read:orders'],
    })
    const user = shapeOf('Keycloak, roles of the realm, no audience mapper')
    const bare = keycloak({ url: 'https://sso.acme.dev', realm: 'shop', clients: ['web-app'] })
    expect(await callerOf(bare, user)).toMatchObject({ scopes: [] })
    const token = shapeOf('Firebase, ID token with a custom claim')
    const text = { ...token, claims: { ...token.claims, admin: 'true' } }
    expect(await callerOf(optionsOf(token.code), text)).toMatchObject({ scopes: [] })
    const mine = { ...shapeOf('Supabase, user') }
    const metadata = { app_metadata: {}, user_metadata: { roles: ['admin'] } }
    expect(
      await callerOf(optionsOf(mine.code), { ...mine, claims: { ...mine.claims, ...metadata } }),
    ).toMatchObject({ scopes: [] })
  })

  test('a branch and an environment count where the option names them', async () => {
    const shape = shapeOf('GitHub Actions')
    const common = { audience: 'acme', repository: 'octo-org/octo-repo', scopes: ['write:orders'] }
    const main = githubActions({ ...common, ref: 'refs/heads/main' })
    expect(await callerOf(main, shape)).toMatchObject({ scopes: ['write:orders'] })
    const other = { ...shape, claims: { ...shape.claims, ref: 'refs/pull/1/merge' } }
    expect(await callerOf(main, other)).toBe('token_invalid')
    expect(await callerOf(githubActions({ ...common, environment: 'prod' }), shape)).toBe(
      'token_invalid',
    )
  })

  test('tenants are looked up by a function', async () => {
    const shape = shapeOf('Entra ID, several tenants')
    const asked: string[] = []
    const tenants = (tenant: string) => {
      asked.push(tenant)
      return Promise.resolve(tenant === TENANT)
    }
    const options = entra({ tenants, audience: 'api-guid' })
    expect(await callerOf(options, shape)).toMatchObject({ scopes: ['read:orders'] })
    const other = { ...shape, claims: { ...shape.claims, ...entraOther } }
    expect(await callerOf(options, other)).toBe('token_invalid')
    expect(asked).toEqual([TENANT, OTHER])
  })
})

test('the owner of a service token of Cloudflare is its client, and nobody else', async () => {
  const shape = shapeOf('Cloudflare Access, service token')
  const options = cloudflareAccess({ team: 'acme', audience: 'f861' })
  const owner = 'https://acme.cloudflareaccess.com#client:x.access'
  expect(await callerOf(options, shape)).toMatchObject({ ownerId: owner })
  const user = { ...shape, claims: { ...shape.claims, sub: 'client:x.access' } }
  expect(await callerOf(options, user)).not.toMatchObject({ ownerId: owner })
})

test.each<[string, () => unknown]>([
  ['auth0', () => auth0({ domain: 'https://acme.eu.auth0.com', audience: 'x' })],
  ['auth0', () => auth0({ domain: 'localhost:4000', audience: 'x' })],
  ['okta', () => okta({ domain: 'acme.okta.com', server: 'a/b', audience: 'x' })],
  ['entra', () => entra({ tenant: 'acme.onmicrosoft.com', audience: 'x' })],
  ['cognito', () => cognito({ userPool: 'Example', clients: ['c'] })],
  ['keycloak', () => keycloak({ url: 'https://sso.acme.example', realm: 'a/b', clients: ['c'] })],
  [
    'keycloak',
    () => keycloak({ url: 'https://sso.acme.example/realms/a', realm: 'a', clients: ['c'] }),
  ],
  [
    'keycloak',
    () => {
      const realmRoles = ['admin'] as never
      return keycloak({ url: 'https://sso.acme.example', realm: 'a', audience: 'x', realmRoles })
    },
  ],
  ['firebase', () => firebase({ project: '' })],
  ['supabase', () => supabase({ project: 'https://abc.supabase.co' })],
  ['supabase', () => supabase({ project: 'abc', anonymous: 'false' as never })],
  ['clerk', () => clerk({ domain: 'https://clerk.acme.example', clients: ['c'] })],
  ['workos', () => workos({ client: 'a/b' })],
  ['zitadel', () => zitadel({ url: 'acme.zitadel.cloud', project: '1' })],
  ['githubActions', () => githubActions({ audience: 'x', repository: 'octo-repo', scopes: [] })],
  ['kubernetes', () => kubernetes({ audience: 'x', accounts: {} })],
  ['cloudflareAccess', () => cloudflareAccess({ team: 'a/b', audience: 'x' })],
])('%s says what is wrong with what it is given, and what to write', (name, make) => {
  expect(make).toThrow(new RegExp(`^${name}: .*; write ${name}\\(`))
})

test('each preset refuses an option that it does not know, and names those that it knows', () => {
  for (const code of new Set(SHAPES.map((shape) => shape.code))) {
    const [name = ''] = code.split('(')
    const options = [...code.matchAll(/[{,] (\w+):/g)].map(([, option = '']) => option)
    const make = () => optionsOf(code.replace('{', '{ realmRole: true,'))
    expect(make).toThrow(`${name}: 'realmRole' is not known; known are `)
    for (const option of options) {
      expect(make).toThrow(new RegExp(`known are .*\\b${option}\\b`))
    }
  }
})

test('each preset is accepted as it is, may be changed, and asks nobody', () => {
  let asked = 0
  const count = () => (asked += 1)
  subscribe('http.client.request.start', count)
  for (const { code } of SHAPES) {
    const issuer = { ...optionsOf(code), maxLifetime: '1h' as const }
    createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [], issuers: [issuer] })
  }
  unsubscribe('http.client.request.start', count)
  expect(asked).toBe(0)
})

test('the table of the page is what these tests have seen', async () => {
  const rows = await Promise.all(
    SHAPES.map(async ({ name, code }) => {
      const text = await format(`export const issuers = [\n${code},\n]`, {
        ...{ parser: 'typescript', semi: false, singleQuote: true, printWidth: 100 },
      })
      const lines =
        text.trim().split('\n').length - (text.startsWith('export const issuers = [\n') ? 2 : 0)
      expect([name, lines <= 3]).toEqual([name, true])
      const [preset = '', given = ''] = code.split('(')
      const options = [...given.matchAll(/[{,] (\w+):/g)].map(([, option = '']) => `\`${option}\``)
      return `${name} | \`${preset}\` | ${options.join(', ')} | ${String(lines)}`
    }),
  )
  const page = readFileSync(PAGE, 'utf8')
  const shown = page
    .split('\n')
    .filter((line) => SHAPES.some(({ name }) => line.startsWith(`| ${name} `)))
    .map((line) =>
      line
        .slice(2, -2)
        .trim()
        .replace(/ +\| +/g, ' | '),
    )
  expect(shown).toEqual(rows)
})

test('a local issuer: a port is no part of a domain, and there is another way', () => {
  expect(() => auth0({ domain: 'localhost:4000', audience: 'x' })).toThrow(
    "auth0: 'domain' must be a host, without 'https://', port and path; write auth0({ domain: 'acme.eu.auth0.com', audience }); for an issuer on your machine, { ...auth0({ ... }), issuer: 'http://localhost:4000/', jwksUri: 'http://localhost:4000/...' }",
  )
})
