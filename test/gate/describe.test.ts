import { describe, expect, test } from '@jest/globals'
import { createGate, MisuseError, nestedErrors, type GateOptions } from 'sallyport'
import { createPair, issuerWith } from '../jwt/issuer.js'
import { keptSink } from '../audit/gates.js'

const SCOPES = {
  'read:patients': { level: 'standard', title: 'Read patients', description: 'Reads Patient.' },
  'write:patients': { level: 'standard' },
  'admin:org': { level: 'admin', title: 'Administer' },
  'publish:assets': 'publisher',
} as const
const LEVELS = [
  { name: 'standard', title: 'Standard' },
  'admin',
  { name: 'publisher', above: ['standard'] },
] as const

function mistake(options: object): unknown {
  try {
    createGate({ environment: 'live', keys: { prefix: 'acme' }, ...options } as GateOptions)
  } catch (error) {
    if (error instanceof MisuseError) return error.message.replace('createGate: ', '')
    throw error
  }
  return 'accepted'
}

describe('a catalogue that is wrong is refused at start-up', () => {
  const one = { 'read:a': { level: 'standard' } }
  test.each<[object, string]>([
    [
      { scopes: { 'read:a': 'standard' } },
      "'scopes.read:a' has a level with a name; give 'levels'",
    ],
    [
      { scopes: { 'read:a': 'admn' }, levels: ['standard', 'admin'] },
      "'scopes.read:a' must have one of the levels 'standard', 'admin'",
    ],
    [
      { scopes: { 'read:a': {} }, levels: ['standard'] },
      "'scopes.read:a' must have one of the levels 'standard'",
    ],
    [
      { scopes: { 'read:a': 2 }, levels: ['standard'] },
      "'scopes.read:a' must have one of the levels 'standard'",
    ],
    [
      { scopes: ['read:a'], levels: ['standard'] },
      "'scopes.read:a' must have one of the levels 'standard'",
    ],
    [{ scopes: { a: { level: 12 } } }, "'scopes.a.level' must be a whole number from 1 to 9"],
    [{ scopes: { a: { titel: 'x' } } }, "'scopes.a': 'titel' is not known; did you mean 'title'?"],
    [{ scopes: { a: { title: '' } } }, "'scopes.a.title' must be a text"],
    [
      { scopes: { a: { title: 'Same' }, b: { title: 'Same' } } },
      "'scopes' have the title 'Same' twice",
    ],
    [{ scopes: one, levels: ['standard', 'admin'] }, "'levels' has 'admin', and no scope is of it"],
    [{ scopes: one, levels: ['standard', 'standard'] }, "'levels' has 'standard' twice"],
    [
      { scopes: one, levels: [{ name: 'standard', above: ['admin'] }, 'admin'] },
      "'levels' has 'standard' above 'admin', which is not before it in the list",
    ],
  ])('%j', (options, message) => {
    expect(mistake(options)).toBe(message)
  })

  test('control: what is right is accepted, in the short forms, too', () => {
    expect(mistake({ scopes: SCOPES, levels: LEVELS })).toBe('accepted')
    expect(mistake({ scopes: ['a'] })).toBe('accepted')
    expect(mistake({ scopes: { a: 1, b: { level: 2, title: 'B' }, c: {} } })).toBe('accepted')
  })
})

