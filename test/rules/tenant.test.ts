import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  type Requirement,
  type FrameworkRequest,
  type GateOptions,
  type GateRequest,
} from 'sallyport'
import { failuresInto } from '../failures.js'

const HELD = ['clinic_1', 'clinic_2']

function open(options: Partial<GateOptions> = {}) {
  const told: unknown[] = []
  const gate = createGate<string>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] },
    onError: failuresInto(told),
    ...options,
  })
  return { gate, told }
}

type Fields = readonly (readonly [name: string, value: string])[]

function requestOf(
  secret: string,
  { lines = [], ...parts }: { lines?: Fields; params?: unknown; body?: unknown; query?: unknown },
): GateRequest {
  const framework: FrameworkRequest = {
    native: parts,
    params: () => parts.params,
    body: () => parts.body,
  }
  return {
    ...{ method: 'GET', url: '/', framework },
    rawHeaders: [['x-api-key', secret], ...lines].flat(),
    peer: { address: '203.0.113.9', encrypted: true },
  }
}

async function verdict(
  requirement: Requirement<string, { readonly query?: { readonly clinic?: unknown } }>,
  parts: Parameters<typeof requestOf>[1],
  tenantIds: readonly string[] = HELD,
) {
  const { gate, told } = open()
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', tenantIds })
  const decision = await gate.check(requestOf(secret, parts), requirement)
  return { decision, told }
}

const header = { tenant: { header: 'X-Clinic' } } as const
const param = { tenant: { param: 'clinic' } } as const
const body = { tenant: { body: 'clinic' } } as const
const own = { tenant: ({ query }: { query?: { clinic?: unknown } }) => query?.clinic }

/** Each place with the same value in it. */
function places(value: unknown) {
  return [
    [
      'header',
      header,
      { lines: [['X-Clinic', typeof value === 'string' ? value : 'clinic_1, clinic_2']] },
    ],
    ['param', param, { params: { clinic: value } }],
    ['body', body, { body: { clinic: value } }],
    ['function', own, { query: { clinic: value } }],
  ] as const
}

describe('a tenant that the key lists', () => {
  test.each(places('clinic_2'))('is found in a %s, and told', async (_, requirement, parts) => {
    const { decision } = await verdict(requirement, parts)
    expect(decision).toMatchObject({ allowed: true, tenantId: 'clinic_2' })
  })

  test.each(places('clinic_2'))(
    'in a %s, is none of a key without a list',
    async (_, requirement, parts) => {
      for (const held of [[], ['clinic_1']]) {
        const { decision } = await verdict(requirement, parts, held)
        expect(decision).toMatchObject({ reason: 'tenant_mismatch', status: 403 })
      }
      const { gate } = open()
      const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
      const decision = await gate.check(requestOf(secret, parts), requirement)
      expect(decision).toMatchObject({ reason: 'tenant_mismatch' })
    },
  )
})

const NEVER = [
  'clinic_3',
  'Clinic_1',
  'clinic_1%2Fclinic_2',
  'clinic_1/../clinic_2',
  '',
  ' clinic_1',
]

describe.each(['header', 'param', 'body', 'function'])('what is no tenant in a %s', (place) => {
  test.each([...NEVER, 'clinic_1, clinic_2', 'clinic_1,clinic_2', '__proto__', 'constructor'])(
    '%j',
    async (value) => {
      const [, requirement, parts] = places(value).find(([name]) => name === place) ?? places('')[0]
      const { decision, told } = await verdict(requirement, parts)
      expect(decision).toMatchObject({ reason: 'tenant_mismatch', status: 403 })
      expect(told).toEqual([])
    },
  )

  test.each([[['clinic_1']], [HELD], { toString: 'clinic_1' }, 1, null, undefined, true])(
    '%j',
    async (value) => {
      if (place === 'header') return
      const [, requirement, parts] = places(value).find(([name]) => name === place) ?? places('')[0]
      const { decision } = await verdict(requirement, parts)
      expect(decision).toMatchObject({ reason: 'tenant_mismatch' })
    },
  )
})

