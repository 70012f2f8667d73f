import { promises as fs } from 'node:fs'
import { checkPrune, pruneAnchor, type PruneOptions } from '../../src/index.js'
import { linesOf, type FileLine } from './lines.js'
import { dayOf, grouped, listTrailFiles, type TrailFile } from './names.js'
import { replacementFrom, type Replacement } from './replacement.js'

/** What went. */
export interface PrunedFiles {
  readonly files: number
  readonly records: number
}

interface Seen {
  readonly file: TrailFile
  readonly at: FileLine
  readonly line: string
}

/** What goes of one chain, and what takes the place of the file in which it begins from then on. */
interface Cut {
  readonly gone: readonly TrailFile[]
  readonly records: number
  readonly rest?: Replacement
}

/**
 * Takes old records off the beginning of each chain, up to a checkpoint that counts and is as old: it stays, and vouches for what was before it. A chain without
 * such a checkpoint stays whole. A file that is written anew keeps owner, group and mode.
 * @throws {MisuseError} where records would go that are younger than the retention
 * @throws {Error} where a file cannot be read, or not be written anew as it was: then nothing is changed
 * @example await pruneAuditFiles('/var/log/api/audit', { before: new Date('2024-01-01'), publicKeys })
 */
export async function pruneAuditFiles(
  directory: string,
  options: PruneOptions,
): Promise<PrunedFiles> {
  const { before, publicKeys } = checkPrune(options, 'pruneAuditFiles')
  const now = (options.clock ?? Date.now)()
  const keys = publicKeys && { publicKeys }
  const cuts: Cut[] = []
  try {
    for (const chain of await chainsIn(directory, dayOf(now))) {
      const writer = chain[0]?.writer ?? ''
      const anchor = await pruneAnchor(linesIn(chain), { writer, before, ...keys })
      if (anchor !== undefined) cuts.push(await prepared(chain, anchor))
    }
    for (const { gone, rest } of cuts) {
      for (const { path } of gone) await fs.unlink(path)
      await rest?.take()
    }
  } catch (error) {
    for (const { rest } of cuts) await rest?.discard()
    throw error
  }
  return {
    files: cuts.reduce((sum, { gone }) => sum + gone.length, 0),
    records: cuts.reduce((sum, { records }) => sum + records, 0),
  }
}

/** The files of each writer as far as all of them are files; those of this day may be written to. */
async function chainsIn(
  directory: string,
  today: string,
): Promise<readonly (readonly TrailFile[])[]> {
  const { files, passed } = await listTrailFiles(directory)
  const isWhole = (file: TrailFile) =>
    !passed.some(({ writer, number }) => writer === file.writer && number < file.number)
  const old = files.filter((file) => file.day < today && isWhole(file))
  return [...grouped(old, ({ writer }) => writer).values()]
}

async function* linesIn(files: readonly TrailFile[]): AsyncGenerator<Seen> {
  for (const file of files) {
    for await (const at of linesOf(file.path)) yield { file, at, line: at.line }
  }
}

async function prepared(chain: readonly TrailFile[], { file, at }: Seen): Promise<Cut> {
  const gone = chain.filter(({ number }) => number < file.number)
  let records = 0
  for (const each of gone) records += await countOf(each)
  if (at.at === 0) return { gone, records }
  return { gone, records: records + at.number - 1, rest: await replacementFrom(file, at.at) }
}

async function countOf(file: TrailFile): Promise<number> {
  let count = 0
  for await (const _ of linesOf(file.path)) count += 1
  return count
}
