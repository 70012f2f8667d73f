import type { KeyRecord } from './record.js'
import { write, type KeyRoom } from './room.js'

/**
 * Puts the digest under the current pepper in the place of an older one, at a use of the key: only then is its fingerprint at hand. Who
 * loses to another change answers false, and leaves it to the next use.
 * @throws {StoreError}
 */
export async function renewDigest(
  room: KeyRoom,
  record: KeyRecord,
  fingerprint: string,
): Promise<boolean> {
  const { id, version } = record
  const digest = room.digester.current(fingerprint)
  const done = await write(room, [id], () => room.store.update(id, { digest }, version))
  if (done) await room.announce(id, version + 1)
  return done
}
