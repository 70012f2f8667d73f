import { promises as fs } from 'node:fs'
import type { Clock } from '../../src/index.js'
import { linesOf } from './lines.js'
import { findTrailFiles, isOutside, unlessGone, type TrailFile } from './names.js'
import { tailOf } from './state.js'

/** What one look reads, in bytes: of each file, and of all. The next one goes on from there, at another file. */
const MAX_OF_FILE = 8_388_608
const MAX_LOOK = 33_554_432

/** Reads what is added to the files of the last days, from where they end now. */
export async function followFiles(
  directory: string,
  clock: Clock,
): Promise<() => Promise<readonly string[]>> {
  /** Where the next line of a file begins. */
  const places = new Map<string, number>()
  let turn = 0

  async function recent(): Promise<readonly TrailFile[]> {
    const range = { since: new Date(clock()) }
    return (await findTrailFiles(directory)).files.filter((file) => !isOutside(file, range))
  }

  async function readOn(file: TrailFile): Promise<readonly string[]> {
    const from = places.get(file.name) ?? 0
    const { size } = (await fs.stat(file.path).catch(unlessGone)) ?? { size: 0 }
    // A write that failed is cut off, and made again.
    places.set(file.name, Math.min(from, size))
    if (size <= from) return []
    const lines: string[] = []
    for await (const { line, end, torn } of linesOf(file.path, from)) {
      // The end of it is still to come.
      if (torn) break
      lines.push(line)
      places.set(file.name, end)
      if (end - from > MAX_OF_FILE) break
    }
    return lines
  }

  for (const file of await recent()) {
    const { text, size } = await tailOf(file.path)
    places.set(file.name, size - (text.length - text.lastIndexOf('\n') - 1))
  }
  return async () => {
    const files = await recent()
    const first = turn % Math.max(1, files.length)
    const lines: string[] = []
    let bytes = 0
    for (const file of [...files.slice(first), ...files.slice(0, first)]) {
      for (const line of await readOn(file)) {
        lines.push(line)
        bytes += line.length
      }
      turn += 1
      if (bytes > MAX_LOOK) break
    }
    return lines
  }
}
