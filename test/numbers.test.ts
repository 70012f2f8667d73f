import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const ROOT = resolve(import.meta.dirname, '..')

/** Rows of docs/limits.md, by how they begin, with the constants that they tell of. */
const ROWS: readonly (readonly [row: string, file: string, ...constants: string[]])[] = [
  ['API key', 'src/keys/format.ts', 'MAX_SECRET_LENGTH'],
  ['header lines', 'src/http/credential.ts', 'MAX_HEADER_LINES'],
  ['`X-Forwarded-For`', 'src/http/forwarded.ts', 'MAX_HOPS', 'MAX_LENGTH'],
  ['body of a key or token endpoint', 'src/http/body.ts', 'MAX_BODY'],
  ['depth of that body', 'src/http/body.ts', 'MAX_DEPTH'],
  ['body of a secret', 'src/keys/format.ts', 'BODY_LENGTH', 'CHECKSUM_LENGTH'],
  ['a call of the store', 'src/keys/store-timeout.ts', 'LIMIT_MS'],
  ['a policy', 'src/core/app-call.ts', 'APP_CALL_MS'],
  ['a call of `keys.legacy`', 'src/core/app-call.ts', 'APP_CALL_MS'],
  ['a call of `keys.legacy`', 'src/keys/legacy.ts', 'LATE_MS'],
  ['secrets that `keys.legacy`', 'src/keys/legacy.ts', 'MAX_ASKED', 'MAX_WAITING'],
  ['secrets that it does not know', 'src/keys/legacy.ts', 'MAX_REJECTED', 'REJECTED_MS'],
  [
    'known keys in the cache',
    'src/keys/cache-entries.ts',
    'CACHE_TTL_MS',
    'MAX_KNOWN',
    'MAX_WEIGHT',
  ],
  ['known keys in the cache', 'src/keys/key-cache.ts', 'PUBLISHED_TTL_MS'],
  ['unknown keys in the cache', 'src/keys/key-memory.ts', 'MAX_UNKNOWN'],
  ['unknown keys in the cache', 'src/keys/key-cache.ts', 'UNKNOWN_TTL_MS'],
  ['fingerprints of keys', 'src/keys/key-memory.ts', 'MAX_ISSUED_BEFORE'],
  ['versions of changed keys', 'src/keys/minimum-versions.ts', 'MAX_FLOORS'],
  ['peers judged', 'src/http/client-address.ts', 'REMEMBERED_PEERS'],
  ['tries of a change', 'src/keys/key-context.ts', 'ATTEMPTS'],
  ['reads that come back', 'src/keys/key-cache.ts', 'ATTEMPTS'],
  ['a remembered key, with', 'src/keys/key-memory.ts', 'SERVE_STALE_MS'],
  ['publishing a change', 'src/keys/announce.ts', 'PUBLISH_MS'],
  ['uses that wait', 'src/keys/usage-writer.ts', 'FLUSH_MS'],
  ['uses that wait', 'src/keys/waiting-usage.ts', 'MAX_WAITING'],
  ['a page of `revokeAll`', 'src/keys/revoke-all.ts', 'PAGE', 'LOOKS'],
  ['a suspension of making keys', 'src/keys/suspension.ts', 'RENEWAL_MS', 'SUSPENSION_MS'],
  ['a line', 'src/keys/import-lines.ts', 'MAX_LINE_BYTES'],
  ['tries of lines', 'src/keys/import-lines.ts', 'ATTEMPTS'],
  ['counters in memory', 'src/limits/counters.ts', 'MAX_ROWS'],
  ['taken ahead with', 'src/limits/lease.ts', 'MAX_SIZE'],
  ['requests over while', 'src/limits/give-back.ts', 'MAX_OWED'],
  ['SQLite: waiting for another', 'adapters/sqlite/session.ts', 'BUSY_MS'],
  ['SQLite: looking for changes', 'adapters/sqlite/feed.ts', 'POLL_MS'],
  ['SQLite: changes that are kept', 'adapters/sqlite/schema.ts', 'KEPT_CHANGES'],
  ['SQLite: waiting of `migrate`', 'adapters/sqlite/schema.ts', 'PATIENCE_MS'],
  ['PostgreSQL: a statement', 'adapters/postgres/limits.ts', 'SESSION_MS'],
  ['PostgreSQL: a new connection', 'adapters/postgres/limits.ts', 'CONNECT_MS'],
  ['PostgreSQL: the connection that', 'adapters/postgres/listen-connection.ts', 'OPEN_MS'],
  ['PostgreSQL: waiting of `migrate`', 'adapters/postgres/migrate.ts', 'PATIENCE_MS'],
  ['the whole token', 'src/jwt/bounds.ts', 'MAX_TOKEN'],
  ['`sub`, `client_id`, `jti`', 'src/jwt/bounds.ts', 'MAX_ID'],
  ['`aud`', 'src/jwt/bounds.ts', 'MAX_AUDIENCES'],
  ['scopes', 'src/jwt/bounds.ts', 'MAX_SCOPES'],
  ['inline keys or secrets', 'src/jwt/field-kinds.ts', 'MAX_INLINE'],
  ['issuers that a function', 'src/jwt/issuer-book.ts', 'MAX_FOUND', 'FOUND_MS', 'UNKNOWN_MS'],
  ['questions to such a function', 'src/jwt/issuer-book.ts', 'MAX_ASKED'],
  ['a call of `identify`', 'src/core/app-call.ts', 'APP_CALL_MS'],
  ['an introspection', 'src/jwt/introspection.ts', 'LIMIT_MS', 'MAX_BYTES'],
  ['introspections under way', 'src/jwt/introspection.ts', 'MAX_ASKED', 'MAX_UNKNOWN'],
  ['service accounts that are known', 'src/oauth/token-service.ts', 'PROVEN_ACCOUNTS'],
  ['key sets of service accounts', 'src/oauth/service-accounts.ts', 'MAX_CHARACTERS', 'MAX_SET'],
  ['a token whose introspection failed', 'src/jwt/breaker.ts', 'MAX_FAILED'],
  ['unknown keys in a row', 'src/http/options-schema.ts', 'ATTEMPTS', 'MAX_ATTEMPTS'],
  ['introspection while the server', 'src/jwt/breaker.ts', 'FAILURES', 'SOURCES', 'RANKS'],
  ['introspection while the server', 'src/jwt/breaker.ts', 'MAX_SOURCES'],
  ['an outage of introspection', 'src/jwt/breaker.ts', 'FAILURES', 'SOURCES', 'OUTAGE_MS'],
  ['an outage of introspection', 'src/jwt/introspection-outage.ts', 'TOLD_MS'],
  ['answers that are remembered', 'src/jwt/introspection-cache.ts', 'MAX_TOKENS', 'MAX_WEIGHT'],
  ['verified tokens that', 'src/jwt/token-cache.ts', 'MAX_TOKENS', 'MAX_WEIGHT'],
  ['the public keys, with others', 'src/oauth/http/jwks.ts', 'MAX_AGE_S'],
  ['keys to sign with', 'src/jwt/key-set.ts', 'MAX_KEYS'],
  ['an assertion', 'src/oauth/assertion.ts', 'MAX_ASSERTION_MS', 'TOLERANCE_MS'],
  ['clocks of instances', 'src/oauth/token-service.ts', 'TOLERANCE_MS'],
  ['a call of `revocations`', 'src/oauth/store-timeout.ts', 'LIMIT_MS'],
  ['revoked tokens, and used', 'src/oauth/id-table.ts', 'MAX_IDS'],
  ['PostgreSQL: audit records', 'adapters/postgres/audit.ts', 'BATCH'],
  ['PostgreSQL: reading 1,000', 'adapters/postgres/audit.ts', 'READ_MS', 'PRUNE_MS'],
  ["an acknowledgement in mode `'required'`", 'src/audit/sinks.ts', 'ACKNOWLEDGE_MS'],
  ['records that wait to be written', 'src/audit/queues.ts', 'MAX_WAITING', 'MAX_WEIGHT'],
  ['a write to a sink', 'src/audit/write-loop.ts', 'FLUSH_MS'],
  ['a write to a sink', 'src/audit/backlog.ts', 'BATCH'],
  ['a sink that fails', 'src/audit/delivery.ts', 'RETRY_MS', 'HUNG_MS'],
  ['`gate.audit.flush`', 'src/audit/write-loop.ts', 'CLOSE_MS'],
  ['a checkpoint', 'src/audit/checkpoint-schedule.ts', 'CHECKPOINT_RECORDS', 'CHECKPOINT_MS'],
  [
    'refusals that repeat',
    'src/audit/denial-aggregator.ts',
    'AGGREGATE_MS',
    'MAX_KINDS',
    'MAX_OF_CALLER',
    'MAX_OF_OWNER',
  ],
  ['texts of a record', 'src/audit/request-facts.ts', 'MAX_PATH', 'MAX_METHOD'],
  ['texts of a record', 'src/audit/request-facts.ts', 'MAX_NAME'],
  ['texts of a record', 'src/core/redaction.ts', 'MAX_NAME'],
  ['texts of a record', 'src/audit/request-facts.ts', 'MAX_USER_AGENT'],
  ['texts of a record', 'src/audit/phi-accesses.ts', 'MAX_RESOURCE', 'MAX_ID'],
  [
    'health information of a record',
    'src/audit/phi-accesses.ts',
    'MAX_KINDS',
    'MAX_IDS',
    'MAX_BYTES',
  ],
  ['a file of a trail', 'adapters/file/files.ts', 'MAX_BYTES'],
  ['a line of a file', 'src/audit/sink.ts', 'MAX_AUDIT_LINE'],
  ['ends of chains', 'src/audit/sink.ts', 'MAX_AUDIT_HEADS'],
  ['what `verifyTrail` tells of', 'src/audit/findings.ts', 'MAX_FINDINGS'],
  ['what `verifyTrail` remembers', 'src/audit/chain-room.ts', 'MAX_GONE', 'MAX_TAIL', 'MAX_EVENTS'],
  ['what `verifyTrail` remembers', 'src/audit/chain-states.ts', 'MAX_LOOSE'],
  ['what `verifyTrail` remembers', 'src/audit/findings.ts', 'MAX_PLACES'],
  ['records that `verifyTrail` holds', 'src/audit/unproven-records.ts', 'MAX_HELD', 'MAX_WEIGHT'],
  ['records that `verifyTrail` holds', 'src/audit/verify.ts', 'MAX_OPEN'],
  ['starts that no checkpoint', 'src/audit/start-records.ts', 'MAX_WEIGHT', 'MAX_START'],
  ['writers, ids and hashes', 'src/audit/schema.ts', 'MAX_NAME', 'MAX_DIGEST', 'MAX_DEPTH'],
  ['ids that `verifyTrail` holds', 'src/audit/duplicates.ts', 'MAX_LOOSE'],
  ['ids that `verifyTrail` holds', 'src/audit/event-pages.ts', 'MAX_PAGES', 'PAGE'],
  ['retention', 'src/audit/retention.ts', 'RETENTION'],
  ['a page of `gate.audit.query`', 'src/audit/query.ts', 'MAX_LIMIT', 'DEFAULT_LIMIT'],
  ['a page of `gate.audit.query`', 'src/audit/latest-page.ts', 'MAX_PAGE_WEIGHT'],
  ['a page of `gate.audit.query`', 'src/audit/page.ts', 'MAX_LOOKED'],
  ['a part of an export', 'src/audit/summary.ts', 'MOST_EVENTS', 'MOST_WEIGHT'],
  ['readings of the audit log', 'src/audit/reading-shares.ts', 'MOST_OF_READER', 'MOST_OF_OWNER'],
  ['readings of the audit log', 'src/audit/reading-shares.ts', 'MOST_OF_ALL', 'MAX_WAIT_MS'],
  ['readings of the audit log', 'src/audit/reading-shares.ts', 'MAX_HELD_MS', 'MAX_SENT_MS'],
  ['readings of the audit log', 'src/audit/reading-shares.ts', 'MOST_SLOW', 'MAX_SLOW_MS'],
  ['the time of an event', 'src/audit/page-order.ts', 'TOLERANCE_MS'],
  ['`sallyport audit tail`', 'cli/audit/tail.ts', 'MAX_LINES'],
  ['events of a trail', 'src/audit/waiting-events.ts', 'MAX_WAITING', 'MAX_WEIGHT'],
  ['events of a trail', 'src/audit/waiting-events.ts', 'MAX_TOLD', 'MAX_TOLD_WEIGHT'],
  ['events of a trail', 'src/audit/open-chains.ts', 'MAX_LINKS'],
  ['a review: callers', 'cli/audit/report/callers.ts', 'MAX_CALLERS'],
  ['a review: callers', 'cli/audit/report/gather.ts', 'MAX_SEEN', 'MAX_NAMES', 'MAX_REASONS'],
  ['what is usual for callers', 'src/audit/unusual.ts', 'MAX_BURSTS'],
  ['what is usual for callers', 'src/audit/profiles.ts', 'MAX_CALLERS', 'MAX_PLACES'],
  ['what is usual for callers', 'src/audit/profile.ts', 'MAX_PLACES'],
  ['what is usual for callers', 'src/audit/watcher.ts', 'MAX_LEARNED'],
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
