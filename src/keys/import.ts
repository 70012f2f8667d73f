import * as z from 'zod/mini'
import { DuplicateKeyError, MisuseError } from '../core/errors.js'
import { newRecord, refuseTaken } from './create.js'
import { fingerprint, readFingerprint } from './digest.js'
import { hintOf, isMistyped, MAX_SECRET_LENGTH } from './format.js'
import { checkKeyInput, type CreateKeyInput } from './input.js'
import type { KeyContext } from './key-context.js'
import { shown, type ApiKey, type KeyRecord } from './record.js'

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
  z.looseObject({ secret: z.string(), digest: z.optional(z.undefined()) }),
  z.looseObject({ digest: z.string(), secret: z.optional(z.undefined()) }),
])

/**
 * Stores a key issued elsewhere, so that it keeps working here.
 * @throws {MisuseError} for input that no key can have. @throws {KeyError} `already_issued`. @throws {StoreError}
 */
export async function importKey(context: KeyContext, input: ImportKeyInput): Promise<ApiKey> {
  const { record, older, fingerprint: name } = readImport(context, input)
  if (await isAnyStored(context, older)) refuseTaken(new DuplicateKeyError())
  try {
    await context.imports.insert(record)
  } catch (cause) {
    refuseTaken(cause)
  }
  await context.announce(record.id, record.version)
  context.issued(name)
  return shown(record, context.clock())
}

/** A key to import. */
export interface Import {
  /** As it will be stored. */
  readonly record: KeyRecord
  /** What the same key may be stored under already, beside the digest of the record. */
  readonly older: readonly string[]
  /** Of its secret. */
  readonly fingerprint: string
}

/** @throws {MisuseError} for input that no key can have */
export function readImport(context: KeyContext, input: ImportKeyInput): Import {
  if (!source.safeParse(input).success) throw misuse("give either 'secret' or 'digest'")
  const { secret, digest, ...rest } = input as CreateKeyInput & { secret?: string; digest?: string }
  const fields = checkKeyInput(context, rest, 'gate.keys.import')
  const name = secret === undefined ? ofDigest(digest ?? '') : ofSecret(context, secret)
  const hint = secret === undefined ? '...' : hintOf(secret, context.prefix)
  const [current = '', ...older] = context.digester.candidates(name)
  return { record: newRecord(context, fields, current, hint), older, fingerprint: name }
}

/**
 * Whether there is a key under one of these digests: a second one would outlive the revocation of the first. To be asked before the new one is
 * inserted: a key that is renewed meanwhile is then met by its current digest.
 */
export async function isAnyStored(
  context: KeyContext,
  digests: readonly string[],
): Promise<boolean> {
  for (const digest of digests) {
    if ((await context.store.findByDigest(digest)) !== undefined) return true
  }
  return false
}

function ofDigest(digest: string): string {
  const name = readFingerprint(digest)
  if (name === undefined) throw misuse("'digest' must be a SHA-256 in hex, base64 or base64url")
  return name
}

function ofSecret(context: KeyContext, secret: string): string {
  if (secret.length > MAX_SECRET_LENGTH || !/^[!#-+\--[\]-~]{8,}$/.test(secret)) {
    throw misuse(
      `'secret' must be 8 to ${String(MAX_SECRET_LENGTH)} visible ASCII characters without comma, quote or backslash`,
    )
  }
  if (isMistyped(secret, context.prefix)) {
    throw misuse(
      "'secret' has the format of this gate's own keys, but a wrong checksum; copy it again",
    )
  }
  return fingerprint(secret)
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_key_input', `gate.keys.import: ${message}`)
}
