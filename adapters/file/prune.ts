import { promises as fs } from 'node:fs'
import { dirname, join } from 'node:path'
import { MisuseError, openAuditLine, RETENTION_DAYS, type ChainedRecord } from '../../src/index.js'
import { linesOf, type FileLine } from './lines.js'
import { dayOf, grouped, listTrailFiles, type TrailFile } from './names.js'

export interface PruneOptions {
  /** Records before this may go. What is younger than the retention stays, whatever is said here. */
  readonly before: Date
  /** Milliseconds since the epoch. Default: now. */
  readonly now?: number
  /** For how many days records are kept: at least as long as whoever must keep them says. Default 2,192: six years. */
  readonly retentionDays?: number
}

/** What went. */
export interface PrunedFiles {
  readonly files: number
  readonly records: number
}

const DAY_MS = 86_400_000

interface Seen {
  readonly file: TrailFile
  readonly line: FileLine
  readonly record: ChainedRecord | undefined
}

/**
 * Takes old records off the beginning of each chain, up to a checkpoint that is as old: it stays, and vouches for what was before it. A chain without
 * such a checkpoint stays whole.
 * @throws {MisuseError} where records would go that are younger than the retention
 */
export async function pruneAuditFiles(
  directory: string,
  options: PruneOptions,
): Promise<PrunedFiles> {
  const { before, now = Date.now(), retentionDays = RETENTION_DAYS } = options
  const keptSince = now - retentionDays * DAY_MS
  if (!(before.getTime() <= keptSince)) {
    throw new MisuseError(
      'invalid_option',
      `pruneAuditFiles: 'before' must be at least ${String(retentionDays)} days ago`,
    )
  }
  // The files of this day may be written to.
  const files = (await listTrailFiles(directory)).filter(({ day }) => day < dayOf(now))
  const pruned = { files: 0, records: 0 }
  for (const group of grouped(files, ({ writer }) => writer).values()) {
    const anchor = await anchorOf(group, before.getTime())
    if (anchor === undefined) continue
    for (const file of group) {
      if (file.number > anchor.file.number) break
      if (file.number < anchor.file.number) {
        pruned.records += await countOf(file)
        await fs.unlink(file.path)
        pruned.files += 1
      } else if (anchor.line.at > 0) {
        pruned.records += anchor.line.number - 1
        await keepFrom(file, anchor.line.at)
      }
    }
  }
  return pruned
}

/** The last checkpoint of the records that may go. */
async function anchorOf(files: readonly TrailFile[], before: number): Promise<Seen | undefined> {
  let anchor: Seen | undefined
  for (const file of files) {
    for await (const line of linesOf(file.path)) {
      const record = openAuditLine(line.line)
      // What cannot be read is evidence: it stays, and all that follows it.
      if (record === undefined || Date.parse(record.time) >= before) return anchor
      if (record.kind === 'checkpoint') anchor = { file, line, record }
    }
  }
  return anchor
}

async function countOf(file: TrailFile): Promise<number> {
  let count = 0
  for await (const _ of linesOf(file.path)) count += 1
  return count
}

/** The rest of a file under the same name: the whole of it is on the disk before it takes the place of the old one. */
async function keepFrom(file: TrailFile, at: number): Promise<void> {
  const path = join(dirname(file.path), `.${file.name}.part`)
  const source = await fs.open(file.path, 'r')
  const target = await fs.open(path, 'w', 0o600)
  try {
    const { size } = await source.stat()
    const buffer = Buffer.alloc(1_048_576)
    for (let from = at; from < size;) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length, from)
      await target.writeFile(buffer.subarray(0, bytesRead))
      from += bytesRead
    }
    await target.sync()
  } finally {
    await source.close()
    await target.close()
  }
  await fs.rename(path, file.path)
}
