import { inspect } from 'node:util'
import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import {
  createGate,
  createMemoryKeyStore,
  DeniedError,
  flatErrors,
  nestedErrors,
  problemDetails,
  type Denial,
  type ErrorFormat,
  type GateOptions,
} from 'sallyport'
import { createTestClock } from 'sallyport/testing'

function open(options: Partial<GateOptions> = {}) {
  return createGate<string>({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders'],
    ...options,
  })
}

const CI = { name: 'CI', ownerId: 'org_1' }

function requestWith(...rawHeaders: string[]) {
  return { method: 'GET', url: '/', rawHeaders, peer: { address: '203.0.113.9', encrypted: true } }
}

async function deny(options: Partial<GateOptions>, ...rawHeaders: string[]): Promise<Denial> {
  const decision = await open(options).check(requestWith(...rawHeaders))
  if (decision.allowed) throw new Error('allowed')
  return decision
}

test('unknown, expired, revoked, disabled and foreign keys cannot be told apart from outside', async () => {
  const time = createTestClock()
  const gate = open({ environment: ['live', 'test'], clock: time.clock })
  const elsewhere = open({ clock: time.clock })
  const create = () => gate.keys.create({ ...CI, environment: 'live' })
  const [expired, revoked, disabled] = [await create(), await create(), await create()]
  await gate.keys.update(expired.id, { expiresAt: new Date(time.clock()) })
  await gate.keys.revoke(revoked.id)
  await gate.keys.update(disabled.id, { disabled: true })
  const unknown = await elsewhere.keys.create(CI)
  const answers = await Promise.all(
    [expired, revoked, disabled, unknown].map(async ({ secret }) => {
      const denial = await gate.check(requestWith('X-Api-Key', secret))
      if (denial.allowed) throw new Error('allowed')
      const { reason, status, headers, body, requestId } = denial
      return { reason, seen: JSON.stringify({ status, headers, body }).replaceAll(requestId, 'ID') }
    }),
  )
  expect(answers.map(({ reason }) => reason)).toEqual([
    'key_expired',
    'key_revoked',
    'key_disabled',
    'unknown_key',
  ])
  expect(new Set(answers.map(({ seen }) => seen)).size).toBe(1)
})

describe('the challenge', () => {
  test.each([
    ['no credential: no error', {}, [], 'Bearer realm="api"'],
    [
      'a key that does not work',
      {},
      ['X-Api-Key', 'unknown-key'],
      'Bearer realm="api", error="invalid_token"',
    ],
    ['a malformed one', {}, ['X-Api-Key', '"'], 'Bearer realm="api", error="invalid_request"'],
    ['a realm with quotes', { realm: 'say "hi"' }, [], String.raw`Bearer realm="say \"hi\""`],
  ])('%s', async (_, options, rawHeaders, expected) => {
    const { headers } = await deny(options, ...rawHeaders)
    expect(headers['www-authenticate']).toContain(expected)
    expect(headers['www-authenticate']?.includes('error=')).toBe(expected.includes('error='))
  })

  test('names the scopes that are missing', async () => {
    const gate = open()
    const { secret } = await gate.keys.create(CI)
    const denial = await gate.check(requestWith('X-Api-Key', secret), { scopes: ['read:orders'] })
    expect(denial.headers['www-authenticate']).toMatch(
      /error="insufficient_scope".*scope="read:orders"$/,
    )
  })

  test('names a scheme that is accepted, and is not made where none is', async () => {
    const headerOnly = await deny({ credentials: { bearer: false } })
    expect([headerOnly.status, headerOnly.headers['www-authenticate']]).toEqual([401, undefined])
    const from = [{ header: 'Authorization', scheme: 'ApiKey' }]
    const { headers } = await deny({ credentials: { from } })
    expect(headers['www-authenticate']).toBe('ApiKey realm="api"')
  })

  test('is not made where it would mean nothing', async () => {
    const gate = open()
    const plain = { ...requestWith(), peer: { address: '203.0.113.9', encrypted: false } }
    expect((await gate.check(plain)).headers['www-authenticate']).toBeUndefined()
  })

  test('is well-formed for every realm and scope that is accepted', async () => {
    const printable = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 })
    const scope = fc.stringMatching(/^[!#-[\]-~]{1,20}$/)
    await fc.assert(
      fc.asyncProperty(printable, scope, async (realm, name) => {
        const gate = open({ realm, scopes: [name] })
        const { secret } = await gate.keys.create(CI)
        const { headers } = await gate.check(requestWith('X-Api-Key', secret), { scopes: [name] })
        expect(headers['www-authenticate']).toMatch(
          /^Bearer(?:,? [a-z_]+="(?:[^"\\\r\n]|\\["\\])*")+$/,
        )
      }),
      { numRuns: 50 },
    )
  })
})

