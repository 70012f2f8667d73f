import * as v from 'valibot'
import type { TrailLine, TrailRange } from '../../src/index.js'
import * as sql from './audit-queries.js'
import type { Run } from './client.js'
import { understand } from './read-answer.js'

/** Times are text, in the order of their characters: before and after all of them. */
const [FIRST, LAST] = ['', '~']

export const row = v.object({ writer: v.string(), seq: v.string(), line: v.string() })
const named = v.object({ writer: v.string() })
const span = v.object({ writer: v.string(), before: v.string(), until: v.string() })

export function lineOf({ writer, seq, line }: v.InferOutput<typeof row>): TrailLine {
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
      const rows = understand(v.array(row), await read(statement, [...place, ...rest]))
      yield* rows.map(lineOf)
      const last = rows.at(-1)
      if (last === undefined) return
      place = [last.writer, last.seq]
    }
  }

  /** Chains in the order of their names, however many anybody has begun. */
  async function* chains<T extends { readonly writer: string }>(
    shape: v.GenericSchema<unknown, T>,
    statement: string,
    bounds: readonly string[],
    run: Run,
  ): AsyncGenerator<T> {
    let last = ''
    for (;;) {
      const found = understand(v.array(shape), await run(statement, [...bounds, last]))
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
