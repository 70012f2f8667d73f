import type { Sent } from './site.js'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_TYPE = { 'content-type': 'application/json' }

/** Headers in which clients, proxies and browsers write things of their own. */
const HEADERS = [
  ...['user-agent', 'x-request-id', 'x-correlation-id', 'cookie', 'referer', 'origin', 'from'],
  ...['accept', 'accept-language', 'traceparent', 'baggage', 'if-none-match', 'via', 'forwarded'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'x-tenant', 'x-record', 'date'],
  ...['x-http-method-override', 'idempotency-key', 'content-language', 'x-anything'],
]

function everywhere(secret: string): Record<string, string> {
  return Object.fromEntries(HEADERS.map((name) => [name, secret]))
}

function everyChar(secret: string): string {
  return Buffer.from(secret).toString('hex').replace(/../g, '%$&')
}

function understood(secret: string) {
  return [{ authorization: `Bearer ${secret}` }, { 'x-api-key': secret }]
}

/** Ways to present a credential, right and wrong. */
function presenting(secret: string): readonly Readonly<Record<string, string>>[] {
  const basic = Buffer.from(`${secret}:${secret}`).toString('base64')
  return [
    ...understood(secret),
    { authorization: `Bearer ${secret}`, 'x-api-key': secret },
    { authorization: `Basic ${basic}` },
    { authorization: secret },
    { authorization: `Bearer ${secret} ${secret}` },
  ]
}

/**
 * Requests of a client who writes its secret wherever it can write something. One that nobody can tell by its looks is presented as it should be: else
 * nothing says that it is one.
 */
export function clientRequests(secret: string, looks: 'plain' | 'opaque'): Sent[] {
  const paths = [
    ...['patients', 'tenants', 'records'].map((room) => `/${room}/${secret}?key=${secret}`),
    `/patients/${everyChar(secret)}`,
    `/keys/${secret}?cursor=${secret}`,
    `/keys/${secret}/rotate/${secret}`,
    `/nowhere/${secret}`,
  ]
  const ways = looks === 'plain' ? presenting(secret) : understood(secret)
  return ways.flatMap((credential) =>
    paths.map((path) => ({ path, headers: { ...everywhere(secret), ...credential } })),
  )
}

/** The same of one who presents nothing, or something else: what the secret is can be told by its looks alone. */
export function strayRequests(secret: string, other: string): Sent[] {
  const paths = [`/patients/${secret}`, `/patients/${everyChar(secret)}`, `/records/x.${secret}`]
  return [{}, { authorization: `Bearer ${other}` }].flatMap((credential) => [
    ...paths.map((path) => ({ path, headers: { ...everywhere(secret), ...credential } })),
    { path: '/patients/1', headers: { ...credential, 'x-tenant': `a ${secret}, b` } },
  ])
}

const GRANTS = [
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]
const PARAMETERS = [
  ...['grant_type', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type'],
  ...['assertion', 'subject_token', 'subject_token_type', 'requested_token_type', 'actor_token'],
  ...['scope', 'audience', 'resource', 'token', 'token_type_hint', 'anything'],
]

/** Calls of the token and revocation endpoints with the secret in every parameter, alone and beside others. */
export function tokenRequests(
  secret: string,
  looks: 'plain' | 'opaque',
  client: { id: string; secret: string },
): Sent[] {
  const basic = (id: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
  })
  const known = basic(client.id, client.secret)
  const forms: readonly (readonly [object, Readonly<Record<string, string>>])[] = [
    ...PARAMETERS.flatMap((name, at) => {
      const fields = { grant_type: GRANTS[at % GRANTS.length], [name]: secret }
      return [[fields, {}] as const, [fields, known] as const]
    }),
    ...GRANTS.map((grant_type) => [{ grant_type, [secret]: secret }, known] as const),
    [{ grant_type: GRANTS[0], client_id: client.id, client_secret: secret }, {}],
    [{ grant_type: GRANTS[0] }, basic(client.id, secret)],
    [{ grant_type: GRANTS[0] }, basic(secret, secret)],
    [{}, { authorization: `Bearer ${secret}` }],
    [{ scope: secret }, { authorization: `Bearer ${secret}` }],
  ]
  const form = (fields: object) => String(new URLSearchParams(fields as Record<string, string>))
  const anywhere = looks === 'plain' && { 'user-agent': secret }
  return forms.flatMap(([fields, headers], at) => {
    const url = { method: 'POST', headers: { ...FORM, ...headers, ...anywhere } }
    const json = { method: 'POST', headers: { ...JSON_TYPE, ...headers, ...anywhere } }
    const others = [
      { ...url, path: '/parsed/token', body: form(fields) },
      { ...json, path: `/token?assertion=${secret}`, body: JSON.stringify(fields) },
      { ...json, path: '/parsed/token', body: JSON.stringify(fields) },
    ]
    return [
      { ...url, path: '/token', body: form(fields) },
      { ...url, path: '/revoke', body: form(fields) },
      ...others.slice(at % others.length).slice(0, 1),
    ]
  })
}

const TEXT_FIELDS = ['name', 'environment', 'kind', 'expiresAt', 'disabled', 'gracePeriod']

/** Calls of the key endpoints by somebody who may make them, with the secret in every field. */
export function adminRequests(secret: string, admin: string, id: string): Sent[] {
  const headers = { ...JSON_TYPE, authorization: `Bearer ${admin}` }
  const post = (path: string, body: unknown, method = 'POST', more = {}) => ({
    ...{ method, path, body: typeof body === 'string' ? body : JSON.stringify(body) },
    headers: { ...headers, ...more },
  })
  const bodies = [
    ...TEXT_FIELDS.map((field) => ({ [field]: secret })),
    ...['scopes', 'tenantIds', 'allowedIps'].map((field) => ({ [field]: [secret] })),
    { resources: [`records/${secret}`] },
    { resources: [secret] },
    { metadata: { note: secret } },
    { metadata: { [secret]: { deep: [secret] } } },
    { [secret]: secret },
    { scopes: [{ [secret]: secret }] },
  ]
  return [
    ...bodies.flatMap((body) => [
      post('/keys', { name: 'CI', ...body }),
      post('/keys', { name: 'CI', ...body }, 'POST', { 'idempotency-key': secret }),
      post(`/keys/${id}`, body, 'PATCH'),
      post(`/keys/${id}/rotate`, body),
    ]),
    post('/keys', { name: 'CI' }, 'POST', { 'idempotency-key': secret.slice(0, 255) }),
    post('/keys', `{"name": ${secret}`),
    post('/keys', JSON.stringify(secret)),
    post(`/keys/${id}`, { reason: secret, [secret]: 1 }, 'DELETE'),
    post(`/keys/${id}`, { reason: `It was ${secret}.` }, 'DELETE'),
    post(`/keys/${secret}`, { reason: 'gone' }, 'DELETE'),
    post(`/keys/${secret}/rotate`, {}),
    ...['cursor', 'state', 'environment', 'limit', secret].map((name) => ({
      path: `/keys?${name}=${secret}`,
      headers,
    })),
  ]
}