test('a gate describes itself, without a secret', () => {
  const pair = createPair('EdDSA', 'login')
  const gate = createGate({
    environment: {
      live: { hosts: ['api.acme.example'] },
      sandbox: { hosts: ['api-sandbox.acme.example'] },
      default: 'sandbox',
    },
    keys: { prefix: 'acme', peppers: ['a pepper that nobody may ever see'] },
    ...{ scopes: SCOPES, levels: LEVELS },
    plans: { free: { quota: { limit: 100, window: '1h' } }, none: { access: false } },
    limits: { defaultPlan: 'free' },
    credentials: { header: 'X-Acme-Key' },
    errorFormat: nestedErrors({ docsUrl: 'https://acme.example/errors' }),
    issuers: [issuerWith(pair, { environment: 'sandbox' })],
    phi: { sandbox: 'synthetic' },
    audit: { sink: keptSink() },
  })
  const said = gate.describe()
  expect(said.environments).toEqual([
    {
      ...{ name: 'live', hosts: ['api.acme.example'], isDefault: false },
      ...{ manages: ['live', 'sandbox'], phi: 'allowed' },
    },
    {
      ...{ name: 'sandbox', hosts: ['api-sandbox.acme.example'], isDefault: true },
      ...{ manages: ['sandbox'], phi: 'synthetic' },
    },
  ])
  expect(said.scopes).toEqual([
    {
      ...{ name: 'read:patients', level: 'standard', title: 'Read patients' },
      description: 'Reads Patient.',
    },
    { name: 'write:patients', level: 'standard' },
    { name: 'admin:org', level: 'admin', title: 'Administer' },
    { name: 'publish:assets', level: 'publisher' },
  ])
  expect(said.levels).toEqual([
    { name: 'standard', title: 'Standard' },
    { name: 'admin' },
    { name: 'publisher', above: ['standard'] },
  ])
  expect(said).toMatchObject({
    plans: { free: { quota: [{ limit: 100, window: '1h' }] }, none: { access: false } },
    defaultPlan: 'free',
    credentials: [
      { in: 'header', name: 'authorization', scheme: 'Bearer', accepts: 'either' },
      { in: 'header', name: 'x-acme-key', accepts: 'key' },
    ],
    keys: { prefix: 'acme', gracePeriod: '24h' },
    issuers: [{ issuer: 'https://login.example.com', environment: 'sandbox' }],
    errors: { contentType: 'application/json; charset=utf-8' },
    realm: 'api',
  })
  expect(said.errors.responses.insufficient_scope).toMatchObject({
    status: 403,
    body: { error: { code: 'insufficient_scope', docsUrl: 'https://acme.example/errors' } },
  })
  expect(JSON.stringify(said)).not.toContain('pepper')
  // It is of the gate alone: what a reader does to it changes nothing.
  Object.assign(said.scopes[0] as object, { title: 'changed' })
  expect(gate.describe().scopes[0]?.title).toBe('Read patients')
})

const NOTHING = () => undefined
const WEBHOOKS = {
  targets: ['a', 'b'].map((name) => ({
    ...{ name, limitMs: 1_000, wants: () => true, send: () => Promise.resolve() },
  })),
}

test.each<[object, object]>([
  [{}, {}],
  [{ audit: { sink: keptSink() } }, { audit: { requests: 'all' } }],
  [{ audit: { sink: keptSink(), when: ['live'] } }, { audit: { requests: ['live'] } }],
  [{ audit: { sink: keptSink(), when: () => true } }, { audit: { requests: 'some' } }],
  [{ notify: NOTHING }, { events: { notify: true, webhooks: 0 } }],
  [{ webhooks: WEBHOOKS }, { events: { notify: false, webhooks: 2 } }],
  [
    { notify: NOTHING, reminders: {} },
    { events: { notify: true, webhooks: 0, reminders: 'chosen' } },
  ],
  [
    { notify: NOTHING, reminders: { wants: () => true } },
    { events: { notify: true, webhooks: 0, reminders: 'answered' } },
  ],
])('it says where records and events go: %j', async (options, said) => {
  const given = { environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: ['a'] }
  const gate = createGate({ ...given, ...options })
  const { audit, events } = gate.describe()
  expect({ ...(audit && { audit }), ...(events && { events }) }).toEqual(said)
  await gate.close()
})

test('its pattern is that of its keys', async () => {
  const gate = createGate({ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: [] })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'test' })
  const pattern = new RegExp(gate.describe().keys.pattern)
  expect(secret).toMatch(pattern)
  expect(secret.replace('test', 'prod')).not.toMatch(pattern)
})
