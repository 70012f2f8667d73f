import { hash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import {
  openAuditLine,
  type AuditEntry,
  type AuditHead,
  type AuditRest,
  type AuditSink,
  type TornLine,
  type TrailLine,
  type TrailRange,
  type TrailReader,
} from '../../src/index.js'
import { createAppender, type Appender } from './appender.js'
import { linesOf } from './lines.js'
import { grouped, listTrailFiles, unlessGone, type TrailFile } from './names.js'

export interface AuditFilesOptions {
  /** How large a file may grow before the next one is begun. Default 64 MiB. */
  readonly maxBytes?: number
}

/** An audit trail in a directory, as a sink and to be read. */
export type AuditFiles = AuditSink & TrailReader

const MAX_BYTES = 67_108_864
const MAX_HEADS = 64

/**
 * JSON Lines in files of one directory, which is made if it is not there. Each process writes files of its own,
 * `2030-01-31.<writer>.0001.jsonl`, a new one each day (UTC) and when one is full: several processes may share a directory. A write
 * is acknowledged when it is on the disk.
 */
export function createAuditFiles(directory: string, options: AuditFilesOptions = {}): AuditFiles {
  const { maxBytes = MAX_BYTES } = options
  const appenders = new Map<string, Appender>()
  /** The last `seq` of each writer that is on the disk. */
  const written = new Map<string, number>()
  let queue = Promise.resolve()

  async function append(entries: readonly AuditEntry[]): Promise<void> {
    const groups = grouped(entries, ({ record }) => record.writer)
    for (const [writer, group] of groups) {
      const last = written.get(writer) ?? -1
      // What is handed in again may be here already: then only the answer was late.
      const missing = group.filter(({ record }) => record.seq > last)
      const end = missing.at(-1)
      if (end === undefined) continue
      const appender = appenders.get(writer) ?? createAppender(directory, writer, maxBytes)
      appenders.set(writer, appender)
      await appender.append(missing.map(({ line }) => `${line}\n`).join(''))
      written.set(writer, end.record.seq)
    }
  }

  return {
    write(entries) {
      const done = queue.then(() => append(entries))
      queue = done.catch(() => undefined)
      return done
    },
    rest: () => restOf(directory),
    async close() {
      await queue
      for (const appender of appenders.values()) await appender.close()
    },
    async *lines(range = {}) {
      for (const file of await listTrailFiles(directory)) {
        if (isOutside(file, range)) continue
        for await (const { line, number, torn } of linesOf(file.path)) {
          const found: TrailLine = { line, where: `${file.name}:${String(number)}` }
          yield torn ? { ...found, torn } : found
        }
      }
    },
  }
}

/** Records may wait for hours before they are written, while a disk is full; a file may be of several days only if a clock is wrong. */
function isOutside({ day }: TrailFile, { since, until }: TrailRange): boolean {
  const begins = Date.parse(day)
  const DAY = 86_400_000
  return (
    (until !== undefined && begins > until.getTime() + DAY) ||
    (since !== undefined && begins + 2 * DAY < since.getTime())
  )
}

async function restOf(directory: string): Promise<AuditRest> {
  const files = (await listTrailFiles(directory).catch(unlessGone)) ?? []
  const last = [...new Map(files.map((file) => [file.writer, file])).values()]
  const ends = await Promise.all((await newestOf(last)).map(endOf))
  return {
    heads: ends.flatMap(({ head }) => head ?? []),
    torn: ends.flatMap(({ torn }) => torn ?? []),
  }
}

/** By their day; and those of the last day that has a place, by when they were written. */
async function newestOf(files: readonly TrailFile[]): Promise<readonly TrailFile[]> {
  const days = files.map(({ day }) => day).sort()
  const since = days.at(-MAX_HEADS) ?? ''
  const late = files.filter(({ day }) => day >= since)
  if (late.length <= MAX_HEADS) return late
  const timed = await Promise.all(
    late.map(async (file) => ({ file, at: (await fs.stat(file.path)).mtimeMs })),
  )
  timed.sort((a, b) => b.file.day.localeCompare(a.file.day) || b.at - a.at)
  return timed.slice(0, MAX_HEADS).map(({ file }) => file)
}

async function endOf(file: TrailFile): Promise<{ head?: AuditHead; torn?: TornLine }> {
  const text = await tailOf(file.path)
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  const record = openAuditLine(lines.at(-1) ?? '')
  const digest = hash('sha256', Buffer.from(rest, 'latin1'), 'base64url')
  return {
    ...(record && { head: { writer: record.writer, seq: record.seq, hash: record.hash } }),
    ...(rest !== '' && { torn: { where: file.name, bytes: rest.length, hash: digest } }),
  }
}

/** The end of a file, with at least one whole line in it. */
async function tailOf(path: string): Promise<string> {
  const handle = await fs.open(path, 'r')
  try {
    const { size } = await handle.stat()
    for (let length = 65_536; ; length *= 4) {
      const bytes = Math.min(length, size)
      const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, size - bytes)
      const text = buffer.toString('latin1')
      if (bytes === size || text.split('\n').length > 2) return text
    }
  } finally {
    await handle.close()
  }
}
