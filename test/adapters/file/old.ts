import { createPrivateKey } from 'node:crypto'
import type { AuditEntry } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createChain } from '../../../src/audit/chain.js'
import { SIGNING } from '../../audit/gates.js'
import { access } from '../../audit/trails.js'

const DAY_MS = 86_400_000

/** How many records of each day a writer has, the last of which is a checkpoint. */
export const PER_DAY = 10

/** The records of a writer on some days in a row; `signed` says on which there is a checkpoint. */
export function daysOf(
  writer: string,
  since: string,
  days: number,
  signed: (day: number) => boolean = () => true,
): AuditEntry[][] {
  const chain = createChain(writer, createPrivateKey(SIGNING.key))
  const begin = Date.parse(since)
  return Array.from({ length: days }, (_, day) =>
    Array.from({ length: PER_DAY }, (_each, n) => {
      const time = new Date(begin + day * DAY_MS + n * 60_000).toISOString()
      if (day === 0 && n === 0) {
        return chain.add({ kind: 'start', time, instance: 'api', heads: [], torn: [] })
      }
      if (n === PER_DAY - 1 && signed(day)) return chain.add({ kind: 'checkpoint', time })
      return chain.add(access({ time, path: `/${String(day)}/${String(n)}` }))
    }),
  )
}

/** This instant, or one a little later: the records of a day that begins then are all of that day. */
export function withinDay(begin: number): string {
  const isLate = DAY_MS - (begin % DAY_MS) <= PER_DAY * 60_000
  return new Date(isLate ? begin + PER_DAY * 60_000 : begin).toISOString()
}

/** Writes each day on its day. */
export async function writeDays(
  directory: string,
  days: readonly (readonly AuditEntry[])[],
  maxBytes?: number,
): Promise<void> {
  let now = 0
  const clock = () => now
  const files = createAuditFiles(directory, { clock, ...(maxBytes !== undefined && { maxBytes }) })
  for (const entries of days) {
    for (const entry of entries) {
      now = Date.parse(entry.record.time)
      await files.write([entry])
    }
  }
  await files.close?.()
}
