import type { AuditFilter, TrailSearch } from '../../src/index.js'
import { changedBy, CHANGES } from './audit-schema.js'
import { fitting, MAX_SEQ, PAGE_BYTES, readLine } from './audit-queries.js'
import type { Statement } from './list.js'
import { isText } from './text.js'

const COLUMNS = [
  ['kind', 'kind'],
  ['outcome', 'outcome'],
  ['reason', 'reason'],
  ['ownerId', 'owner_id'],
  ['tenantId', 'tenant_id'],
  ['keyId', 'key_id'],
  ['requestId', 'request_id'],
] as const satisfies readonly (readonly [keyof AuditFilter, string])[]
const CONDITIONS = COLUMNS.map(
  ([member, column]) => [member, (value: string) => `a.${column} = ${value}`] as const,
)
/** Who has called; of what was changed, who has changed it. */
const CALLER = [
  ['subject', 'a.subject'],
  ['issuer', `a.line::json ->> 'issuer'`],
  ['clientId', `a.line::json ->> 'clientId'`],
] as const
const OF_CALLER = CALLER.map(([member, told]) => {
  const changer = `${CHANGES} AND ${changedBy('a.line', member)}`
  return [member, (value: string) => `(${told} = ${value} OR (${changer} = ${value}))`] as const
})
const ALL = [...CONDITIONS, ...OF_CALLER]

/** What is in no place of a list: anybody may have added it, and it is no record. */
const PLACED = [
  'octet_length(a.time) = 24',
  'length(a.id) BETWEEN 1 AND 256',
  'length(a.writer) BETWEEN 1 AND 256',
  `a.seq BETWEEN 0 AND ${MAX_SEQ}`,
]

/** Lines by an index, each with those of its event that come after it. `undefined` where nothing can be found. */
export function findStatement(search: TrailSearch): Statement | undefined {
  const { phi, from, to, after, limit } = search
  const texts = [
    ...ALL.map(([member]) => search[member]),
    ...[phi?.resource, phi?.id, after?.id, after?.writer],
  ]
  if (!texts.every((text) => text === undefined || isText(text))) return undefined
  const values: unknown[] = []
  const place = (value: unknown) => `$${String(values.push(value))}`
  const conditions = [`a.kind IN ('access', 'key', 'enrollment')`, ...PLACED]
  for (const [member, isSaid] of ALL) {
    const value = search[member]
    if (value !== undefined) conditions.push(isSaid(place(value)))
  }
  if (phi !== undefined) {
    const touched = phi.id === undefined ? phi.resource : `${phi.resource}/${phi.id}`
    conditions.push(`a.phi @> ARRAY[${place(touched)}::text]`)
  }
  conditions.push(...heldTo(search, place))
  if (from !== undefined) conditions.push(`a.time >= ${place(from.toISOString())}`)
  if (to !== undefined) conditions.push(`a.time < ${place(to.toISOString())}`)
  if (after !== undefined) {
    const { time, id, writer, seq } = after
    const bounds = [time, id, writer, String(seq)].map(place)
    conditions.push(`(a.time, a.id, a.writer, a.seq) < (${bounds.join(', ')}::bigint)`)
  }
  const rows = `SELECT f.*, (
      SELECT coalesce(sum(octet_length(l.line)), 0) FROM (${LATER}) l
    ) + octet_length(f.line) AS size
    FROM (SELECT a.time, a.id, a.writer, a.seq, a.line FROM sallyport_audit a
      WHERE ${conditions.join(' AND ')} ORDER BY ${orderOf('a')} LIMIT ${place(limit)}) f`
  return {
    text: `SELECT f.time, f.id, f.writer, f.seq::text AS seq, ${readLine('f')} AS line, (
        SELECT json_agg(json_build_object('seq', l.seq::text, 'line', l.line) ORDER BY l.seq)::text
        FROM ${fitting(LATER, 'octet_length(r.line)', 'r.seq')} l
        WHERE octet_length(l.line) <= ${PAGE_BYTES}) AS later
      FROM ${fitting(rows, 'r.size', orderOf('r'))} f ORDER BY ${orderOf('f')}`,
    values,
  }
}

/** What is of no environment or tenant in particular is found as well. */
function heldTo(
  { environments, tenants }: TrailSearch,
  place: (value: unknown) => string,
): readonly string[] {
  const conditions: string[] = []
  if (environments !== undefined) {
    const named = `(a.line::json ->> 'environment') = ANY(${place(environments.filter(isText))}::text[])`
    conditions.push(`(a.kind = 'enrollment' OR coalesce(${named}, true))`)
  }
  if (tenants !== undefined) {
    const named = `a.tenant_id = ANY(${place(tenants.filter(isText))}::text[])`
    conditions.push(`(a.kind <> 'access' OR coalesce(${named}, a.outcome = 'allowed'))`)
  }
  return conditions
}

/** Lines of the same event that come after it. */
const LATER = `SELECT later.seq, later.line FROM sallyport_audit later
  WHERE later.id = f.id AND later.writer = f.writer AND later.seq > f.seq
  ORDER BY later.seq LIMIT 16`

function orderOf(row: string): string {
  return ['time', 'id', 'writer', 'seq'].map((column) => `${row}.${column} DESC`).join(', ')
}
