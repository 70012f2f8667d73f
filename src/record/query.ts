import { z } from 'zod'
import type { Page } from '../keys/store.js'
import { describeIssue } from '../lib/issue.js'
import { MisuseError } from '../terms/misuse.js'
import { eventIn } from './event.js'
import { fits, type AuditEvent, type AuditFilter } from './filter.js'
import { createNewest, type FoundPage } from './newest.js'
import type { FoundLine, TrailPosition, TrailReader } from './sink.js'

/** Which events, in pages. */
export interface AuditQuery extends AuditFilter {
  /** How many at most: 1 to 200. Default 50. A page may have fewer, also one that is not the last. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

const MAX_LIMIT = 200
const DEFAULT_LIMIT = 50

const name = z.string().max(512).optional()
/** Times are compared as text, of which all years from 0 to 9999 have the same form. */
const instant = z
  .date()
  .min(new Date('0000-01-01T00:00:00Z'))
  .max(new Date('9999-12-31T23:59:59.999Z'))
  .optional()
const schema = z.strictObject({
  kind: z.enum(['access', 'key']).optional(),
  ownerId: name,
  tenantId: name,
  keyId: name,
  subject: name,
  requestId: name,
  outcome: z.enum(['allowed', 'denied', 'intended', 'made', 'failed']).optional(),
  reason: name,
  phi: z
    .strictObject({ resource: z.string().max(64), id: z.string().max(128).optional() })
    .optional(),
  from: instant,
  to: instant,
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
  cursor: z.string().max(1_024).optional(),
})

/**
 * A page of events, newest first. Of several records with one `id`, the last one holds. What is written meanwhile disturbs no page: what was
 * there when the first was read is on exactly one. A cursor that is not of this call leads to an empty page.
 * @throws {MisuseError} @throws what the reader throws
 */
export async function queryTrail(
  reader: TrailReader,
  query: AuditQuery = {},
): Promise<Page<AuditEvent>> {
  const parsed = schema.safeParse(query)
  if (!parsed.success) {
    const issue = describeIssue(parsed.error, Object.keys(schema.shape))
    throw new MisuseError('invalid_option', `gate.audit.query: ${issue}`)
  }
  const { limit, cursor, ...rest } = parsed.data
  const filter = rest as AuditFilter
  const after = cursor === undefined ? undefined : positionIn(cursor)
  if (after === null) return { items: [] }
  const { items, last } = await readPage(reader, filter, limit, after)
  return { items, ...(last && { cursor: cursorAt(last) }) }
}

async function readPage(
  reader: TrailReader,
  filter: AuditFilter,
  limit: number,
  after: TrailPosition | undefined,
): Promise<FoundPage<AuditEvent>> {
  // One more, to know whether there is another page.
  const found = await reader.find?.({ ...filter, limit: limit + 1, ...(after && { after }) })
  if (found !== undefined) return pageOf(found, filter, limit)
  const newest = createNewest<AuditEvent>(limit, after)
  for await (const { line } of reader.lines(rangeOf(filter, after))) {
    const event = eventIn(line)
    if (event !== undefined) newest.take(event, fits(event, filter))
  }
  return newest.page()
}

function pageOf(
  found: readonly FoundLine[],
  filter: AuditFilter,
  limit: number,
): FoundPage<AuditEvent> {
  const shown = found.slice(0, limit)
  const items = shown.flatMap(({ line }) => {
    const event = eventIn(line)
    return event !== undefined && fits(event, filter) ? [event] : []
  })
  const last = found.length > limit ? shown.at(-1)?.at : undefined
  return { items, ...(last && { last }) }
}

function rangeOf({ from, to }: AuditFilter, after: TrailPosition | undefined) {
  // What is beyond the position is of the same millisecond, or older.
  const until = after === undefined ? to : new Date(Date.parse(after.time) + 1)
  return { ...(from && { since: from }), ...(until && { until }) }
}

function cursorAt({ time, id }: TrailPosition): string {
  return Buffer.from(`${time} ${id}`).toString('base64url')
}

/** `null` for what is no cursor. */
function positionIn(cursor: string): TrailPosition | null {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, time = '', id = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.+)$/s.exec(text) ?? []
  return id === '' || Number.isNaN(Date.parse(time)) ? null : { time, id }
}
