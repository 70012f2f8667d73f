import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startExample, type RunningExample } from '../contracts/server.js'

// What a reader of the documents would try beside what they print.
const FRAMEWORKS = ['express', 'koa'] as const
const SYSTEMS = ['healthcloud', 'nimbus', 'novamed'] as const
const CLINIC = '550e8400-e29b-41d4-a716-446655440000'
const PATIENT = { first_name: 'John', last_name: 'Smith', email: 'john@example.com' }

describe.each(FRAMEWORKS)('on %s', (framework) => {
  const running = new Map<string, RunningExample>()

  beforeAll(async () => {
    for (const system of SYSTEMS) {
      const places = ['--database', ':memory:', '--no-audit']
      running.set(system, await startExample(system, framework, {}, ...places))
    }
  }, 60_000)
  afterAll(async () => {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
  })

  async function send(
    system: (typeof SYSTEMS)[number],
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ) {
    const { url, credentials } = running.get(system) as RunningExample
    const filled: Record<string, string> = {}
    for (const [name, value] of Object.entries(headers)) {
      filled[name] = value.replace(/\{(\w+)\}/, (_, key: string) => String(credentials[key]))
    }
    const type = { 'content-type': 'application/json', accept: 'application/json' }
    const answer = await fetch(url + path, {
      headers: { 'x-forwarded-proto': 'https', ...type, ...filled },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test('healthcloud takes keys in the Authorization header alone', async () => {
    const refused = await send('healthcloud', '/v1/organizations', { 'x-api-key': '{live}' })
    expect(refused).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHORIZED' } } })
  })

  test('healthcloud writes each code of an error as the document does', async () => {
    const admin = { authorization: 'Bearer {admin}', 'idempotency-key': 'once' }
    const scopes = ['read:patients']
    await send('healthcloud', '/v1/keys', admin, { name: 'One', scopes })
    const other = await send('healthcloud', '/v1/keys', admin, { name: 'Other', scopes })
    expect(other).toMatchObject({ status: 422, body: { error: { code: 'UNPROCESSABLE_CONTENT' } } })
  })

  test('nimbus calls each 403 forbidden', async () => {
    const plain = { 'x-api-key': '{sandbox}', 'x-forwarded-proto': 'http' }
    for (const headers of [{ 'x-api-key': '{notApproved}' }, { 'x-api-key': '{reader}' }, plain]) {
      const refused = await send('nimbus', '/orders', headers)
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    }
  })

  test.each([
    ['1985-03-15', 201],
    ['2024-02-29', 201],
    ['2023-02-29', 400],
    ['1985-13-45', 400],
    ['2985-01-01', 400],
    ['15.3.1985', 400],
  ])('novamed: a patient born on %s is answered with %d', async (date_of_birth, status) => {
    const body = { clinic_id: CLINIC, ...PATIENT, date_of_birth }
    const headers = { 'x-api-key': '{clinicA}' }
    expect((await send('novamed', '/api/external/patient', headers, body)).status).toBe(status)
  })
})
