import { z } from 'zod'
import {
  AuditError,
  type AuditEntry,
  type AuditRest,
  type AuditSink,
  type FoundLine,
  type TrailLine,
  type TrailRange,
  type TrailReader,
  type TrailSearch,
} from '../../src/index.js'
import * as sql from './audit-schema.js'
import { embeddedRun, isEmbedded, type EmbeddedPostgres, type PostgresPool } from './client.js'
import { findStatement } from './find.js'
import { createLimitedRun } from './limits.js'
import { migratePool } from './migrate.js'
import { anchorOf, pruneBound, type PruneAuditOptions } from './prune.js'

/** Records in one statement: as many as are written well within its time. */
const BATCH = 250
/** For a thousand lines: whoever reads a whole trail has more time than a request. */
const READ_MS = 10_000
/** For all that is old of one chain. */
const PRUNE_MS = 600_000
const MAX_SEQ = String(Number.MAX_SAFE_INTEGER)
/** Times are text, in the order of their characters: before and after all of them. */
const [FIRST, LAST] = ['', '~']

/** A trail in PostgreSQL. */
export interface PostgresAuditSink extends AuditSink, TrailReader {
  /**
   * Makes the table that is missing, in the first schema of the search_path. Again is harmless, and so are two at once. A table of a newer
   * version is refused. @throws {Error} what PostgreSQL says.
   */
  migrate(): Promise<void>
  /** @throws {AuditError} where the table is missing, or is not one that a trail can rest on. */
  rest(): Promise<AuditRest>
  find(search: TrailSearch): Promise<readonly FoundLine[]>
  /**
   * Takes old records off the beginning of each chain, up to a checkpoint that is as old: it stays, and vouches for what was before it. A chain
   * without such a checkpoint stays whole. Asks for a role that may delete.
   * @throws {MisuseError} where records would go that are younger than the retention @throws {AuditError}
   */
  prune(options: PruneAuditOptions): Promise<{ readonly records: number }>
}

const count = z.object({ count: z.int(), commits: z.string() })
const foundation = z.object({ commits: z.string(), persistence: z.string(), kept: z.boolean() })
const head = z.object({
  head: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.object({ writer: z.string(), seq: z.int(), hash: z.string() })),
})
const span = z.object({ writer: z.string(), before: z.string(), until: z.string() })
const row = z.object({ writer: z.string(), seq: z.string(), line: z.string() })
const found = z.object({ ...row.shape, time: z.string(), id: z.string() })

/**
 * A trail in a table that is only added to, in PostgreSQL 14 or later through a pool of pg, or in PGlite. What it acknowledges is committed: with
 * `synchronous_commit` off it acknowledges nothing.
 */
export function createPostgresAuditSink(
  client: PostgresPool | EmbeddedPostgres,
): PostgresAuditSink {
  const run = isEmbedded(client) ? embeddedRun(client) : createLimitedRun(client)
  const read = isEmbedded(client) ? run : createLimitedRun(client, READ_MS)

  const long = isEmbedded(client) ? run : createLimitedRun(client, PRUNE_MS)

  async function counted(statement: string, lines: string): Promise<number> {
    const [row] = await run(statement, [lines])
    const { count: number, commits } = count.parse(row)
    checkCommits(commits)
    return number
  }

  async function append(entries: readonly AuditEntry[]): Promise<void> {
    const lines = JSON.stringify(entries.map(({ line }) => line))
    if ((await counted(sql.WRITE, lines)) === entries.length) return
    if ((await counted(sql.COUNT_KEPT, lines)) === entries.length) return
    throw new AuditError('Another record has the place of one that was to be written.')
  }

  async function* pages(statement: string, writer: string, seq: string, ...rest: string[]) {
    let place = [writer, seq]
    for (;;) {
      const rows = z.array(row).parse(await attempt(() => read(statement, [...place, ...rest])))
      yield* rows.map(lineOf)
      const last = rows.at(-1)
      if (last === undefined) return
      place = [last.writer, last.seq]
    }
  }

  return {
    async migrate() {
      const statements = sql.MIGRATE_AUDIT
      await (isEmbedded(client) ? client.exec(statements) : migratePool(client, statements))
    },
    async write(entries) {
      for (let at = 0; at < entries.length; at += BATCH) {
        const batch = entries.slice(at, at + BATCH)
        await attempt(() => append(batch))
      }
    },
    async rest() {
      return attempt(async () => {
        const [found] = await run(sql.FOUNDATION, [])
        const { commits, persistence, kept } = foundation.parse(found)
        checkCommits(commits)
        if (persistence !== 'p') {
          throw new AuditError('The table sallyport_audit does not last: make it LOGGED.')
        }
        if (!kept) {
          throw new AuditError(
            'The table sallyport_audit can be changed: its trigger sallyport_audit_keep is missing.',
          )
        }
        const heads = z.array(head).parse(await run(sql.HEADS, []))
        return { heads: heads.map((each) => each.head), torn: [] }
      })
    },
    async *lines({ since, until }: TrailRange = {}) {
      if (since === undefined && until === undefined) {
        yield* pages(sql.ALL_LINES, '', '-1')
        return
      }
      const bounds = [since?.toISOString() ?? FIRST, until?.toISOString() ?? LAST]
      const spans = z.array(span).parse(await attempt(() => read(sql.SPANS, bounds)))
      for (const { writer, before, until } of spans) {
        yield* pages(sql.CHAIN_LINES, writer, before, until)
      }
    },
    async prune(options) {
      const before = pruneBound(options).toISOString()
      const chains = z.array(z.object({ writer: z.string() }))
      let records = 0
      for (const { writer } of chains.parse(await attempt(() => long(sql.OLD_CHAINS, [before])))) {
        const seq = await anchorOf(pages(sql.CHAIN_LINES, writer, '-1', MAX_SEQ), before)
        const [pruned] =
          seq === undefined ? [] : await attempt(() => long(sql.PRUNE, [writer, seq]))
        if (pruned !== undefined) records += z.object({ records: z.int() }).parse(pruned).records
      }
      return { records }
    },
    async find(search) {
      const statement = findStatement(search)
      if (statement === undefined) return []
      const rows = await attempt(() => run(statement.text, statement.values))
      return z
        .array(found)
        .parse(rows)
        .map(({ time, id, ...line }) => ({ ...lineOf(line), at: { time, id } }))
    },
  }
}

function lineOf({ writer, seq, line }: z.infer<typeof row>): TrailLine {
  return { line, where: `sallyport_audit, writer ${writer}, seq ${seq}` }
}

/** @throws {AuditError} */
function checkCommits(commits: string): void {
  if (commits !== 'off') return
  throw new AuditError(
    'synchronous_commit is off: a commit may be lost in a crash. Set it to on for the role that writes the audit trail.',
  )
}

/** @throws {AuditError} */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AuditError) throw cause
    throw new AuditError('The audit table failed.', { cause })
  }
}