describe('the body', () => {
  const words = { 401: { code: 'UNAUTHORIZED' }, missing_credentials: { message: 'Who are you?' } }

  test.each<[string, ErrorFormat, object]>([
    [
      'problem details',
      problemDetails({ typeBase: 'https://acme.example/problems/' }),
      {
        type: 'https://acme.example/problems/missing_credentials',
        title: 'Unauthorized',
        status: 401,
        detail:
          'Missing credentials. Send an API key in `X-API-Key` or as `Authorization: Bearer <key>`.',
        code: 'missing_credentials',
      },
    ],
    [
      'nested',
      nestedErrors({ words, docsUrl: 'https://acme.example' }),
      { error: { code: 'UNAUTHORIZED', message: 'Who are you?', docsUrl: 'https://acme.example' } },
    ],
    ['flat', flatErrors({ words }), { error: 'UNAUTHORIZED', message: 'Who are you?' }],
  ])('%s', async (_, errors, expected) => {
    const { body, headers } = await deny({ errorFormat: errors })
    expect(JSON.parse(body)).toMatchObject(expected)
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
    expect(headers['cache-control']).toBe('no-store')
  })

  const failed = () => {
    throw new Error('format failed')
  }

  test.each<[string, ErrorFormat['body']]>([
    ['throws', failed],
    ['makes nothing', () => undefined],
    ['makes what JSON has not', () => 1n],
  ])(
    'is told by problem details when the format of the app %s, and the app is told',
    async (_, made) => {
      const onError = jest.fn()
      const errors: ErrorFormat = { contentType: 'text/plain', body: made }
      const { status, body, headers } = await deny({ errorFormat: errors, onError })
      expect([status, headers['content-type']]).toEqual([401, 'application/problem+json'])
      expect(body).not.toContain('format failed')
      expect(onError).toHaveBeenCalledTimes(1)
    },
  )
})

describe('an onError that fails itself', () => {
  const failed = new Error('reporter failed')

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw failed
      },
    ],
    ['rejects', () => Promise.reject(failed)],
  ])('and %s does not change the answer', async (_, onError) => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {})
    const store = {
      ...createMemoryKeyStore(),
      findByDigest: () => Promise.reject(new Error('store failed')),
    }
    const keys = { prefix: 'acme', store }
    const denial = await deny({ keys, onError }, 'X-Api-Key', 'some-key')
    expect([denial.status, denial.reason]).toEqual([503, 'store_unavailable'])
    await Promise.resolve()
    expect(logged.mock.calls).toEqual([['sallyport:', failed]])
    logged.mockRestore()
  })
})

