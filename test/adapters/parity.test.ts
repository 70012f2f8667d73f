import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore } from 'sallyport'
import { sendRaw } from './raw-http.js'
import { FRAMEWORKS, listen } from './servers.js'

const REQUEST_ID = 'x-request-id: parity-test-1'

interface Case {
  readonly name: string
  readonly lines: readonly string[]
  readonly body?: string
  readonly status: number
  /** The app's own answer differs between frameworks: only what the guard set is compared. */
  readonly fromApp?: true
}

function post(path: string, body: string, type = 'application/json') {
  const length = `Content-Length: ${String(Buffer.byteLength(body))}`
  return {
    lines: [
      `POST ${path} HTTP/1.1`,
      'Authorization: Bearer {admin}',
      `Content-Type: ${type}`,
      length,
    ],
    body,
  }
}

function get(path: string, ...fields: string[]): { readonly lines: readonly string[] } {
  return { lines: [`GET ${path} HTTP/1.1`, ...fields] }
}

const ORDERS = 'Authorization: Bearer {orders}'
const HELD = 'Authorization: Bearer {held}'
const NARROW = 'Authorization: Bearer {narrow}'
const ADMIN = 'Authorization: Bearer {admin}'

function inBody(body: string): { readonly lines: readonly string[]; readonly body: string } {
  const length = `Content-Length: ${String(Buffer.byteLength(body))}`
  return { lines: ['POST /clinics HTTP/1.1', HELD, 'Content-Type: application/json', length], body }
}

/** Where a request names its tenant, and what it gets. */
const TENANTS: readonly (readonly [
  where: string,
  sent: Pick<Case, 'lines' | 'body'>,
  status: number,
])[] = [
  ['in the path', get('/clinics/clinic_1', HELD), 200],
  ['in the path, encoded', get('/clinics/clinic%5F1', HELD), 200],
  ['in the path, another', get('/clinics/clinic_2', HELD), 403],
  ['in the path, in another case', get('/clinics/Clinic_1', HELD), 403],
  ['in the path, with an encoded slash', get('/clinics/clinic_1%2F..%2Fclinic_2', HELD), 403],
  ['in the path, encoded twice', get('/clinics/clinic%255F1', HELD), 403],
  ['in the path, of a key without a list', get('/clinics/clinic_1', ORDERS), 403],
  ['in the query', get('/clinics?clinic=clinic_1', HELD), 200],
  ['in the query, twice', get('/clinics?clinic=clinic_1&clinic=clinic_1', HELD), 403],
  ['in the query, missing', get('/clinics', HELD), 403],
  ['in the body', inBody('{"clinic":"clinic_1"}'), 200],
  ['in the body, another', inBody('{"clinic":"clinic_2"}'), 403],
  ['in the body, as a list', inBody('{"clinic":["clinic_1"]}'), 403],
  ['in the body, as an object', inBody('{"clinic":{"length":1}}'), 403],
  ['in the body, missing', inBody('{}'), 403],
]

