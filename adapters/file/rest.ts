import { hash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import { openAuditLine, type AuditHead, type AuditRest, type TornLine } from '../../src/index.js'
import { findTrailFiles, grouped, type TrailFile } from './names.js'

const MAX_HEADS = 64

/** The files of one writer, in their order. */
type Chain = readonly TrailFile[]

/** How the chains of a directory end: those that were written last. */
export async function restOf(directory: string): Promise<AuditRest> {
  const files = await findTrailFiles(directory)
  const chains = [...grouped(files, ({ writer }) => writer).values()]
  const ends = await Promise.all((await newestOf(chains)).map(endOf))
  return {
    heads: ends.flatMap(({ head }) => head ?? []),
    torn: ends.flatMap(({ torn }) => torn),
  }
}

/** By the day of their last file; and those of the last day that has a place, by when they were written. */
async function newestOf(chains: readonly Chain[]): Promise<readonly Chain[]> {
  const dated = chains.flatMap((files) => files.slice(-1).map((last) => ({ files, last })))
  const days = dated.map(({ last }) => last.day).sort()
  const since = days.at(-MAX_HEADS) ?? ''
  const late = dated.filter(({ last }) => last.day >= since)
  if (late.length <= MAX_HEADS) return late.map(({ files }) => files)
  const timed = await Promise.all(
    late.map(async (one) => ({ ...one, at: (await fs.stat(one.last.path)).mtimeMs })),
  )
  timed.sort((a, b) => b.last.day.localeCompare(a.last.day) || b.at - a.at)
  return timed.slice(0, MAX_HEADS).map(({ files }) => files)
}

/** A process may have ended before its last file had a whole line: then its chain ends in the one before. */
async function endOf(files: Chain): Promise<{ head?: AuditHead; torn: readonly TornLine[] }> {
  const torn: TornLine[] = []
  for (const file of files.toReversed()) {
    const lines = (await tailOf(file.path)).text.split('\n')
    const rest = lines.pop() ?? ''
    if (rest !== '') torn.push({ where: file.name, bytes: rest.length, hash: digestOf(rest) })
    const last = lines.at(-1)
    if (last === undefined) continue
    const record = openAuditLine(last)
    if (record === undefined) break
    return { head: { writer: record.writer, seq: record.seq, hash: record.hash }, torn }
  }
  return { torn }
}

function digestOf(bytes: string): string {
  return hash('sha256', Buffer.from(bytes, 'latin1'), 'base64url')
}

/** The end of a file, with at least one whole line in it where there is one, and where the file ends. */
export async function tailOf(
  path: string,
): Promise<{ readonly text: string; readonly size: number }> {
  const handle = await fs.open(path, 'r')
  try {
    const { size } = await handle.stat()
    for (let length = 65_536; ; length *= 4) {
      const bytes = Math.min(length, size)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, size - bytes)
      const text = buffer.toString('latin1', 0, bytesRead)
      if (bytes === size || text.split('\n').length > 2)
        return { text, size: size - bytes + bytesRead }
    }
  } finally {
    await handle.close()
  }
}
