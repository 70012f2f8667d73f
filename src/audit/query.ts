import type { KeyObject } from 'node:crypto'
import * as z from 'zod/mini'
import { REASON_NAMES } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import { IDENTIFIER_RULE, isIdentifier } from '../core/identifier.js'
import type { Page } from '../keys/key-store.js'
import { describeIssue, told } from '../lib/issue.js'
import { parseAuditLine, publicKeysOf } from './chain.js'
import type { ReadOptions } from './events.js'
import { matchesFilter, type AuditEvent, type AuditFilter } from './filter.js'
import { createLatestPage, type FoundPage } from './latest-page.js'
import { createProofs, type Proofs } from './proofs.js'
import { createReading } from './reading.js'
import { AUDIT_KINDS, AUDIT_OUTCOMES } from './record.js'
import { foundLines, position, type Shape } from './schema.js'
import type { FoundLine, TrailLine, TrailPosition, TrailReader } from './sink.js'
import { isLaterWord, type EventRecord } from './words.js'

/** Which events, in pages. */
export interface AuditQuery extends AuditFilter {
  /** How many at most: 1 to 200. Default 50. A page may have fewer, also one that is not the last. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

const MAX_LIMIT = 200
const DEFAULT_LIMIT = 50

const text = z.optional(z.string().check(z.maxLength(512)))
/** What this code has never taken for an owner, a tenant or a key finds nothing, which must not pass for "nothing happened". */
const name = z.optional(
  z.string().check(
    z.maxLength(512),
    z.refine((value) => isIdentifier(value), IDENTIFIER_RULE),
  ),
)
/** Times are compared as text, of which all years from 0 to 9999 have the same form. */
const date = z.optional(
  z
    .date()
    .check(
      z.minimum(new Date('0000-01-01T00:00:00Z')),
      z.maximum(new Date('9999-12-31T23:59:59.999Z')),
    ),
)
const schema = z.strictObject({
  kind: z.optional(z.enum(AUDIT_KINDS)),
  ownerId: name,
  tenantId: name,
  keyId: name,
  issuer: text,
  clientId: text,
  subject: text,
  requestId: text,
  outcome: z.optional(z.enum(AUDIT_OUTCOMES)),
  reason: z.optional(z.enum(REASON_NAMES)),
  phi: z.optional(
    z.strictObject({
      resource: z.string().check(z.maxLength(64)),
      id: z.optional(z.string().check(z.maxLength(128))),
    }),
  ),
  from: date,
  to: date,
  limit: z._default(z.int().check(z.minimum(1), z.maximum(MAX_LIMIT)), DEFAULT_LIMIT),
  cursor: z.optional(z.string().check(z.maxLength(2_048))),
} satisfies Shape<Omit<AuditQuery, 'phi'>> & Record<'phi', z.ZodMiniType>)

/**
 * A page of events, newest first. Of several records of one event, the last one that holds counts: see `readEvents`. What is written meanwhile disturbs no
 * page: what was there when the first was read is on exactly one. A cursor that is not of this call leads to an empty page.
 * @throws {MisuseError} @throws what the reader throws
 */
export async function queryTrail(
  reader: TrailReader,
  query: AuditQuery = {},
  options: ReadOptions = {},
): Promise<Page<AuditEvent>> {
  const parsed = schema.safeParse(query, told)
  if (!parsed.success) {
    const issue = describeIssue(parsed.error, Object.keys(schema.shape))
    throw new MisuseError('invalid_option', `gate.audit.query: ${issue}`)
  }
  const { limit, cursor, ...rest } = parsed.data
  const filter = rest as AuditFilter
  const after = cursor === undefined ? undefined : positionIn(cursor)
  if (after === null) return { items: [] }
  const keys = publicKeysOf(options.publicKeys ?? [])
  const page = { filter, limit, keys, ...(after && { after }) }
  const { items, last } = await readPage(reader, page, options.onDamaged)
  return { items, ...(last && { cursor: cursorAt(last) }) }
}

interface WantedPage {
  readonly filter: AuditFilter
  readonly limit: number
  readonly after?: TrailPosition
  readonly keys: ReadonlyMap<string, KeyObject>
}

async function readPage(
  reader: TrailReader,
  { filter, limit, after, keys }: WantedPage,
  onDamaged: ReadOptions['onDamaged'],
): Promise<FoundPage<AuditEvent>> {
  // One more, to know whether there is another page.
  const found = await reader.find?.({ ...filter, limit: limit + 1, ...(after && { after }) })
  if (found !== undefined) {
    const shown = foundLines.parse(found).slice(0, limit)
    const last = found.length > limit ? shown.at(-1)?.at : undefined
    const items = await foundEvents(shown, filter, createProofs(reader, keys), onDamaged)
    return { items, ...(last && { last }) }
  }
  const newest = createLatestPage<AuditEvent>(limit, after)
  const reading = createReading(keys, false)
  const take = (events: Iterable<AuditEvent>) => {
    for (const event of events) if (matchesFilter(event, filter)) newest.take(event)
  }
  for await (const line of reader.lines(rangeOf(filter, after))) {
    if (reading.take(line) === undefined && !line.torn) onDamaged?.(line)
    take(reading.settled())
  }
  take(reading.rest())
  return newest.page()
}

/** Those that fit, and that no later word replaces. */
async function foundEvents(
  found: readonly FoundLine[],
  filter: AuditFilter,
  proofs: Proofs,
  onDamaged: ReadOptions['onDamaged'],
): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = []
  for (const line of found) {
    const event = eventIn(line)
    if (event === undefined) onDamaged?.(line)
    if (event === undefined || !matchesFilter(event, filter)) continue
    let isReplaced = false
    for (const later of line.later ?? []) {
      const word = eventIn(later)
      if (word?.id !== event.id || !isLaterWord(event, word)) continue
      isReplaced ||= await proofs.holds(event, word)
    }
    if (!isReplaced) events.push({ ...event, proven: await proofs.isProven(event) })
  }
  return events
}

function eventIn({ line }: TrailLine): EventRecord | undefined {
  const record = parseAuditLine(line)
  return record?.kind === 'access' || record?.kind === 'key' ? record : undefined
}

function rangeOf({ from, to }: AuditFilter, after: TrailPosition | undefined) {
  // What is beyond the position is of the same millisecond, or older.
  const until = after === undefined ? to : new Date(Date.parse(after.time) + 1)
  return { ...(from && { since: from }), ...(until && { until }) }
}

function cursorAt({ time, id, writer, seq }: TrailPosition): string {
  return Buffer.from(JSON.stringify([time, id, writer, seq])).toString('base64url')
}

/** `null` for what is no cursor. */
function positionIn(cursor: string): TrailPosition | null {
  try {
    const text = Buffer.from(cursor, 'base64url').toString()
    const [time, id, writer, seq] = JSON.parse(text) as unknown[]
    return position.parse({ time, id, writer, seq })
  } catch {
    return null
  }
}
