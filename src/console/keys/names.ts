import type { Gate } from '../../gate/gate.js'
import type { ApiKey } from '../../keys/record.js'
import type { PageRequest } from '../web/exchange.js'
import { actingOn } from './managed-keys.js'

/** Keys whose names are looked up. */
export const MOST_NAMES = 200

/** What people call keys, by id; none for a role that sees no keys. @throws {StoreError} */
export async function keyNames(
  asked: PageRequest,
  gate: Gate,
  environment?: string,
): Promise<ReadonlyMap<string, Pick<ApiKey, 'name' | 'hint'>>> {
  const { can, user } = asked
  if (!can('keys:view') && !can('keys:own') && !can('keys:all')) return new Map()
  const filter = { ownerId: user.ownerId, limit: MOST_NAMES }
  const { items } = await actingOn(asked, gate).keys.list({
    ...filter,
    ...(environment !== undefined && { environment }),
  })
  return new Map(items.map((key) => [key.id, key]))
}
