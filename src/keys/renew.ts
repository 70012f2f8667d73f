import { write, type KeyContext } from './key-context.js'
import type { KeyRecord } from './record.js'

/**
 * Puts the digest under the current pepper in the place of an older one, at a use of the key: only then is its fingerprint at hand. Who
 * loses to another change answers false, and leaves it to the next use.
 * @throws {StoreError}
 */
export async function renewDigest(
  context: KeyContext,
  record: KeyRecord,
  fingerprint: string,
): Promise<boolean> {
  const { id, version } = record
  const digest = context.digester.current(fingerprint)
  const done = await write(context, [id], () => context.store.update(id, { digest }, version))
  if (done) await context.announce(id, version + 1)
  return done
}
