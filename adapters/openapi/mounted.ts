import type { GateDescription } from '../../src/index.js'
import type { DescriptionOptions, RouteDescription } from './options.js'

/** A route whose path has the id of a key, or whose answer has: Postman keeps the one for the other. */
export interface MountedRoute extends RouteDescription {
  readonly keyId?: 'answered' | 'asked'
}

const KEY_ID = 'key_u6tSqbtzYC9RnQxrxoLtyi'
const KEY = {
  ...{ id: KEY_ID, name: 'CI', ownerId: 'org_1' },
  ...{ kind: 'sk', metadata: {}, createdAt: '2030-01-01T00:00:00.000Z', state: 'active' },
}

/** Those of `keyEndpoints`. @param known scopes that other routes ask for, for the examples */
export function keyRoutes(
  { environments: [first] }: GateDescription,
  { keys }: DescriptionOptions,
  known: readonly string[],
): readonly MountedRoute[] {
  if (keys === undefined) return []
  const { path, scopes } = keys
  const granted = known.slice(0, 1)
  const key = { ...KEY, environment: first?.name, scopes: granted }
  const one = { path: `${path}/{id}`, params: { id: KEY_ID }, scopes, keyId: 'asked' } as const
  return [
    {
      ...{ method: 'post', path, summary: 'Create an API key', scopes, status: 201 },
      ...{ keyId: 'answered' },
      body: { name: 'CI', scopes: granted },
      answer: { ...key, secret: 'shown once' },
    },
    { method: 'get', path, summary: 'List API keys', scopes, answer: { keys: [key] } },
    {
      ...{ method: 'get', path: `${path}/due`, summary: 'List API keys to rotate', scopes },
      answer: { keys: [] },
    },
    { ...one, method: 'get', summary: 'Read an API key', answer: key },
    {
      ...{ ...one, method: 'patch', summary: 'Change an API key' },
      ...{ body: { name: 'CI of the shop' }, answer: { ...key, name: 'CI of the shop' } },
    },
    {
      ...{ ...one, method: 'post', path: `${one.path}/rotate`, summary: 'Rotate an API key' },
      ...{ status: 201, body: { gracePeriod: '1h' }, answer: { ...key, secret: 'shown once' } },
    },
    { ...one, method: 'delete', summary: 'Revoke an API key', status: 204 },
    { method: 'get', path: `${path}/self`, summary: 'Read your own API key', answer: key },
    { method: 'delete', path: `${path}/self`, summary: 'Revoke your own API key', status: 204 },
  ]
}

/** Those of `tokenEndpoint` and `jwksEndpoint`. */
export function tokenRoutes(
  { tokens }: GateDescription,
  { token, jwks }: DescriptionOptions,
): readonly MountedRoute[] {
  const routes: MountedRoute[] = []
  if (tokens !== undefined && token !== undefined) {
    routes.push({
      ...{ method: 'post', path: token, summary: 'Exchange an API key for an access token' },
      body: {},
      answer: { access_token: 'a JWT', token_type: 'Bearer', expires_in: 900 },
    })
  }
  if (tokens !== undefined && jwks !== undefined) {
    const summary = 'Public keys of the access tokens'
    routes.push({ method: 'get', path: jwks, summary, isPublic: true, answer: { keys: [] } })
  }
  return routes
}
