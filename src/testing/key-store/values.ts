import type { KeyRecord } from '../../keys/record.js'
import { assertStored, record, type StoreCase } from './case.js'

/** Values that are easily changed on their way. */
const VALUES: readonly (readonly [id: string, what: string, fields: Partial<KeyRecord>])[] = [
  [
    'values-text',
    'text of any script, with quotes, backslashes and lines,',
    {
      name: '\u043a\u043b\u044e\u0447 \u{1f511} e\u0301 "\'`; DROP TABLE keys; --\\n\n%_$1 ',
      ownerId: 'org_\u00e9\u{1f512}\'"\\',
      scopes: ['read:\u00fc', "it's", 'a,b', '{"a"}', '[]'],
      revocationReason: 'null',
    },
  ],
  [
    'values-metadata',
    'metadata of 4,096 characters, of every kind of JSON value',
    {
      metadata: {
        long: '\u{1f511}'.repeat(1_000),
        rest: 'x'.repeat(1_900),
        'odd "name"': ['', null, false, 0, -1.5, 1e21, 0.1, [], {}, [[{}]]],
        date: '2030-01-01T00:00:00.000Z',
        __proto__name: 'true',
      },
    },
  ],
  [
    'values-empty',
    'an empty list, which is not an absent one,',
    { scopes: [], allowedIps: [], tenantIds: [], resources: [], metadata: {} },
  ],
  [
    'values-dates',
    'each date to the millisecond',
    {
      createdAt: new Date('2029-12-31T23:59:59.999Z'),
      expiresAt: new Date('9999-12-31T23:59:59.999Z'),
      revokedAt: new Date('2030-03-31T01:30:00.001Z'),
      disabledAt: new Date(0),
      rotatedAt: new Date('1999-02-28T12:00:00.010Z'),
    },
  ],
  [
    'values-plan',
    'a plan, and the largest limit that a key can have,',
    { plan: 'Enterprise_2-eu', limit: 1_000_000_000 },
  ],
  [
    'values-tenants',
    'each tenant and each resource, in their order,',
    {
      tenantIds: ['b', 'a', '550e8400-e29b-41d4-a716-446655440000', "it's, \u{1f512}", '{"a"}'],
      resources: ['records/*', 'records/rec_1', 'Patient/A.b~c:d@e-f_g'],
    },
  ],
  [
    'values-callers',
    'who made a key, and what callers of the endpoints have set of it,',
    {
      createdBy: {
        ...{ keyId: 'key_maker', issuer: 'https://issuer.example/\u00e9' },
        ...{ subject: '\'"\\ {"a"}', clientId: '\u{1f512}', app: true },
      },
      disabledAt: new Date('2030-01-02T00:00:00.001Z'),
      disabledOverHttpAt: new Date('2030-01-02T00:00:00.001Z'),
      metadataOverHttp: ['b', '', "it's, \u{1f512}", 'a'],
    },
  ],
  [
    'values-operators',
    'who of the operator made a key',
    { createdBy: { operator: true, subject: 'sam', name: "Sam O'Neill \u{1f512}" } },
  ],
  [
    'values-links',
    'what links a key to others, and to the request that made it,',
    {
      kind: 'pk',
      environment: 'sandbox2',
      rotatedFrom: 'key_before',
      rotatedTo: 'key_after',
      rotatedAt: new Date('2030-01-02T00:00:00.000Z'),
      retry: { salt: 'c2FsdA', request: 'cmVxdWVzdA' },
    },
  ],
]

export const VALUE_CASES: readonly StoreCase[] = [
  ...VALUES.map(([id, what, fields]) => ({
    id,
    name: `${what} comes back as it was stored`,
    run: async (...[store, other]: Parameters<StoreCase['run']>) => {
      const key = record(fields)
      await store.insert(key)
      await assertStored(other, key)
    },
  })),
  {
    id: 'values-absent',
    name: 'what a record does not have, the stored one does not have either',
    async run(store, other) {
      const { allowedIps: _, ...bare } = record()
      await store.insert(bare)
      await assertStored(other, bare)
    },
  },
]
