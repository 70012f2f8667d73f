import { ending, givenTenants, type KeyAuth } from '../core/auth.js'
import { deepCopy, deepFreeze, textsFrom } from '../lib/copy.js'
import type { KeyRecord } from './record.js'

/** @throws where a store has put something else in the place of a date. */
export function timeOf(date: Date | undefined): number | undefined {
  if (date === undefined) return undefined
  const time = date.getTime()
  if (Number.isNaN(time)) throw new RangeError('Not a date.')
  return time
}

/** @throws where a store has put something else in the place of a list. */
function textsOf(list: unknown): readonly string[] {
  const texts = textsFrom(list)
  if (texts === undefined) throw new TypeError('Not a list of texts.')
  return texts
}

/** Whom a key stands for. All its requests share it: what one handler could change, all others would see. */
export function authOfKey(
  record: Omit<KeyRecord, 'digest' | 'version'>,
  defaultPlan: string | undefined,
): KeyAuth {
  const { id: keyId, name, ownerId, environment, plan = defaultPlan, limit } = record
  const endsAt = timeOf(record.expiresAt)
  const auth = {
    kind: 'key' as const,
    keyId,
    name,
    ownerId,
    environment,
    scopes: textsOf(record.scopes),
    ...givenTenants(record.tenantIds === undefined ? undefined : textsOf(record.tenantIds)),
    ...(record.resources !== undefined && { resources: textsOf(record.resources) }),
    ...(plan !== undefined && { plan }),
    ...(limit !== undefined && { limit }),
    metadata: deepFreeze(deepCopy(record.metadata)),
  }
  return endsAt === undefined ? Object.freeze(auth) : ending(auth, endsAt)
}
