import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const ROOT = resolve(import.meta.dirname, '..')

/** Rows of docs/limits.md, by how they begin, with the constants that they tell of. */
const ROWS: readonly (readonly [row: string, file: string, ...constants: string[]])[] = [
  ['API key', 'src/keys/format.ts', 'MAX_SECRET_LENGTH'],
  ['header lines', 'src/admit/credential.ts', 'MAX_HEADER_LINES'],
  ['`X-Forwarded-For`', 'src/net/proxies.ts', 'MAX_HOPS', 'MAX_LENGTH'],
  ['body of a key endpoint', 'src/endpoints/body.ts', 'MAX_BODY'],
  ['depth of that body', 'src/endpoints/body.ts', 'MAX_DEPTH'],
  ['body of a secret', 'src/keys/format.ts', 'BODY_LENGTH', 'CHECKSUM_LENGTH'],
  ['a call of the store', 'src/keys/bounded.ts', 'LIMIT_MS'],
  ['a policy', 'src/authorize/policies.ts', 'LIMIT_MS'],
  [
    'known keys in the cache',
    'src/keys/cached.ts',
    'CACHE_ENTRIES',
    'CACHE_TTL_MS',
    'UNSURE_TTL_MS',
  ],
  ['unknown keys in the cache', 'src/keys/cached.ts', 'CACHE_ENTRIES', 'UNKNOWN_TTL_MS'],
  ['peers judged', 'src/net/proxies.ts', 'REMEMBERED_PEERS'],
  ['tries of a change', 'src/keys/room.ts', 'ATTEMPTS'],
  ['reads that come back', 'src/keys/cached.ts', 'ATTEMPTS'],
  ['a remembered key, with', 'src/keys/cached.ts', 'SPARE_MS'],
  ['publishing a change', 'src/keys/announce.ts', 'PUBLISH_MS'],
  ['uses that wait', 'src/keys/usage.ts', 'FLUSH_MS', 'MAX_WAITING'],
  ['a page of `revokeAll`', 'src/keys/revoke.ts', 'PAGE', 'AT_ONCE', 'LOOKS'],
  ['a line', 'src/keys/import-lines.ts', 'MAX_LINE_BYTES'],
  ['tries of lines', 'src/keys/import-lines.ts', 'ATTEMPTS'],
  ['counters in memory', 'src/limits/counters.ts', 'MAX_ROWS'],
  ['taken ahead with', 'src/limits/lease.ts', 'MAX_SIZE'],
  ['requests over while', 'src/limits/limiter.ts', 'MAX_OWED'],
  ['SQLite: waiting for another', 'adapters/sqlite/session.ts', 'BUSY_MS'],
  ['SQLite: looking for changes', 'adapters/sqlite/feed.ts', 'POLL_MS'],
  ['SQLite: changes that are kept', 'adapters/sqlite/schema.ts', 'KEPT_CHANGES'],
  ['SQLite: waiting of `migrate`', 'adapters/sqlite/schema.ts', 'PATIENCE_MS'],
  ['PostgreSQL: a statement', 'adapters/postgres/limits.ts', 'LIMIT_MS'],
  ['PostgreSQL: a new connection', 'adapters/postgres/limits.ts', 'CONNECT_MS'],
  ['PostgreSQL: the connection that', 'adapters/postgres/line.ts', 'OPEN_MS'],
  ['PostgreSQL: waiting of `migrate`', 'adapters/postgres/migrate.ts', 'PATIENCE_MS'],
  ['an introspection', 'src/tokens/introspection.ts', 'LIMIT_MS', 'MAX_BYTES'],
  ['introspections under way', 'src/tokens/introspection.ts', 'MAX_ASKED', 'MAX_UNKNOWN'],
  ['service accounts that are known', 'src/tokens/own-issuer.ts', 'PROVEN_ACCOUNTS'],
  ['key sets of service accounts', 'src/tokens/service-accounts.ts', 'MAX_CHARACTERS'],
  ['introspection after', 'src/tokens/introspection.ts', 'FAILURES'],
  ['answers that are remembered', 'src/tokens/introspected.ts', 'MAX_TOKENS'],
  ['the public keys, with others', 'src/endpoints/jwks.ts', 'MAX_AGE_S'],
  ['keys to sign with', 'src/tokens/key-set.ts', 'MAX_KEYS'],
  ['an assertion', 'src/tokens/assertion.ts', 'MAX_ASSERTION_MS', 'TOLERANCE_MS'],
  ['clocks of instances', 'src/tokens/own-issuer.ts', 'TOLERANCE_MS'],
  ['a call of `revocations`', 'src/tokens/bounded.ts', 'LIMIT_MS'],
  ['revoked tokens, and used', 'src/tokens/id-table.ts', 'MAX_IDS'],
  ['PostgreSQL: audit records', 'adapters/postgres/audit.ts', 'BATCH'],
  ['PostgreSQL: reading 1,000', 'adapters/postgres/audit.ts', 'READ_MS', 'PRUNE_MS'],
  ["an acknowledgement in mode `'required'`", 'src/record/trail.ts', 'ACKNOWLEDGE_MS'],
  ['records that wait to be written', 'src/record/queues.ts', 'MAX_WAITING'],
  ['a write to a sink', 'src/record/writer.ts', 'FLUSH_MS', 'BATCH'],
  ['a sink that fails', 'src/record/writer.ts', 'RETRY_MS', 'HUNG_MS'],
  ['`gate.audit.flush`', 'src/record/writer.ts', 'CLOSE_MS'],
  ['a checkpoint', 'src/record/writer.ts', 'CHECKPOINT_RECORDS', 'CHECKPOINT_MS'],
  ['refusals that repeat', 'src/record/fold.ts', 'FOLD_MS', 'MAX_FOLDS'],
  ['texts of a record', 'src/record/access.ts', 'MAX_PATH', 'MAX_METHOD', 'MAX_NAME'],
  ['texts of a record', 'src/record/access.ts', 'MAX_USER_AGENT'],
  ['texts of a record', 'src/record/touched.ts', 'MAX_RESOURCE', 'MAX_ID'],
  ['health information of a record', 'src/record/touched.ts', 'MAX_PHI', 'MAX_IDS'],
  ['a file of a trail', 'adapters/file/files.ts', 'MAX_BYTES'],
  ['a line of a file', 'adapters/file/lines.ts', 'MAX_LINE_BYTES'],
  ['ends of chains', 'adapters/file/rest.ts', 'MAX_HEADS'],
  ['what `verifyTrail` tells of', 'src/record/report.ts', 'MAX_FINDINGS'],
  ['what `verifyTrail` remembers', 'src/record/verify.ts', 'MAX_GONE', 'MAX_TAIL'],
  ['retention', 'src/record/verify.ts', 'RETENTION_DAYS'],
  ['a page of `gate.audit.query`', 'src/record/query.ts', 'MAX_LIMIT', 'DEFAULT_LIMIT'],
  ['`sallyport audit tail`', 'cli/audit/tail.ts', 'MAX_LINES'],
  ['events of a trail', 'src/record/event.ts', 'WAITING'],
  ['a review: callers', 'cli/audit/report/gather.ts', 'MAX_CALLERS', 'MAX_SEEN'],
  ['Redis: an echo', 'adapters/redis/echo.ts', 'LIMIT_MS', 'MAX_UNSENT'],
  ['Redis: a message', 'adapters/redis/channel.ts', 'MAX_LENGTH'],
]

