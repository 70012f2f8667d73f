import * as v from 'valibot'
import {
  type AuditEntry,
  AuditError,
  type AuditFault,
  type AuditSink,
  type CheckpointCheck,
  checkPrune,
  type FoundLine,
  parseAuditLine,
  pruneAnchor,
  type PruneOptions,
  type SinkState,
  type TablesReport,
  type TrailLine,
  type TrailReader,
  type TrailSearch,
} from '../../src/index.js'
import { createAuditLines, lineOf, row } from './audit-lines.js'
import * as sql from './audit-schema.js'
import {
  embeddedRun,
  isEmbedded,
  type EmbeddedPostgres,
  type PostgresPool,
  type Run,
} from './client.js'
import { findStatement } from './find.js'
import { createLimitedRun, type LimitedRunOptions } from './limits.js'
import { createTables } from './tables.js'
import { migratePool } from './migrate.js'
import { restOf } from './chain-ends.js'
import { understand, whole } from './read-answer.js'

/** Records in one statement: as many as are written well within its time. */
const BATCH = 250
const BATCH_BYTES = 262_144
/** For one that is larger, such as a record that names thousands of ids: less than what a trail waits for a sink. */
const LARGE_MS = 4_000
/** For a thousand lines: whoever reads a whole trail has more time than a request. */
const READ_MS = 10_000
/** For all that is old of one chain. */
const PRUNE_MS = 600_000

/** A trail in PostgreSQL. */
export interface PostgresAuditSink extends AuditSink, TrailReader {
  /**
   * Makes the table that is missing, in the first schema of the search_path. Again is harmless, and so are two at once. A table of a newer
   * version is left alone. @throws {Error} what PostgreSQL says; also for a newer table that is no longer for this version.
   */
  migrate(): Promise<void>
  /** How the table stands to this version; changes nothing. @throws {Error} what PostgreSQL says. */
  tables(): Promise<TablesReport>
  /** @throws {AuditError} where the table is missing, or is not one that a trail can rest on. */
  state(check?: CheckpointCheck): Promise<SinkState>
  find(search: TrailSearch): Promise<readonly FoundLine[]>
  chain(writer: string, from: number): AsyncIterable<TrailLine>
  /**
   * Takes old records off the beginning of each chain, up to a signed checkpoint that is as old: it stays, and vouches for what was before it. A
   * chain without such a checkpoint stays whole. Asks for a role that may delete.
   * @throws {MisuseError} where records would go that are younger than the retention @throws {AuditError}
   */
  prune(options: PruneOptions): Promise<{ readonly records: number }>
}

const count = v.object({ count: whole, commits: v.string() })
const foundation = v.object({ commits: v.string(), persistence: v.string(), kept: v.boolean() })
const later = v.pipe(
  v.string(),
  v.transform((text): unknown => JSON.parse(text)),
  v.array(v.object({ seq: v.string(), line: v.string() })),
)
const found = v.object({
  ...{ ...row.entries, time: v.string(), id: v.string() },
  later: v.pipe(
    v.nullable(later),
    v.transform((lines) => lines ?? []),
  ),
})

/**
 * A trail in a table that is only added to, in PostgreSQL 14 or later through a pool of pg, or in PGlite. What it acknowledges is committed: with
 * `synchronous_commit` off it acknowledges nothing.
 * @example audit: { sink: createPostgresAuditSink(pool), key: signingKey }
 */
