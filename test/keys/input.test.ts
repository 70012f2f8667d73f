import { beforeAll, describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyRecord } from 'sallyport'

const CI = { name: 'CI', ownerId: 'org_1', environment: 'live' } as const
const EMOJI = '\u{1f511}'

function open() {
  const memory = createMemoryKeyStore()
  const stored: KeyRecord[] = []
  const insert = (record: KeyRecord) => {
    stored.push(record)
    return memory.insert(record)
  }
  const gate = createGate({
    ...{ environment: ['live', 'test'], scopes: ['read', 'write'] },
    keys: { prefix: 'acme', store: { ...memory, insert } },
    plans: { one: { quota: { limit: 10, window: '1h' } }, free: { concurrency: 1 } },
    limits: { defaultPlan: 'free' },
  })
  return { ...gate, stored }
}

// What is made with the first key is there for all tests, whichever comes first.
beforeAll(async () => {
  await open().keys.create(CI)
})

/** What is said of input, and with which code. */
async function saidOf(input: object, { keys } = open()): Promise<unknown> {
  const made = keys.create({ ...CI, ...input })
  return made.then(
    () => 'made',
    (error: unknown) => {
      const { message, code } = error as { message: string; code?: string }
      return [code, message.replace('gate.keys.create: ', '')]
    },
  )
}

const STORABLE =
  "'metadata' must be text that every database can keep: no NUL, no half of a surrogate pair"
const YEARS = "'expiresAt' must lie between the years 1970 and 9999"
const NETWORK = "write an IP address or a CIDR network such as '203.0.113.0/24'"

describe('of input for a new key is said what is wrong:', () => {
  test.each<[object, string]>([
    [{ name: 'a\nb' }, "'name' must not have control characters"],
    [
      { ownerId: ' org_1' },
      "'ownerId' must not begin or end with white space, and must not have control characters",
    ],
    [{ expiresAt: new Date(-1) }, YEARS],
    [{ expiresAt: new Date(Date.UTC(10_000, 0, 1)) }, YEARS],
    [
      { resources: ['records'] },
      "'resources.0' must be a type and an id, such as 'records/rec_1', or 'records/*'",
    ],
    [{ plan: 'a plan' }, "'plan' must be the name of a plan"],
    [{ limit: 0 }, "'limit' must be at least 1"],
    [{ limit: 1_000_000_001 }, "'limit' must be at most 1000000000"],
    [{ metadata: { a: 'x'.repeat(4_089) } }, "'metadata' must be at most 4,096 characters of JSON"],
    [{ metadata: { a: 'x\0' } }, STORABLE],
    [{ metadata: { 'x\0': 1 } }, STORABLE],
    [{ metadata: { a: ['fine', { b: '\ud800' }] } }, STORABLE],
    [{ allowedIps: ['10.0.0.1', '10.0.0'] }, `'allowedIps' has '10.0.0'; ${NETWORK}`],
  ])('%j', async (input, message) => {
    expect(await saidOf(input)).toEqual(['invalid_key_input', message])
  })

  test('metadata may be nested 16 levels deep, and not 17', async () => {
    const nested = (levels: number) =>
      JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as object
    expect(await saidOf({ metadata: nested(16) })).toBe('made')
    expect(await saidOf({ metadata: nested(17) })).toEqual([
      'invalid_key_input',
      "'metadata' must not be nested more than 16 levels deep",
    ])
  })

  test.each([
    ['name', (secret: string) => ({ name: secret })],
    ['ownerId', (secret: string) => ({ ownerId: secret })],
    ['resources.0', (secret: string) => ({ resources: [`records/${secret}`] })],
    ['metadata', (secret: string) => ({ metadata: { note: secret } })],
    ['metadata', (secret: string) => ({ metadata: { [secret]: true } })],
  ])('%s must not have a secret in it', async (place, inputWith) => {
    const opened = open()
    const { secret } = await opened.keys.create(CI)
    expect(await saidOf(inputWith(secret), opened)).toEqual([
      'invalid_key_input',
      `'${place}' must not have an API key or a token in it`,
    ])
  })

  test.each<[string | undefined, string]>([
    [undefined, "say which environment: one of 'live', 'test'"],
    ['liv', "'liv' is not an environment of this gate; did you mean 'live'?"],
    ['production', "'production' is not an environment of this gate; use one of 'live', 'test'"],
  ])('the environment %s', async (environment, message) => {
    expect(await saidOf({ environment })).toEqual(['unknown_environment', message])
  })

  test.each<[object]>([[{ plan: 'gone' }], [{ limit: 5 }]])('a plan: %j', async (chosen) => {
    expect(await saidOf(chosen)).toEqual([expect.any(String), expect.stringMatching(/plan/)])
    expect(await saidOf({ plan: 'one', limit: 5 })).toBe('made')
  })

  test('and of an id that no key can have', async () => {
    const { keys } = open()
    for (const id of [' key_1', '', 'x'.repeat(129), 7 as unknown as string]) {
      const found = Promise.resolve().then(() => keys.usage(id))
      await expect(found).rejects.toMatchObject({ code: 'invalid_key_input' })
    }
    expect(await keys.usage('x'.repeat(128))).toEqual([])
  })
})

describe('a new key is stored', () => {
  test('with its defaults, and without what was not given', async () => {
    const { keys, stored } = open()
    await keys.create(CI)
    expect(stored[0]).toMatchObject({ kind: 'sk', scopes: [], metadata: {} })
    const names = ['allowedIps', 'tenantIds', 'resources', 'plan', 'limit', 'expiresAt']
    for (const name of names) expect(stored[0]).not.toHaveProperty(name)
  })

  test('with all that was given, each scope, tenant and resource once', async () => {
    const { keys, stored } = open()
    const metadata = { a: [1, null, true, 'x', { [EMOJI]: EMOJI }], b: 'x'.repeat(4_000) }
    const expiresAt = new Date(Date.UTC(9_999, 11, 31))
    const fields = { kind: 'pk', allowedIps: ['10.0.0.0/8'], plan: 'one', limit: 5 } as const
    const made = keys.create({
      ...{ ...CI, ...fields, expiresAt, metadata, scopes: ['write', 'read', 'write'] },
      ...{ tenantIds: ['t1', 't1'], resources: ['records/*', 'records/*'] },
    })
    // Whoever gave it may change it afterwards.
    expiresAt.setTime(0)
    await made
    expect(stored[0]).toMatchObject({
      ...{ ...fields, metadata, scopes: ['write', 'read'], tenantIds: ['t1'] },
      ...{ resources: ['records/*'], expiresAt: new Date(Date.UTC(9_999, 11, 31)) },
    })
  })

  test('with metadata of 4,096 characters', async () => {
    expect(await saidOf({ metadata: { a: 'x'.repeat(4_088) } })).toBe('made')
  })
})
