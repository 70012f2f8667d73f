import { hash } from 'node:crypto'
import { isNewerLine } from './chain.js'
import type { ReadRecord } from './unproven-records.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine } from './sink.js'
import { fileOf } from './findings.js'
import type { Tally } from './trail-report.js'

/** Counts lines in the order of reading, and tells of those that say nothing. */
export interface LineCount {
  /** The place of the record; `undefined` for a line that is none. */
  readonly take: (
    found: TrailLine,
    record: ChainedRecord | undefined,
  ) => Pick<ReadRecord, 'where' | 'at' | 'unread'> | undefined
  /** The digests of lines that were broken off, by their files. */
  readonly torn: ReadonlyMap<string, string>
}

export function createLineCount({ counts, tell, blame, readTo }: Tally): LineCount {
  const torn = new Map<string, string>()
  let at = 0
  /** Lines that say nothing since the last one that did: they stand where records are missing. */
  let unread = 0
  /** In which file they stand, and whose record is before them. */
  let unreadIn = ''
  let before: string | undefined

  function pass({ line, where, torn: isTorn }: TrailLine): void {
    if (isTorn) {
      counts.torn += 1
      tell({ fault: 'torn', where })
      const bytes = Buffer.from(line, 'latin1')
      torn.set(where.replace(/:\d+$/, ''), hash('sha256', bytes, 'base64url'))
      return
    }
    const file = fileOf(where)
    unread = unreadIn === file ? unread + 1 : 1
    unreadIn = file
    blame(isNewerLine(line) ? 'made_by_a_newer_version' : 'changed', where)
  }

  return {
    torn,
    take(found, record) {
      at += 1
      readTo(at)
      if (record === undefined) {
        pass(found)
        return undefined
      }
      // At the end of another chain, they stand for nothing of this one.
      if (unread > 0 && record.writer !== before && fileOf(found.where) !== unreadIn) unread = 0
      const read = { where: found.where, at, unread }
      unread = 0
      before = record.writer
      return read
    },
  }
}
