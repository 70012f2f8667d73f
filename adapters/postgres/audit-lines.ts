import * as z from 'zod/mini'
import type { TrailLine, TrailRange } from '../../src/index.js'
import * as sql from './audit-queries.js'
import type { Run } from './client.js'

/** Times are text, in the order of their characters: before and after all of them. */
const [FIRST, LAST] = ['', '~']

export const row = z.object({ writer: z.string(), seq: z.string(), line: z.string() })
const named = z.object({ writer: z.string() })
const span = z.object({ writer: z.string(), before: z.string(), until: z.string() })

export function lineOf({ writer, seq, line }: z.infer<typeof row>): TrailLine {
  return { line, where: `sallyport_audit, writer ${writer}, seq ${seq}` }
}

/** The lines of a table, a page at a time. */
export interface AuditLines {
  all(range: TrailRange): AsyncGenerator<TrailLine>
  /** Those of one chain whose number is above one, up to another one. */
  chain(writer: string, above: string, upTo?: string): AsyncGenerator<TrailLine>
  /** Chains whose first record is older than a time. */
  old(before: string, run: Run): AsyncGenerator<{ readonly writer: string }>
}

export function createAuditLines(read: Run): AuditLines {
  async function* pages(statement: string, writer: string, seq: string, ...rest: string[]) {
    let place = [writer, seq]
    for (;;) {
      const rows = z.array(row).parse(await read(statement, [...place, ...rest]))
      yield* rows.map(lineOf)
      const last = rows.at(-1)
      if (last === undefined) return
      place = [last.writer, last.seq]
    }
  }

  /** Chains in the order of their names, however many anybody has begun. */
  async function* chains<T extends { readonly writer: string }>(
    shape: z.ZodMiniType<T>,
    statement: string,
    bounds: readonly string[],
    run: Run,
  ): AsyncGenerator<T> {
    let last = ''
    for (;;) {
      const found = z.array(shape).parse(await run(statement, [...bounds, last]))
      yield* found
      const end = found.at(-1)
      if (end === undefined) return
      last = end.writer
    }
  }

  function chain(writer: string, above: string, upTo = sql.MAX_SEQ) {
    return pages(sql.CHAIN_LINES, writer, above, upTo)
  }

  return {
    chain,
    async *all({ since, until }) {
      if (since === undefined && until === undefined) {
        yield* pages(sql.ALL_LINES, '', '-1')
        return
      }
      const bounds = [since?.toISOString() ?? FIRST, until?.toISOString() ?? LAST]
      for await (const { writer, before, until } of chains(span, sql.SPANS, bounds, read)) {
        yield* chain(writer, before, until)
      }
    },
    old: (before, run) => chains(named, sql.OLD_CHAINS, [before], run),
  }
}
