import type { KeyObject } from 'node:crypto'
import { weightOfJson } from '../lib/weight.js'
import { parseAuditLine } from './chain.js'
import type { ReadOptions } from './events.js'
import { matchesFilter, recordedFilter, type AuditEvent, type AuditFilter } from './filter.js'
import { foundIn, type Found } from './found-lines.js'
import {
  createLatestPage,
  MAX_PAGE_WEIGHT,
  type FoundPage,
  type PageBounds,
} from './latest-page.js'
import { createProofs, type Proofs } from './proofs.js'
import { createReading } from './reading.js'
import type { Sight } from './visible-records.js'
import type { FoundLine, TrailLine, TrailPosition, TrailReader, TrailSearch } from './sink.js'
import { type EventRecord, isEvent, isLaterWord } from './words.js'

/** So many lines of an index are looked at for a page, which then ends where that was. */
const MAX_LOOKED = 2_000
/** As many at once, at most. */
const MAX_FOUND = 200
/** So many characters of chains are read to prove what was found. */
const MAX_SPENT = 67_108_864
const NOT_TOLD = () => undefined

export interface WantedPage extends PageBounds {
  readonly filter: AuditFilter
  readonly keys: ReadonlyMap<string, KeyObject>
  /** Absent: all records are there. */
  readonly sight?: Sight
}

export function readPage(
  reader: TrailReader,
  wanted: WantedPage,
  onDamaged: ReadOptions['onDamaged'] = () => undefined,
): Promise<FoundPage<AuditEvent>> {
  return reader.find === undefined
    ? readLines(reader, wanted, onDamaged)
    : readIndex(reader, wanted, onDamaged)
}

async function readLines(
  reader: TrailReader,
  wanted: WantedPage,
  onDamaged: NonNullable<ReadOptions['onDamaged']>,
): Promise<FoundPage<AuditEvent>> {
  const newest = createLatestPage<AuditEvent>(wanted)
  const reading = createReading(wanted.keys, false)
  const take = (events: Iterable<AuditEvent>) => {
    for (const event of events) {
      if (isSeen(event, wanted) && matchesFilter(event, wanted.filter)) newest.take(event)
    }
  }
  for await (const line of reader.lines(rangeOf(wanted))) {
    if (reading.take(line) === undefined && !line.torn) onDamaged(line)
    take(reading.settled())
  }
  take(reading.rest())
  return newest.page()
}

function rangeOf({ filter: { from, to }, after, future }: WantedPage) {
  // What is beyond the position is of the same millisecond, or older; or else of the future.
  const isLast = (to?.toISOString() ?? '~') <= future || (after?.time ?? '') >= future
  const until = after && isLast ? new Date(Date.parse(after.time) + 1) : to
  return { ...(from && { since: from }), ...(until && { until }) }
}

async function readIndex(
  reader: TrailReader,
  wanted: WantedPage,
  onDamaged: NonNullable<ReadOptions['onDamaged']>,
): Promise<FoundPage<AuditEvent>> {
  const proofs = createProofs(reader, wanted.keys)
  const items: AuditEvent[] = []
  let last: TrailPosition | undefined
  let [weight, looked] = [0, 0]
  const isFull = () =>
    items.length >= wanted.limit ||
    weight > MAX_PAGE_WEIGHT ||
    looked >= MAX_LOOKED ||
    (looked > 0 && proofs.spent() > MAX_SPENT)

  // What has no place is told with what comes after it: that is on another page where this one ends between them.
  const placeless: TrailLine[] = []
  const tellPlaceless = () => {
    for (const line of placeless.splice(0)) onDamaged(line)
  }

  for await (const found of partsOf(reader, wanted)) {
    const seen = found.filter((line) => isLineSeen(line, wanted))
    await proofs.prepare(seen.flatMap((line) => (line.at && eventIn(line)) ?? []))
    for (const line of seen) {
      if (line.at === undefined) {
        placeless.push(line)
        continue
      }
      // What a later word has made of it comes by itself, if it is there at all.
      if (wanted.sight && !(await foundEvent(line, proofs, NOT_TOLD))) continue
      // There is another one: the page ends before it.
      if (isFull()) return { items, ...(last && { last }) }
      tellPlaceless()
      last = line.at
      looked += 1
      const event = await foundEvent(line, proofs, onDamaged)
      if (event === undefined || !matchesFilter(event, wanted.filter)) continue
      items.push(event)
      weight += weightOfJson(event)
    }
  }
  tellPlaceless()
  return { items }
}

async function* partsOf(reader: TrailReader, wanted: WantedPage): AsyncGenerator<readonly Found[]> {
  for (const search of searchesOf(wanted)) yield* foundIn(reader, search)
}

function isSeen(event: EventRecord, { sight }: WantedPage): boolean {
  return sight === undefined || sight.sees(event)
}

/** A damaged line has no owner: only a query that asks for everything has it. */
function isLineSeen(line: Found, wanted: WantedPage): boolean {
  if (wanted.sight === undefined) return true
  const event = line.at && eventIn(line)
  return event !== undefined && isSeen(event, wanted)
}

/** What is searched for, one after the other: what is before the future, and then the future. */
function searchesOf({ filter, limit, after, future, sight }: WantedPage): readonly TrailSearch[] {
  const { proven, ...rest } = recordedFilter(filter)
  const { environments, tenants } = sight ?? {}
  const held = { ...(environments && { environments }), ...(tenants && { tenants }) }
  const search = { ...rest, ...held }
  const { from, to } = filter
  const bound = new Date(future)
  // One more, to know whether there is another page.
  const most = proven === undefined ? Math.min(limit + 1, MAX_FOUND) : MAX_FOUND
  const isPast = after !== undefined && after.time < future
  const isFuture = after !== undefined && !isPast
  const past = { ...search, limit: most, to: to && to < bound ? to : bound }
  const late = { ...search, limit: most, from: from && from > bound ? from : bound }
  return [
    ...(isFuture ? [] : [{ ...past, ...(after && { after }) }]),
    ...(to && to <= bound ? [] : [{ ...late, ...(isFuture && { after }) }]),
  ]
}

/** The event of a line, if no later word replaces it. */
async function foundEvent(
  line: FoundLine,
  proofs: Proofs,
  onDamaged: NonNullable<ReadOptions['onDamaged']>,
): Promise<AuditEvent | undefined> {
  const event = eventIn(line)
  if (event === undefined) onDamaged(line)
  for (const later of event ? (line.later ?? []) : []) {
    const word = eventIn(later)
    const isWord = event && word?.id === event.id && isLaterWord(event, word)
    if (isWord && (await proofs.holds(event, word))) return undefined
  }
  return event && { ...event, proven: await proofs.isProven(event) }
}

function eventIn({ line }: TrailLine): EventRecord | undefined {
  const record = parseAuditLine(line)
  return isEvent(record) ? record : undefined
}
