import { z } from 'zod'
import { MisuseError } from '../terms/misuse.js'
import { newRecord } from './create.js'
import { normalizeDigest } from './digest.js'
import { hintOf, isMistyped, MAX_SECRET_LENGTH } from './format.js'
import { checkKeyInput, type CreateKeyInput } from './input.js'
import { shown, type ApiKey, type KeyRecord } from './record.js'
import type { KeyRoom } from './room.js'
import { DuplicateKeyError, KeyError } from './store.js'

/** A key that was issued elsewhere: its secret, in any format, or what is left of it. */
export type ImportKeyInput<S extends string = string> = CreateKeyInput<S> &
  (
    | {
        /** 8 to 256 visible ASCII characters without comma, quote or backslash. */
        readonly secret: string
        readonly digest?: never
      }
    | {
        /** SHA-256 of the secret in hex, base64 or base64url. */
        readonly digest: string
        readonly secret?: never
      }
  )

const source = z.union([
  z.looseObject({ secret: z.string(), digest: z.undefined().optional() }),
  z.looseObject({ digest: z.string(), secret: z.undefined().optional() }),
])

/**
 * Stores a key issued elsewhere, so that it keeps working here.
 * @throws {MisuseError} for input that no key can have. @throws {KeyError} `already_issued`. @throws {StoreError}
 */
export async function importKey(room: KeyRoom, input: ImportKeyInput): Promise<ApiKey> {
  const { record, secret } = readImport(room, input)
  try {
    if (await isUnderOlderDigest(room, secret)) throw alreadyIssued()
    await room.store.insert(record)
  } catch (cause) {
    throw cause instanceof DuplicateKeyError ? alreadyIssued() : cause
  }
  await room.announce(record.id, record.version)
  return shown(record, room.clock())
}

/** A key to import, as it will be stored. @throws {MisuseError} for input that no key can have */
export function readImport(
  room: KeyRoom,
  input: ImportKeyInput,
): { readonly record: KeyRecord; readonly secret: string | undefined } {
  if (!source.safeParse(input).success) throw misuse("give either 'secret' or 'digest'")
  const { secret, digest, ...rest } = input as CreateKeyInput & { secret?: string; digest?: string }
  const fields = checkKeyInput(room, rest, 'gate.keys.import')
  const stored = secret === undefined ? importedDigest(digest ?? '') : importedSecret(room, secret)
  const hint = secret === undefined ? '...' : hintOf(secret, room.prefix)
  return { record: newRecord(room, fields, stored, hint), secret }
}

/** Whether there is a key with this secret under an older pepper, or none: a second one would outlive the revocation of the first. */
export async function isUnderOlderDigest(
  room: KeyRoom,
  secret: string | undefined,
): Promise<boolean> {
  const [, ...older] = secret === undefined ? [] : room.digester.candidates(secret)
  for (const digest of older) {
    if ((await room.store.findByDigest(digest)) !== undefined) return true
  }
  return false
}

function alreadyIssued(): KeyError {
  return new KeyError('already_issued', 'A key with this secret exists already.')
}

function importedDigest(digest: string): string {
  const stored = normalizeDigest(digest)
  if (stored === undefined) throw misuse("'digest' must be a SHA-256 in hex, base64 or base64url")
  return stored
}

function importedSecret(room: KeyRoom, secret: string): string {
  if (secret.length > MAX_SECRET_LENGTH || !/^[!#-+\--[\]-~]{8,}$/.test(secret)) {
    throw misuse(
      `'secret' must be 8 to ${String(MAX_SECRET_LENGTH)} visible ASCII characters without comma, quote or backslash`,
    )
  }
  if (isMistyped(secret, room.prefix)) {
    throw misuse(
      "'secret' has the format of this gate's own keys, but a wrong checksum; copy it again",
    )
  }
  return room.digester.current(secret)
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_key_input', `gate.keys.import: ${message}`)
}