const CASES: readonly Case[] = [
  ...TENANTS.map(([where, sent, status]) => ({
    ...{ name: `a tenant ${where}`, ...sent, status },
    ...(status === 200 && { fromApp: true as const }),
  })),
  { name: 'its resource', ...get('/records/rec_1', NARROW), status: 200, fromApp: true },
  { name: 'another resource', ...get('/records/rec_2', NARROW), status: 403 },
  { name: 'a resource with a slash', ...get('/records/rec_1%2F..%2Frec_2', NARROW), status: 403 },
  { name: 'a key that may', ...get('/orders', ORDERS), status: 200, fromApp: true },
  {
    name: 'a key in x-api-key',
    ...get('/orders', 'x-api-key: {orders}'),
    status: 200,
    fromApp: true,
  },
  { name: 'no key', ...get('/orders'), status: 401 },
  { name: 'no key, HEAD', lines: ['HEAD /orders HTTP/1.1'], status: 401 },
  { name: 'no key, OPTIONS', lines: ['OPTIONS /orders HTTP/1.1'], status: 401 },
  {
    name: 'a key nobody issued',
    ...get('/orders', 'Authorization: Bearer acme_nobody'),
    status: 401,
  },
  { name: 'two Authorization lines', ...get('/orders', ORDERS, ORDERS), status: 400 },
  { name: 'both headers', ...get('/orders', ORDERS, 'X-Api-Key: {orders}'), status: 400 },
  { name: 'a tab', ...get('/orders', 'Authorization: Bearer\t{orders}'), status: 400 },
  { name: 'an empty Authorization', ...get('/orders', 'Authorization:'), status: 401 },
  { name: 'Basic', ...get('/orders', 'Authorization: Basic dXNlcjpwYXNz'), status: 401 },
  { name: 'a token in the query too', ...get('/orders?access_token=x', ORDERS), status: 400 },
  { name: 'obs-text', ...get('/orders', 'Authorization: Bearer \u00e9'), status: 400 },
  {
    name: 'plain HTTP from afar',
    ...get('/orders', ORDERS, 'X-Forwarded-For: 203.0.113.9'),
    status: 403,
  },
  { name: 'a missing scope', ...get('/orders', ADMIN), status: 403 },
  { name: 'keys without the scope', ...get('/keys', ORDERS), status: 403 },
  { name: 'a key that is not there', ...get('/keys/key_none', ADMIN), status: 404 },
  { name: 'a path below a key', ...get('/keys/key_none/more', ADMIN), status: 404 },
  { name: 'a malformed path', ...get('/keys/%E0%A4%A', ADMIN), status: 404 },
  { name: 'a prototype name', ...get('/keys/__proto__', ADMIN), status: 404 },
  {
    name: 'a method that is not there',
    lines: ['PUT /keys HTTP/1.1', ADMIN, 'Content-Length: 0'],
    status: 405,
  },
  {
    name: 'a URL with its host',
    lines: ['PUT http://localhost/keys HTTP/1.1', ADMIN, 'Content-Length: 0'],
    status: 405,
  },
  {
    name: 'a URL with a fragment',
    lines: ['PUT /keys#x HTTP/1.1', ADMIN, 'Content-Length: 0'],
    status: 405,
  },
  { name: 'a query behind a host', ...get('http://localhost/keys?owner=x', ADMIN), status: 400 },
  { name: 'an unknown query', ...get('/keys?owner=x', ADMIN), status: 400 },
  { name: 'a limit that is none', ...get('/keys?limit=1e9', ADMIN), status: 400 },
  { name: 'malformed JSON', ...post('/keys', '{"name": ['), status: 400 },
  { name: 'JSON that is no object', ...post('/keys', '[1]'), status: 400 },
  {
    name: 'a control character in JSON',
    ...post('/keys', '{"name":"\u0001"}'),
    status: 400,
  },
  { name: 'another media type', ...post('/keys', 'name=x', 'text/plain'), status: 415 },
  { name: 'a body of 65,537 bytes', ...post('/keys', ' '.repeat(65_537)), status: 413 },
  { name: 'a name that is missing', ...post('/keys', '{}'), status: 400 },
  { name: 'an owner in the body', ...post('/keys', '{"name":"x","ownerId":"org_2"}'), status: 400 },
  {
    name: 'an unknown scope',
    ...post('/keys', '{"name":"x","scopes":["read:everything"]}'),
    status: 400,
  },
  {
    name: 'a scope beyond the caller',
    ...post('/keys', '{"name":"x","scopes":["read:orders"]}'),
    status: 403,
  },
  { name: 'a revocation', lines: ['DELETE /keys/{victim} HTTP/1.1', ADMIN], status: 204 },
  {
    name: 'the revocation of a key of another owner',
    lines: ['DELETE /keys/{foreign} HTTP/1.1', ADMIN],
    status: 404,
  },
]

async function openApi() {
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: createMemoryKeyStore() },
    scopes: ['read:orders', 'manage:keys'],
    requestIdHeader: 'x-request-id',
  })
  const create = (ownerId: string, scopes: readonly ('read:orders' | 'manage:keys')[]) =>
    gate.keys.create({ name: 'Test', ownerId, scopes })
  const values = {
    orders: (await create('org_1', ['read:orders'])).secret,
    admin: (await create('org_1', ['manage:keys'])).secret,
    held: (
      await gate.keys.create({
        ...{ name: 'Test', ownerId: 'org_1', tenantIds: ['clinic_1'] },
      })
    ).secret,
    narrow: (
      await gate.keys.create({ name: 'Test', ownerId: 'org_1', resources: ['records/rec_1'] })
    ).secret,
    victim: (await create('org_1', [])).id,
    foreign: (await create('org_2', [])).id,
  }
  return { gate, values }
}

describe('the same request', () => {
  const open: { server: Server; port: number; values: Readonly<Record<string, string>> }[] = []

  beforeAll(async () => {
    for (const create of Object.values(FRAMEWORKS)) {
      const { gate, values } = await openApi()
      open.push({ ...(await listen(create(gate))), values })
    }
  })

  afterAll(() => {
    for (const { server } of open) server.close()
  })

  test.each(CASES)('gets the same answer everywhere: $name', async (one) => {
    const answers = await Promise.all(
      open.map(async ({ port, values }) => {
        const fill = (line: string) =>
          line.replace(/\{(\w+)\}/, (whole, name: string) => values[name] ?? whole)
        return sendRaw(port, [...one.lines.map(fill), 'Host: localhost', REQUEST_ID], one.body)
      }),
    )
    const compared = answers.map(({ status, headers, body }) => {
      const own = { id: headers['x-request-id'], cache: headers['cache-control'] }
      return one.fromApp ? { status, own, body } : { status, headers, body }
    })
    expect(answers[0]?.status).toBe(one.status)
    expect(answers[0]?.headers['x-request-id']).toBe('parity-test-1')
    for (const other of compared) expect(other).toEqual(compared[0])
    for (const { body } of answers) expect(body).not.toMatch(/node_modules|\.ts:|\.js:/)
  })
})