test.each([
  [
    'a header twice',
    header,
    {
      lines: [
        ['X-Clinic', 'clinic_1'],
        ['x-clinic', 'clinic_1'],
      ],
    },
  ],
  ['no header', header, { body: { clinic: 'clinic_1' }, params: { clinic: 'clinic_1' } }],
  ['no body', body, { params: { clinic: 'clinic_1' } }],
  ['a body that is text', body, { body: 'clinic_1' }],
  ['a body that inherits it', body, { body: Object.create({ clinic: 'clinic_1' }) as object }],
  ['no params', param, { body: { clinic: 'clinic_1' } }],
  ['a promise', { tenant: () => Promise.resolve('clinic_1') }, {}],
  ['a text object', { tenant: () => Object('clinic_1') as unknown }, {}],
] as const)('%s is no tenant', async (_, requirement, parts) => {
  const { decision } = await verdict(requirement, parts)
  expect(decision).toMatchObject({ reason: 'tenant_mismatch' })
})

test('what a function throws, now or later, is told and is no tenant', async () => {
  const failure = new TypeError('no query')
  for (const tenant of [
    () => {
      throw failure
    },
    () => Promise.reject(failure),
  ]) {
    const { decision, told } = await verdict({ tenant }, {})
    expect(decision).toMatchObject({ reason: 'tenant_mismatch' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual([failure])
  }
})

test('a promise of a tenant is told', async () => {
  const { told } = await verdict({ tenant: () => Promise.resolve('clinic_1') }, {})
  await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual([expect.any(TypeError)])
})

test('the control: a key acts for a tenant that no route asks for', async () => {
  for (const requirement of [{}, { policies: [() => true] }]) {
    const { decision, told } = await verdict(requirement, { body: { clinic: 'clinic_3' } })
    expect(decision).toMatchObject({ allowed: true, tenantId: undefined })
    expect(told).toEqual([])
  }
})

describe('a request with several guards', () => {
  async function through(requirements: readonly Requirement[], parts: object) {
    const { gate } = open()
    const input = { name: 'CI', ownerId: 'org_1', tenantIds: HELD }
    const { secret } = await gate.keys.create(input)
    const request = requestOf(secret, parts)
    let decision = await gate.check(request, requirements[0])
    for (const requirement of requirements.slice(1)) {
      if (decision.allowed)
        decision = await gate.check({ ...request, grant: decision }, requirement)
    }
    return decision
  }

  test('is of one tenant, though the key acts for both', async () => {
    const parts = { params: { clinic: 'clinic_1' }, body: { clinic: 'clinic_2' } }
    expect(await through([param, body], parts)).toMatchObject({
      ...{ reason: 'tenant_mismatch' },
      cause: { expected: 'the tenant that an earlier guard has found', got: "'clinic_2'" },
    })
    expect(await through([{}, param, {}, body], parts)).toMatchObject({ reason: 'tenant_mismatch' })
  })

  test('keeps the tenant that was verified', async () => {
    const parts = { params: { clinic: 'clinic_1' }, body: { clinic: 'clinic_1' } }
    const decision = await through([{}, param, body, {}], parts)
    expect(decision).toMatchObject({ allowed: true, tenantId: 'clinic_1' })
  })

  test('looks once, however often it would be told something else', async () => {
    const answers = ['clinic_1', 'clinic_2']
    const requirement = { tenant: () => answers.shift() }
    expect(await through([requirement], {})).toMatchObject({ tenantId: 'clinic_1' })
    expect(answers).toEqual(['clinic_2'])
  })
})

test.each([400, 403, 404] as const)(
  'the status may be %i; the answer is the same, whatever is there',
  async (tenantMismatchStatus) => {
    const { gate } = open({ tenantMismatchStatus })
    const input = { name: 'CI', ownerId: 'org_1', tenantIds: HELD }
    const { secret } = await gate.keys.create(input)
    await gate.keys.create({ ...input, tenantIds: ['clinic_3'] })
    const answers = []
    for (const clinic of ['clinic_3', 'clinic_none', undefined]) {
      const decision = await gate.check(requestOf(secret, { body: { clinic } }), body)
      if (decision.allowed) throw new Error('let in')
      const { status, reason, code, requestId, body: text } = decision
      answers.push({ status, reason, code, text: text.replace(requestId, '') })
      expect(JSON.parse(text)).toMatchObject({ status: tenantMismatchStatus })
    }
    expect(answers[0]).toMatchObject({ status: tenantMismatchStatus, reason: 'tenant_mismatch' })
    for (const answer of answers) expect(answer).toEqual(answers[0])
  },
)

test('a tenant that is taken from a key or given to it counts for its next request', async () => {
  const { gate } = open()
  const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', tenantIds: HELD })
  const enter = () => gate.check(requestOf(secret, { body: { clinic: 'clinic_1' } }), body)
  expect(await enter()).toMatchObject({ allowed: true })
  await gate.keys.update(id, { tenantIds: ['clinic_2'] })
  expect(await enter()).toMatchObject({ reason: 'tenant_mismatch' })
  await gate.keys.update(id, { tenantIds: ['clinic_1'] })
  expect(await enter()).toMatchObject({ allowed: true })
})

test.each([
  [{ tenant: {} }, "requirement: 'tenant': must name one place"],
  [{ tenant: { header: 'a', body: 'b' } }, "requirement: 'tenant': must name one place"],
  [{ tenant: { header: '' } }, "requirement: 'tenant': must name one place"],
  [{ tenant: { path: 'a' } }, "requirement: 'tenant': 'path' is not known"],
  [{ tenant: 'x-clinic' }, "requirement: 'tenant': must be an object, such as"],
  [{ resource: {} }, "requirement: 'resource.type' must be"],
  [{ resource: { type: 'a/b' } }, "requirement: 'resource.type' must be"],
  [
    { resource: { type: 'a', ids: [] } },
    "requirement: 'resource': 'ids' is not known; did you mean 'id'?",
  ],
  [{ resource: { type: 'a', id: 'b' } }, "requirement: 'resource.id': must be an object"],
  [{ policies: ['partner'] }, "requirement: 'policies' must be a list of functions"],
])('%j is found at start-up', (requirement, message) => {
  expect(() => open().gate.requirement(requirement as never)).toThrow(message)
})

test.each([
  [undefined, "a text in 'clinic' of the body", 'nothing'],
  [1, "a text in 'clinic' of the body", 'something else'],
  ['clinic_3', "'clinic_1' or 'clinic_2'", "'clinic_3'"],
])('the operator is told which tenant was asked for: %j', async (clinic, expected, got) => {
  const { decision } = await verdict(body, { body: { clinic } })
  expect(decision).toMatchObject({ cause: { check: 'tenant', expected, got } })
})

test.each([
  [{ header: 'X-Tenant' }, undefined, "a text in the header 'x-tenant', once", ''],
  [
    { param: 'tennant' },
    { tenant: 'clinic_1', id: '1' },
    "a text in the parameter 'tennant' of the route",
    " The route has 'tenant', 'id'.",
  ],
  [
    { param: 'tenant' },
    {},
    "a text in the parameter 'tenant' of the route",
    " The route has no parameters: give the guard to a route that has one, such as '/:tenant'.",
  ],
  // An optional one, which this request does not have.
  [{ param: 'tenant' }, { tenant: undefined }, "a text in the parameter 'tenant' of the route", ''],
  [() => undefined, undefined, 'a text', ''],
] as const)('and where: %j', async (tenant, params, expected, fix) => {
  const told: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    onError: (error) => void told.push(String(error)),
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', tenantIds: HELD })
  const decision = await gate.check(requestOf(secret, { ...(params && { params }) }), { tenant })
  expect(decision).toMatchObject({ cause: { check: 'tenant', expected, got: 'nothing' } })
  expect(told).toEqual([
    `DiagnosisError: A request was rejected with tenant_mismatch: tenant is nothing; expected ${expected}.${fix}`,
  ])
})

describe('a credential that a client writes into another place', () => {
  const LEGACY = 'legacy/secret+of-another.kind~0123456789'

  test.each([
    ['is not in the cause of the denial', LEGACY],
    ['nor is its beginning, where the cause is cut', `${'x'.repeat(230)}${LEGACY}`],
    ['nor percent-encoded', LEGACY.replaceAll('/', '%2F').replaceAll('+', '%2B')],
  ])('%s', async (_name, tenant) => {
    const { gate } = open()
    await gate.keys.import({ secret: LEGACY, name: 'CI', ownerId: 'org_1', tenantIds: HELD })
    const decision = await gate.check(requestOf(LEGACY, { params: { tenant } }), {
      tenant: { param: 'tenant' },
    })
    expect(decision).toMatchObject({ reason: 'tenant_mismatch' })
    const told = decision.allowed ? '' : JSON.stringify(decision.cause)
    expect(told).toContain('tenant')
    expect(told).not.toContain('legacy')
  })
})
