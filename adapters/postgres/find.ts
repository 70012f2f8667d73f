import type { TrailSearch } from '../../src/index.js'
import type { Statement } from './list.js'
import { isText } from './text.js'

const COLUMNS = [
  ['kind', 'kind'],
  ['outcome', 'outcome'],
  ['reason', 'reason'],
  ['owner_id', 'ownerId'],
  ['tenant_id', 'tenantId'],
  ['key_id', 'keyId'],
  ['subject', 'subject'],
  ['request_id', 'requestId'],
] as const

/** Events by an index, each as it was written last. `undefined` where nothing can be found. */
export function findStatement(search: TrailSearch): Statement | undefined {
  const { phi, from, to, after, limit } = search
  const texts = [...COLUMNS.map(([, member]) => search[member]), phi?.resource, phi?.id, after?.id]
  if (!texts.every((text) => text === undefined || isText(text))) return undefined
  const values: unknown[] = []
  const place = (value: unknown) => `$${String(values.push(value))}`
  const conditions = [`a.kind IN ('access', 'key')`, 'a.id IS NOT NULL']
  for (const [column, member] of COLUMNS) {
    const value = search[member]
    if (value !== undefined) conditions.push(`a.${column} = ${place(value)}`)
  }
  if (phi !== undefined) {
    const touched = phi.id === undefined ? phi.resource : `${phi.resource}/${phi.id}`
    conditions.push(`a.phi @> ARRAY[${place(touched)}::text]`)
  }
  if (from !== undefined) conditions.push(`a.time >= ${place(from.toISOString())}`)
  if (to !== undefined) conditions.push(`a.time < ${place(to.toISOString())}`)
  if (after !== undefined) {
    conditions.push(`(a.time, a.id) < (${place(after.time)}, ${place(after.id)})`)
  }
  return {
    text: `SELECT a.time, a.id, a.writer, a.seq::text AS seq, a.line FROM sallyport_audit a
      WHERE ${conditions.join(' AND ')} AND NOT EXISTS (
        SELECT FROM sallyport_audit later
        WHERE later.id = a.id AND later.writer = a.writer AND later.seq > a.seq)
      ORDER BY a.time DESC, a.id DESC LIMIT ${place(limit)}`,
    values,
  }
}