const page = readFileSync(join(ROOT, 'docs/limits.md'), 'utf8')

function limitOf(row: string): string | undefined {
  const line = page.split('\n').find((one) => one.startsWith(`| ${row}`))
  return line?.split('|').slice(2).join('|')
}

function valueOf(file: string, constant: string): number {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const [, digits] =
    new RegExp(`^(?:export )?const ${constant} = \\D*([\\d_]+)`, 'm').exec(text) ?? []
  if (digits === undefined) throw new Error(`${file} has no number ${constant}`)
  return Number(digits.replaceAll('_', ''))
}

/** A number as the page writes it; times of a second and more are in seconds there. */
function written(constant: string, value: number): string {
  if (!constant.endsWith('_MS')) return value.toLocaleString('en')
  return value < 1_000 ? `${String(value)} ms` : `${String(value / 1_000)} seconds`
}

function has(text: string | undefined, number: string): boolean {
  return new RegExp(`(?<![\\d,.])${number}(?![\\d,]*\\d)`).test(text ?? '')
}

test.each(ROWS)('the limit of %s is that of %s', (row, file, ...constants) => {
  for (const constant of constants) {
    const number = written(constant, valueOf(file, constant))
    expect([limitOf(row), has(limitOf(row), number)]).toEqual([expect.any(String), true])
  }
})

test.each(['50', '500', '5,000', '50,0'])('control: %s is another number than 50,000', (other) => {
  expect(has('50,000, for 30 seconds', '50,000')).toBe(true)
  expect(has(`${other}, for 30 seconds`, '50,000')).toBe(false)
  expect(has('50,000, for 30 seconds', other)).toBe(false)
})
