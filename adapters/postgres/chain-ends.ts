import * as v from 'valibot'
import {
  endOfChain,
  MAX_AUDIT_HEADS,
  parseAuditLine,
  type AuditHead,
  type SinkState,
  type ChainEnd,
  type CheckpointCheck,
} from '../../src/index.js'
import { BY_END, CHECKPOINTS, ENDS, FIRST_LINES, LATEST, STARTS } from './audit-queries.js'
import type { Run } from './client.js'
import { understand } from './read-answer.js'

/** In characters. */
const MAX_WRITER = 256
/** Starts in one statement, at first and then; and in all. */
const [FIRST, PAGE, MOST] = [100, 250, 50_000]
/** For all of them: a process waits for this before its first record, and a sink that does not answer within 5 s is asked again. */
const MAX_MS = 2_000
/** Where the last checkpoint of a chain is looked for: in its last line, then in so many, then further back. */
const LOOKS: readonly (readonly [statement: string, ...most: number[]])[] = [
  [ENDS, 1],
  [ENDS, 100],
  [CHECKPOINTS],
]
/** Chains whose ends are read at once: of each, a line may be the longest. */
const CHAINS = 8
const DAY_MS = 86_400_000
/** Before and after all times, which are text. */
const [EARLIEST, LATEST_OF_ALL] = ['', '~']

const named = v.array(v.object({ writer: v.string() }))
const ended = v.array(v.object({ writer: v.string(), line: v.string() }))
const started = v.array(
  v.object({
    time: v.string(),
    writer: v.string(),
    seq: v.string(),
    checkpoint: v.nullable(v.string()),
  }),
)

/** Chains that a key has signed, each with a checkpoint of it. */
type Signed = ReadonlyMap<string, AuditHead>

/**
 * How the latest chains end: those of the key, then those that it has seen, then others. A row that was made by somebody else may be no record: it is named, and
 * keeps no process from starting.
 */
export async function restOf(run: Run, check?: CheckpointCheck): Promise<SinkState> {
  const signed: Signed = check ? await signedIn(run, check) : new Map<string, AuditHead>()
  const writers = new Set(signed.keys())
  for (const more of [() => seenBy(run, signed), () => latestIn(run)]) {
    if (writers.size < MAX_AUDIT_HEADS) for (const writer of await more()) writers.add(writer)
  }
  const chosen = [...writers].slice(0, MAX_AUDIT_HEADS)
  const heads: AuditHead[] = []
  const passed: string[] = []
  for (let at = 0; at < chosen.length; at += CHAINS) {
    const some = chosen.slice(at, at + CHAINS)
    const ends = await endsOf(run, some, check)
    for (const writer of some) {
      // Anybody may have added what seems to be the end, with any number: a signed checkpoint before it is the chain's own.
      const end = ends.get(writer)
      const head = end?.isProven ? end.head : (signed.get(writer) ?? end?.head)
      if (head === undefined) passed.push(`sallyport_audit, writer ${writer.slice(0, MAX_WRITER)}`)
      else heads.push(head)
    }
  }
  return { heads, torn: [], ...(passed.length > 0 && { passed }) }
}

/** Where starts are looked for: those of days to come after all others. */
function placesOf(now: number): readonly (readonly [from: string, before: string])[] {
  const future = new Date(now + DAY_MS).toISOString()
  return [
    [EARLIEST, future],
    [future, LATEST_OF_ALL],
  ]
}

/** The latest chains that have a signed checkpoint: one says who wrote the chain of that name. */
async function signedIn(run: Run, check: CheckpointCheck): Promise<Signed> {
  const found = new Map<string, AuditHead>()
  const end = performance.now() + MAX_MS
  let read = 0
  for (const [from, before] of placesOf(Date.now())) {
    let place = [before, '', '0']
    while (read < MOST && performance.now() < end) {
      const rows = understand(
        started,
        await run(STARTS, [...place, read === 0 ? FIRST : PAGE, from]),
      )
      for (const { writer, checkpoint } of rows) {
        const head = checkpoint === null ? undefined : check(checkpoint)
        if (head?.writer === writer) found.set(writer, head)
        if (found.size >= MAX_AUDIT_HEADS) return found
      }
      const last = rows.at(-1)
      if (last === undefined) break
      place = [last.time, last.writer, last.seq]
      read += rows.length
    }
  }
  return found
}

/** The chains that the first records of signed chains name, the latest first. */
async function seenBy(run: Run, signed: Signed): Promise<readonly string[]> {
  const seen = new Set<string>()
  const lines = understand(ended, await run(FIRST_LINES, [JSON.stringify([...signed.keys()])]))
  for (const { line } of lines) {
    const record = parseAuditLine(line)
    const heads = record?.kind === 'start' ? record.heads : []
    for (const { writer } of heads.slice(0, MAX_AUDIT_HEADS)) seen.add(writer)
  }
  return writersIn(await run(BY_END, [JSON.stringify([...seen])]))
}

async function latestIn(run: Run): Promise<readonly string[]> {
  const found: string[] = []
  for (const place of placesOf(Date.now())) found.push(...writersIn(await run(LATEST, [...place])))
  return found
}

function writersIn(rows: readonly unknown[]): readonly string[] {
  return understand(named, rows).map(({ writer }) => writer)
}

/** How each chain ends: by its last line, where that is a signed checkpoint or nothing can be signed; or by its last lines, or else by its last checkpoints. */
async function endsOf(
  run: Run,
  writers: readonly string[],
  check: CheckpointCheck | undefined,
): Promise<ReadonlyMap<string, ChainEnd>> {
  const found = new Map<string, ChainEnd>()
  let open = writers.filter((writer) => writer.length <= MAX_WRITER)
  for (const [statement, ...most] of check ? LOOKS : LOOKS.slice(0, 1)) {
    const lines = open.length > 0 ? await linesOf(run, statement, open, most) : undefined
    for (const writer of open) {
      const end = endOfChain(lines?.get(writer) ?? [], writer, check)
      if (end !== undefined && (end.isProven || !found.has(writer))) found.set(writer, end)
    }
    open = open.filter((writer) => found.get(writer)?.isProven !== true)
  }
  return found
}

/** The last lines of each chain, newest first. */
async function linesOf(
  run: Run,
  statement: string,
  writers: readonly string[],
  most: readonly number[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const lines = new Map<string, string[]>()
  for (const { writer, line } of understand(
    ended,
    await run(statement, [JSON.stringify(writers), ...most]),
  )) {
    lines.set(writer, [...(lines.get(writer) ?? []), line])
  }
  return lines
}