export function createPostgresAuditSink(
  client: PostgresPool | EmbeddedPostgres,
): PostgresAuditSink {
  const runOf = (options: LimitedRunOptions) =>
    isEmbedded(client) ? embeddedRun(client, options.limitMs) : createLimitedRun(client, options)
  const run = runOf({ use: 'append' })
  const read = runOf({ limitMs: READ_MS, use: 'read' })
  const large = runOf({ limitMs: LARGE_MS, use: 'append' })
  const long = runOf({ limitMs: PRUNE_MS })
  const tables = createTables(sql.AUDIT_TABLES, run)

  async function counted(statement: string, lines: string): Promise<number> {
    const [row] = await (lines.length > 2 * BATCH_BYTES ? large : run)(statement, [lines])
    const { count: number, commits } = understand(count, row)
    checkCommits(commits)
    return number
  }

  async function append(entries: readonly AuditEntry[]): Promise<void> {
    await tables.ready()
    const lines = JSON.stringify(entries.map(({ line }) => line))
    if ((await counted(sql.WRITE, lines)) === entries.length) return
    if ((await counted(sql.COUNT_KEPT, lines)) === entries.length) return
    const message = 'Another record has the place of one that was to be written.'
    throw new AuditError(message, { fault: 'place_taken' })
  }

  const lines = createAuditLines((...asked) => attempt(() => read(...asked)))

  return {
    async migrate() {
      const statements = sql.MIGRATE_AUDIT
      await (isEmbedded(client) ? client.exec(statements) : migratePool(client, statements))
    },
    tables: tables.report,
    async write(entries) {
      for (const batch of batchesOf(entries)) await attempt(() => append(batch))
    },
    async state(check) {
      return attempt(async () => {
        await tables.ready()
        const [found] = await run(sql.FOUNDATION, [])
        checkFoundation(understand(foundation, found))
        return restOf(large, check)
      })
    },
    lines: (range = {}) => lines.all(range),
    async prune(options) {
      const bounds = checkPrune(options, 'prune')
      const asked: Run = (...said) => attempt(() => long(...said))
      let records = 0
      for await (const { writer } of lines.old(bounds.before.toISOString(), asked)) {
        const anchor = await pruneAnchor(lines.chain(writer, '-1'), { writer, ...bounds })
        const seq = anchor && parseAuditLine(anchor.line)?.seq
        const [pruned] = seq === undefined ? [] : await asked(sql.PRUNE, [writer, seq])
        if (pruned !== undefined)
          records += understand(v.object({ records: whole }), pruned).records
      }
      return { records }
    },
    async find(search) {
      const statement = findStatement(search)
      if (statement === undefined) return []
      const rows = await attempt(() => read(statement.text, statement.values))
      return understand(v.array(found), rows).map(({ time, id, later, writer, seq, line }) => ({
        ...lineOf({ writer, seq, line }),
        at: { time, id, writer, seq: Number(seq) },
        later: later.map((one) => lineOf({ writer, ...one })),
      }))
    },
    chain: (writer, from) => lines.chain(writer, String(from - 1)),
  }
}

/** As many records as are written well within the time of a statement; one that is larger goes alone. */
function batchesOf(entries: readonly AuditEntry[]): readonly (readonly AuditEntry[])[] {
  const batches: AuditEntry[][] = []
  let bytes = Infinity
  for (const entry of entries) {
    bytes += entry.line.length
    const batch = batches.at(-1)
    if (batch !== undefined && batch.length < BATCH && bytes <= BATCH_BYTES) batch.push(entry)
    else {
      batches.push([entry])
      bytes = entry.line.length
    }
  }
  return batches
}

function outage(message: string): AuditError {
  return new AuditError(message, { fault: 'outage' })
}

/** @throws {AuditError} where what is written may be lost or changed */
function checkFoundation({ commits, persistence, kept }: v.InferOutput<typeof foundation>): void {
  checkCommits(commits)
  if (persistence !== 'p') throw outage('The table sallyport_audit does not last: make it LOGGED.')
  if (kept) return
  throw outage(
    'The table sallyport_audit can be changed: its trigger sallyport_audit_keep is missing.',
  )
}

/** @throws {AuditError} */
function checkCommits(commits: string): void {
  if (commits !== 'off') return
  throw outage(
    'synchronous_commit is off: a commit may be lost in a crash. Set it to on for the role that writes the audit trail.',
  )
}

/** Of the SQLSTATE: data exceptions, integrity constraints, and what is too large for the table or an index. */
const UNFIT = /^(?:22|23|54)/

/** Whether a record is at fault, which would be refused again, or the database. */
function faultOf(cause: unknown): AuditFault {
  const code = typeof cause === 'object' && cause && 'code' in cause ? String(cause.code) : ''
  return UNFIT.test(code) ? 'unfit' : 'outage'
}

/** @throws {AuditError} */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AuditError) throw cause
    throw new AuditError('The audit table failed.', { cause, fault: faultOf(cause) })
  }
}
