import type { GateDescription } from '../../src/index.js'
import type { DescriptionOptions, RouteDescription } from './options.js'

const KEY = {
  ...{ id: 'key_u6tSqbtzYC9RnQxrxoLtyi', name: 'CI', ownerId: 'org_1' },
  ...{ kind: 'sk', metadata: {}, createdAt: '2030-01-01T00:00:00.000Z', state: 'active' },
}

/** All routes: those of the app, and those of the endpoints that are mounted. */
export function routesOf(
  gate: GateDescription,
  options: DescriptionOptions,
): readonly RouteDescription[] {
  return [...(options.routes ?? []), ...tokenRoutes(gate, options), ...keyRoutes(gate, options)]
}

function keyRoutes(
  { environments: [first], scopes: known }: GateDescription,
  { keys }: DescriptionOptions,
): readonly RouteDescription[] {
  if (keys === undefined) return []
  const { path, scopes } = keys
  const granted = known.slice(0, 1).map(({ name }) => name)
  const key = { ...KEY, environment: first?.name, scopes: granted }
  const one = `${path}/{id}`
  return [
    {
      ...{ method: 'post', path, summary: 'Create an API key', scopes, status: 201 },
      body: { name: 'CI', scopes: granted },
      answer: { ...key, secret: 'shown once' },
    },
    { method: 'get', path, summary: 'List API keys', scopes, answer: { keys: [key] } },
    { method: 'get', path: one, summary: 'Read an API key', scopes, answer: key },
    {
      ...{ method: 'patch', path: one, summary: 'Change an API key', scopes },
      ...{ body: { name: 'CI of the shop' }, answer: { ...key, name: 'CI of the shop' } },
    },
    {
      ...{ method: 'post', path: `${one}/rotate`, summary: 'Rotate an API key', scopes },
      ...{ status: 201, body: { gracePeriod: '1h' }, answer: { ...key, secret: 'shown once' } },
    },
    { method: 'delete', path: one, summary: 'Revoke an API key', scopes, status: 204 },
    { method: 'get', path: `${path}/self`, summary: 'Read your own API key', answer: key },
    { method: 'delete', path: `${path}/self`, summary: 'Revoke your own API key', status: 204 },
  ]
}

function tokenRoutes(
  { tokens }: GateDescription,
  { token, jwks }: DescriptionOptions,
): readonly RouteDescription[] {
  const routes: RouteDescription[] = []
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
