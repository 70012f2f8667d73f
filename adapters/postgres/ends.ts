import * as z from 'zod/mini'
import {
  endOfChain,
  MAX_AUDIT_HEADS,
  type AuditHead,
  type SinkState,
  type CheckpointCheck,
} from '../../src/index.js'
import { ENDS, LATEST, STARTS } from './audit-schema.js'
import type { Run } from './client.js'

/** In characters. */
const MAX_WRITER = 256
/** Starts in one statement, at first and then; and in all. */
const [FIRST, PAGE, MOST] = [100, 500, 50_000]
/** Lines of a chain among which its last checkpoint is looked for, where it is not the last one. */
const TAIL = 100
/** After all times, which are text. */
const LAST = '~'

const named = z.array(z.object({ writer: z.string() }))
const ended = z.array(z.object({ writer: z.string(), line: z.string() }))
const started = z.array(
  z.object({
    time: z.string(),
    writer: z.string(),
    seq: z.string(),
    checkpoint: z.nullable(z.string()),
  }),
)

/**
 * How the latest chains end, those of the key before all others. A row that was made by somebody else may be no record: it is named, and keeps no process from
 * starting.
 */
export async function restOf(run: Run, check?: CheckpointCheck): Promise<SinkState> {
  const proven = check ? await signedIn(run, check) : []
  const latest = named.parse(await run(LATEST, [])).map(({ writer }) => writer)
  const writers = [...new Set([...proven, ...latest])].slice(0, MAX_AUDIT_HEADS)
  const ends = await linesOf(run, writers, 1)
  const open = check ? writers.filter((writer) => !check(ends.get(writer)?.[0] ?? '')) : []
  const tails = open.length > 0 ? await linesOf(run, open, TAIL) : ends
  const heads: AuditHead[] = []
  const passed: string[] = []
  for (const writer of writers) {
    const lines = tails.get(writer) ?? ends.get(writer) ?? []
    const end = writer.length > MAX_WRITER ? undefined : endOfChain(lines, writer, check)
    if (end === undefined) passed.push(`sallyport_audit, writer ${writer.slice(0, MAX_WRITER)}`)
    else heads.push(end.head)
  }
  return { heads, torn: [], ...(passed.length > 0 && { passed }) }
}

/** The latest chains that have a signed checkpoint: one says who wrote the chain of that name. */
async function signedIn(run: Run, check: CheckpointCheck): Promise<readonly string[]> {
  const found = new Set<string>()
  let place = [LAST, '', '0']
  for (let read = 0; read < MOST;) {
    const rows = started.parse(await run(STARTS, [...place, read === 0 ? FIRST : PAGE]))
    for (const { writer, checkpoint } of rows) {
      if (checkpoint !== null && check(checkpoint)?.writer === writer) found.add(writer)
      if (found.size >= MAX_AUDIT_HEADS) return [...found]
    }
    const last = rows.at(-1)
    if (last === undefined) break
    place = [last.time, last.writer, last.seq]
    read += rows.length
  }
  return [...found]
}

/** The last lines of each chain, newest first. */
async function linesOf(
  run: Run,
  writers: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const lines = new Map<string, string[]>()
  for (const { writer, line } of ended.parse(await run(ENDS, [JSON.stringify(writers), most]))) {
    lines.set(writer, [...(lines.get(writer) ?? []), line])
  }
  return lines
}
