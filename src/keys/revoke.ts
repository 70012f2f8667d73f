import { stateOf, shown, type ApiKey, type KeyRecord } from './record.js'
import { changeKey, type KeyRoom } from './room.js'

/**
 * Ends a key now and for good; in a rotation's grace, both keys. Again is harmless.
 * @throws {KeyError} `unknown_key`, `changed_meanwhile`. @throws {StoreError}
 */
export async function revokeKey(room: KeyRoom, id: string): Promise<ApiKey> {
  const revoked = await revokeOne(room, id)
  for (const other of [revoked.rotatedFrom, revoked.rotatedTo]) {
    if (other !== undefined) await revokeGracePartner(room, revoked, other)
  }
  return shown(revoked, room.clock())
}

function revokeOne(room: KeyRoom, id: string): Promise<KeyRecord> {
  return changeKey(room, id, ({ revokedAt }) =>
    revokedAt === undefined ? { revokedAt: new Date(room.clock()) } : undefined,
  )
}

/** The older of the two says whether the grace is still on: both live only until its end. */
async function revokeGracePartner(room: KeyRoom, revoked: KeyRecord, id: string): Promise<void> {
  const partner = await room.store.findById(id)
  if (partner === undefined) return
  const older = partner.rotatedTo === revoked.id ? partner : revoked
  const ended = older.expiresAt !== undefined && older.expiresAt.getTime() <= room.clock()
  if (!ended && stateOf(partner, room.clock()) !== 'revoked') await revokeOne(room, id)
}
