import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { KeyQuery } from 'sallyport'
import { listStatement } from '../../../adapters/postgres/list.js'
import {
  BY_DIGEST,
  BY_ID,
  ROTATE,
  UPDATE,
  USAGE_OF,
} from '../../../adapters/postgres/statements.js'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, makeTables, type Schema } from './schema.js'

/** `npm run test:plans` takes a million. */
const KEYS = Number(process.env['SALLYPORT_TEST_KEYS'] ?? 100_000)

/** Of a thousand owners; nine of ten have a successor. */
const FILL = `
INSERT INTO sallyport_keys
  (id, version, digest, hint, name, owner_id, environment, kind, scopes, metadata, created_at, rotated_to, rotated_at)
SELECT 'key_' || n, 1, md5(n::text), 'acme_live_sk_...abcd', 'A key', 'org_' || n % 1000, 'live', 'sk', '{}', '{}',
  timestamptz '2020-01-01' + n * interval '1 minute',
  CASE WHEN n % 10 > 0 THEN 'key_' || n + 1 END, CASE WHEN n % 10 > 0 THEN timestamptz '2030-01-01' END
FROM generate_series(1, ${String(KEYS)}) n`

describeWith(databaseUrl, `with ${String(KEYS)} keys`, (url) => {
  let schema: Schema
  beforeAll(async () => {
    schema = await createSchema(url)
    await makeTables(schema)
    // A message for each would be told; and nobody wants the log of it.
    await schema.query('ALTER TABLE sallyport_keys DISABLE TRIGGER USER')
    await schema.query('ALTER TABLE sallyport_key_usage SET UNLOGGED')
    await schema.query('ALTER TABLE sallyport_keys SET UNLOGGED')
    await schema.query(FILL)
    await schema.query('VACUUM ANALYZE sallyport_keys')
  }, 120_000)
  afterAll(() => schema.drop(), 60_000)

  async function planOf(text: string, values: unknown[]): Promise<string> {
    const rows = await schema.query(`EXPLAIN ${text}`, values)
    return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  }

  const at = new Date('2030-01-01T00:00:00Z')
  const listing = (query: KeyQuery) => {
    const { text = '', values = [] } = listStatement(query, 50) ?? {}
    return [text, values] as const
  }
  const cursor = Buffer.from('1580515200000000 key_1').toString('base64url')
  const successor = JSON.stringify({ id: 'key_x', createdAt: at })

  test.each<[string, readonly [string, unknown[]], RegExp]>([
    ['by digest', [BY_DIGEST, ['c4ca4238a0b923820dcc509a6f75849b']], /sallyport_keys_digest_key/],
    ['by id', [BY_ID, ['key_50000']], /sallyport_keys_pkey/],
    [
      'to update',
      [UPDATE, ['[{"id":"key_7","version":9,"patch":{}}]', 'key_8', 1]],
      /sallyport_keys_pkey/,
    ],
    [
      'to rotate',
      [ROTATE, ['key_7', 9, at, successor, 'key_8', 1, 'org_7']],
      /sallyport_keys_pkey/,
    ],
    ['of an owner', listing({ ownerId: 'org_7' }), /sallyport_keys_by_owner/],
    ['of an owner, on', listing({ ownerId: 'org_7', cursor }), /sallyport_keys_by_owner/],
    ['newest', listing({}), /sallyport_keys_by_age/],
    ['newest, on', listing({ cursor }), /sallyport_keys_by_age/],
    [
      'that are due',
      listing({ standing: { state: 'active', at }, unrotatedSince: at, order: 'oldest', cursor }),
      /sallyport_keys_due/,
    ],
    ['that are revoked', listing({ standing: { state: 'revoked', at } }), /sallyport_keys_revoked/],
    [
      'that are disabled',
      listing({ standing: { state: 'disabled', at } }),
      /sallyport_keys_disabled/,
    ],
    ['that have expired', listing({ standing: { state: 'expired', at } }), /sallyport_keys_ending/],
    ['used', [USAGE_OF, ['key_7', '2030-01-01']], /sallyport_key_usage_pkey/],
  ])('%s: an index says where', async (_name, [text, values], index) => {
    const plan = await planOf(text, values)
    expect(plan).toMatch(index)
    expect(plan).not.toMatch(/Seq Scan/)
  })

  test('control: without its index, a digest is looked for everywhere', async () => {
    await schema.query('ALTER TABLE sallyport_keys DROP CONSTRAINT sallyport_keys_digest_key')
    expect(await planOf(BY_DIGEST, ['c4ca4238a0b923820dcc509a6f75849b'])).toMatch(/Seq Scan/)
  })
})
