import { z } from 'zod'
import { MisuseError } from '../terms/misuse.js'
import { newRecord } from './create.js'
import { fingerprint } from '../lib/fingerprint.js'
import { readFingerprint } from './digest.js'
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
  const { record, older } = readImport(room, input)
  try {
    if (await isAnyStored(room, older)) throw alreadyIssued()
    await room.imports.insert(record)
  } catch (cause) {
    throw cause instanceof DuplicateKeyError ? alreadyIssued() : cause
  }
  await room.announce(record.id, record.version)
  return shown(record, room.clock())
}

/** A key to import. */
export interface Import {
  /** As it will be stored. */
  readonly record: KeyRecord
  /** What the same key may be stored under already, beside the digest of the record. */
  readonly older: readonly string[]
}

/** @throws {MisuseError} for input that no key can have */
export function readImport(room: KeyRoom, input: ImportKeyInput): Import {
  if (!source.safeParse(input).success) throw misuse("give either 'secret' or 'digest'")
  const { secret, digest, ...rest } = input as CreateKeyInput & { secret?: string; digest?: string }
  const fields = checkKeyInput(room, rest, 'gate.keys.import')
  const name = secret === undefined ? ofDigest(digest ?? '') : ofSecret(room, secret)
  const hint = secret === undefined ? '...' : hintOf(secret, room.prefix)
  const [current = '', ...older] = room.digester.candidates(name)
  return { record: newRecord(room, fields, current, hint), older }
}

/**
 * Whether there is a key under one of these digests: a second one would outlive the revocation of the first. To be asked before the new one is
 * inserted: a key that is renewed meanwhile is then met by its current digest.
 */
export async function isAnyStored(room: KeyRoom, digests: readonly string[]): Promise<boolean> {
  for (const digest of digests) {
    if ((await room.store.findByDigest(digest)) !== undefined) return true
  }
  return false
}

function alreadyIssued(): KeyError {
  return new KeyError('already_issued', 'A key with this secret exists already.')
}

function ofDigest(digest: string): string {
  const name = readFingerprint(digest)
  if (name === undefined) throw misuse("'digest' must be a SHA-256 in hex, base64 or base64url")
  return name
}

function ofSecret(room: KeyRoom, secret: string): string {
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
  return fingerprint(secret)
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_key_input', `gate.keys.import: ${message}`)
}
