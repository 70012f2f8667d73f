import * as v from 'valibot'
import { ifValid } from '../lib/issue.js'
import { instant, position } from './schema.js'
import type { TrailPosition } from './sink.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'

/** How far the clock that wrote a record may be ahead of the one that reads it. */
const TOLERANCE_MS = 300_000

/**
 * From which time on records come after all others: they say that they are of the future. Anybody who can add to a trail can write any time, and would lead
 * every page for good.
 * @param now milliseconds since the epoch
 */
export function futureFrom(now: number): string {
  return new Date(now + TOLERANCE_MS).toISOString()
}

/** Whether one event is shown before another: the newest first, and those of the future last. */
export function comesBefore(one: TrailPosition, other: TrailPosition, future: string): boolean {
  const isLate = one.time >= future
  if (isLate !== other.time >= future) return !isLate
  if (one.time !== other.time) return one.time > other.time
  if (one.id !== other.id) return one.id > other.id
  return one.writer === other.writer ? one.seq > other.seq : one.writer > other.writer
}

/** Where a page ends. All pages of a list have one future. */
export interface PageEnd {
  readonly at: TrailPosition
  readonly future: string
}

const said = lazily(() =>
  v.strictTuple([position().entries.time, v.string(), v.string(), wholeNumber(), instant()]),
)

export function cursorOf({ at: { time, id, writer, seq }, future }: PageEnd): string {
  return Buffer.from(JSON.stringify([time, id, writer, seq, future])).toString('base64url')
}

/** `null` for what is no cursor. */
export function endIn(cursor: string): PageEnd | null {
  const read = ifValid(said(), parsed(cursor))
  if (read === undefined) return null
  const [time, id, writer, seq, future] = read
  const at = ifValid(position(), { time, id, writer, seq })
  return at === undefined ? null : { at, future }
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
