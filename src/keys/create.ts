import { MisuseError } from '../terms/misuse.js'
import { fingerprint } from '../lib/fingerprint.js'
import { checkKeyInput, type CreateKeyInput } from './input.js'
import { hintOf, mintId, mintSecret } from './format.js'
import { shown, type ApiKey, type KeyRecord } from './record.js'
import type { KeyRoom } from './room.js'

/** A key with its secret, which is stored nowhere. */
export interface IssuedKey extends ApiKey {
  readonly secret: string
}

/** @throws {MisuseError} for input that no key can have. @throws {StoreError} */
export async function createKey(room: KeyRoom, input: CreateKeyInput): Promise<IssuedKey> {
  const fields = checkNewKey(room, input)
  const secret = mintSecret(room.prefix, fields.environment, fields.kind)
  const digest = room.digester.current(fingerprint(secret))
  return storeKey(room, newRecord(room, fields, digest, hintOf(secret, room.prefix)), secret)
}

/** What a key that begins now can have. @throws {MisuseError} */
export function checkNewKey(room: KeyRoom, input: CreateKeyInput) {
  const fields = checkKeyInput(room, input, 'gate.keys.create')
  if (fields.expiresAt === undefined || fields.expiresAt.getTime() > room.clock()) return fields
  throw new MisuseError('invalid_key_input', "gate.keys.create: 'expiresAt' must lie in the future")
}

/** @throws {DuplicateKeyError} @throws {StoreError} */
export async function storeKey(
  room: KeyRoom,
  record: KeyRecord,
  secret: string,
): Promise<IssuedKey> {
  await room.store.insert(record)
  await room.announce(record.id, record.version)
  return { ...shown(record, room.clock()), secret }
}

/** A record that is not stored yet. */
export function newRecord(
  room: KeyRoom,
  fields: Pick<KeyRecord, 'name' | 'ownerId' | 'environment' | 'kind' | 'scopes' | 'metadata'>,
  digest: string,
  hint: string,
): KeyRecord {
  return { ...fields, id: mintId(), version: 1, digest, hint, createdAt: new Date(room.clock()) }
}
