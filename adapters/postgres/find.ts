import type { AuditFilter, TrailSearch } from '../../src/index.js'
import type { Statement } from './list.js'
import { isText } from './text.js'

const COLUMNS = [
  ['kind', 'kind'],
  ['outcome', 'outcome'],
  ['reason', 'reason'],
  ['ownerId', 'owner_id'],
  ['tenantId', 'tenant_id'],
  ['keyId', 'key_id'],
  ['subject', 'subject'],
  ['requestId', 'request_id'],
] as const satisfies readonly (readonly [keyof AuditFilter, string])[]
/** Members of the line that have no column. */
const MEMBERS = ['issuer', 'clientId'] as const
const CONDITIONS = [
  ...COLUMNS.map(([member, column]) => [`a.${column}`, member] as const),
  ...MEMBERS.map((member) => [`a.line::json ->> '${member}'`, member] as const),
]

/** Lines by an index, each with those of its event that come after it. `undefined` where nothing can be found. */
export function findStatement(search: TrailSearch): Statement | undefined {
  const { phi, from, to, after, limit } = search
  const texts = [
    ...CONDITIONS.map(([, member]) => search[member]),
    ...[phi?.resource, phi?.id, after?.id, after?.writer],
  ]
  if (!texts.every((text) => text === undefined || isText(text))) return undefined
  const values: unknown[] = []
  const place = (value: unknown) => `$${String(values.push(value))}`
  const conditions = [`a.kind IN ('access', 'key')`, 'a.id IS NOT NULL']
  for (const [told, member] of CONDITIONS) {
    const value = search[member]
    if (value !== undefined) conditions.push(`${told} = ${place(value)}`)
  }
  if (phi !== undefined) {
    const touched = phi.id === undefined ? phi.resource : `${phi.resource}/${phi.id}`
    conditions.push(`a.phi @> ARRAY[${place(touched)}::text]`)
  }
  if (from !== undefined) conditions.push(`a.time >= ${place(from.toISOString())}`)
  if (to !== undefined) conditions.push(`a.time < ${place(to.toISOString())}`)
  if (after !== undefined) {
    const { time, id, writer, seq } = after
    const bounds = [time, id, writer, String(seq)].map(place)
    conditions.push(`(a.time, a.id, a.writer, a.seq) < (${bounds.join(', ')}::bigint)`)
  }
  return {
    text: `SELECT a.time, a.id, a.writer, a.seq::text AS seq, a.line, (
        SELECT json_agg(json_build_object('seq', l.seq::text, 'line', l.line) ORDER BY l.seq)::text
        FROM (SELECT seq, line FROM sallyport_audit later
          WHERE later.id = a.id AND later.writer = a.writer AND later.seq > a.seq
          ORDER BY seq LIMIT 16) l) AS later
      FROM sallyport_audit a WHERE ${conditions.join(' AND ')}
      ORDER BY a.time DESC, a.id DESC, a.writer DESC, a.seq DESC LIMIT ${place(limit)}`,
    values,
  }
}
