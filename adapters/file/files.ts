import {
  AuditError,
  MisuseError,
  parseAuditLine,
  type AuditEntry,
  type AuditSink,
  type Clock,
  type TrailLine,
  type TrailReader,
} from '../../src/index.js'
import { createAppender, type Appender } from './appender.js'
import { followFiles } from './follow.js'
import { linesOf } from './lines.js'
import { findTrailFiles, grouped, isOutside, unlessGone, type TrailFile } from './names.js'
import { stateOf } from './state.js'
import { placeTaken } from './place-taken.js'

export interface AuditFilesOptions {
  /** How large a file may grow before the next one is begun. Default 64 MiB. */
  readonly maxBytes?: number
  /** For tests: says which day it is. Default `Date.now`. */
  readonly clock?: Clock
}

/** An audit trail in a directory, as a sink and to be read. */
export type AuditFiles = AuditSink & TrailReader

const MAX_BYTES = 67_108_864

/**
 * JSON Lines in files of one directory, which is made if it is not there. Each process writes files of its own,
 * `2030-01-31.<writer>.0001.jsonl`, a new one each day (UTC) and when one is full: several processes may share a directory. A write
 * is acknowledged when it is on the disk.
 * @throws {MisuseError} where no directory is given, or `maxBytes` is no whole number of at least 1
 * @example audit: { sink: createAuditFiles('/var/log/api/audit'), key: signingKey }
 */
export function createAuditFiles(directory: string, options: AuditFilesOptions = {}): AuditFiles {
  const { maxBytes = MAX_BYTES, clock = Date.now } = options
  checkGiven(directory, maxBytes)
  const appenders = new Map<string, Appender>()
  /** The last `seq` of each writer that is on the disk. */
  const written = new Map<string, number>()
  let queue = Promise.resolve()
  let isClosed = false

  async function closeAll(): Promise<void> {
    for (const appender of appenders.values()) await appender.close()
  }

  async function append(entries: readonly AuditEntry[]): Promise<void> {
    const groups = grouped(entries, ({ record }) => record.writer)
    for (const [writer, group] of groups) {
      const last = written.get(writer) ?? -1
      // What is handed in again may be here already: then only the answer was late.
      const missing =
        (group[0]?.record.seq ?? 0) > last ? group : await missingOf(directory, writer, group)
      const end = missing.at(-1)
      if (end === undefined) continue
      const appender =
        appenders.get(writer) ?? createAppender({ directory, writer, maxBytes, clock })
      appenders.set(writer, appender)
      await appender.append(missing.map(({ line }) => `${line}\n`).join(''))
      written.set(writer, Math.max(last, end.record.seq))
    }
  }

  return {
    write(entries) {
      const done = queue
        .then(() => append(entries))
        // A record that comes after the close is kept, and leaves no file open.
        .finally(() => (isClosed ? closeAll() : undefined))
        .catch(failWith)
      queue = done.catch(() => undefined)
      return done
    },
    state: (check) => stateOf(directory, check),
    follow: () => followFiles(directory, clock),
    async close() {
      isClosed = true
      await queue
      await closeAll()
    },
    async *lines(range = {}) {
      for (const file of (await findTrailFiles(directory)).files) {
        if (!isOutside(file, range)) yield* linesIn(file)
      }
    },
  }
}

async function* linesIn({ name, path }: TrailFile): AsyncGenerator<TrailLine, void, undefined> {
  try {
    for await (const { line, number, torn } of linesOf(path)) {
      const found: TrailLine = { line, where: `${name}:${String(number)}` }
      yield torn ? { ...found, torn } : found
    }
  } catch (error) {
    // It may have been pruned since the directory was read.
    unlessGone(error)
  }
}

/** Whatever a disk fails with, nothing is wrong with the records. @throws {AuditError} */
function failWith(cause: unknown): never {
  if (cause instanceof AuditError) throw cause
  const message = cause instanceof Error ? cause.message : String(cause)
  throw new AuditError(`A file of the audit trail failed: ${message}`, { cause, fault: 'outage' })
}

function checkGiven(directory: unknown, maxBytes: number): void {
  const wrong =
    typeof directory !== 'string' || directory === ''
      ? "must be given a directory first, such as '/var/log/api/audit'"
      : Number.isSafeInteger(maxBytes) && maxBytes >= 1
        ? undefined
        : "'maxBytes' must be a whole number of at least 1"
  if (wrong !== undefined) throw new MisuseError('invalid_option', `createAuditFiles: ${wrong}`)
}

/** Those of the records that are not on the disk. @throws {AuditError} where another one has the place of one of them */
async function missingOf(
  directory: string,
  writer: string,
  group: readonly AuditEntry[],
): Promise<readonly AuditEntry[]> {
  const missing = new Map(group.map((entry) => [entry.record.seq, entry]))
  for (const file of (await findTrailFiles(directory)).files) {
    if (file.writer !== writer) continue
    for await (const { line } of linesOf(file.path)) {
      const seq = parseAuditLine(line)?.seq ?? -1
      const entry = missing.get(seq)
      if (entry !== undefined && entry.line !== line) {
        throw placeTaken()
      }
      missing.delete(seq)
    }
  }
  return [...missing.values()]
}