describe('request ids', () => {
  test('are new for each request', async () => {
    const gate = open()
    const ids = new Set<string>()
    for (let count = 0; count < 1_000; count++) {
      const { requestId } = await gate.check(requestWith())
      expect(requestId).toMatch(/^req_[0-9A-Za-z]{22}$/)
      ids.add(requestId)
    }
    expect(ids.size).toBe(1_000)
  })

  test.each([
    [
      'a fit one, where the app asks for it',
      'x-request-id',
      ['X-Request-Id', 'trace-0123456789'],
      'trace-0123456789',
    ],
    ['no one has asked', undefined, ['X-Request-Id', 'trace-0123456789'], /^req_/],
    ['a short one', 'x-request-id', ['X-Request-Id', 'short'], /^req_/],
    ['a long one', 'x-request-id', ['X-Request-Id', 'x'.repeat(129)], /^req_/],
    ['odd signs', 'x-request-id', ['X-Request-Id', 'trace"0123456789'], /^req_/],
    ['two', 'x-request-id', ['X-Request-Id', 'trace-0123456789', 'X-Request-Id', 'x'], /^req_/],
    [
      'what is also presented',
      'x-request-id',
      ['X-Request-Id', 'opaque-0123456789', 'Authorization', 'Bearer opaque-0123456789'],
      /^req_/,
    ],
    [
      'what looks like a key',
      'x-request-id',
      ['X-Request-Id', `other_live_sk_${'x'.repeat(33)}`],
      /^req_/,
    ],
  ])('that come in: %s', async (_, requestIdHeader, rawHeaders, expected) => {
    const { requestId, headers } = await deny(
      { ...(requestIdHeader && { requestIdHeader }) },
      ...rawHeaders,
    )
    expect(requestId).toMatch(expected)
    expect(headers['x-request-id']).toBe(requestId)
  })
})

test('no decision and no error shows the secret', async () => {
  const gate = open()
  const { id, secret } = await gate.keys.create(CI)
  const request = requestWith('X-Api-Key', secret)
  const granted = await gate.check(request)
  await gate.keys.revoke(id)
  const denied = await gate.check(request)
  if (denied.allowed) throw new Error('allowed')
  const shown = (one: unknown) => inspect(one, { depth: 9, showHidden: true }) + JSON.stringify(one)
  const everything = [granted, denied, denied.headers, denied.body, new DeniedError(denied)]
  for (const one of everything) expect(shown(one)).not.toContain(secret)
  // It would be found: in a property that is not listed, deep down, and by its own way into JSON.
  const hidden = Object.defineProperty({}, 'request', { value: { deep: request } })
  for (const one of [hidden, { toJSON: () => secret }]) expect(shown(one)).toContain(secret)
})

test("what an app's error handling is given tells the client nothing more", async () => {
  const gate = open({ onDenied: 'next' })
  const { id, secret } = await gate.keys.create(CI)
  await gate.keys.revoke(id)
  const denied = await gate.check(requestWith('X-Api-Key', secret))
  if (denied.allowed) throw new Error('allowed')
  expect(new DeniedError(denied).message).toBe('Denied: invalid_credentials')
  expect(new DeniedError(denied).denial.reason).toBe('key_revoked')
})

describe('a decision in a log', () => {
  test('a denial shows what it is, and not what was presented', async () => {
    const presented = 'acme_live_sk_presented'
    const denial = await deny({ onError: () => undefined }, 'X-Api-Key', presented)
    const shown = {
      ...{ allowed: false, status: 401, code: 'invalid_credentials', reason: 'unknown_key' },
      ...{ requestId: denial.headers['x-request-id'], cause: denial.cause },
    }
    expect(denial.cause).toMatchObject({ check: 'length' })
    expect(JSON.parse(JSON.stringify(denial))).toEqual(shown)
    expect({ ...denial }).toEqual(shown)
    for (const text of [
      inspect(denial),
      JSON.stringify({ denial }),
      inspect(new DeniedError(denial)),
    ]) {
      expect(text).toContain('unknown_key')
      expect(text).not.toContain('presented')
      expect(text).not.toContain('[Getter]')
    }
    expect(inspect(denial)).toContain(denial.requestId)
  })

  test('a grant shows whose it is, and not its secret', async () => {
    const gate = open()
    const { secret, id } = await gate.keys.create(CI)
    const grant = await gate.check(requestWith('X-Api-Key', secret))
    const { requestId } = grant
    expect(JSON.parse(JSON.stringify(grant))).toMatchObject({
      allowed: true,
      requestId,
      auth: { keyId: id },
    })
    expect(inspect(grant)).toContain(requestId)
    expect(inspect(grant) + JSON.stringify(grant)).not.toContain(secret.slice(-12))
  })
})
