import { hash } from 'node:crypto'
import * as v from 'valibot'
import { DuplicateKeyError, MisuseError, StoreError } from '../core/errors.js'
import { IDENTIFIER_RULE, isIdentifier } from '../core/identifier.js'
import { base62Of } from '../lib/base62.js'
import { readInput } from '../lib/issue.js'
import { newRecord, refuseTaken } from './create.js'
import { fingerprint, readFingerprint } from './digest.js'
import { hintOf, ID_LENGTH, isMistyped, MAX_SECRET_LENGTH, mintId } from './format.js'
import { checkKeyInput, type CreateKeyInput } from './input.js'
import type { KeyContext } from './key-context.js'
import type { CallerCondition } from './key-store.js'
import { creatorSchema } from './maker.js'
import { shown, type ApiKey, type KeyCreator, type KeyRecord } from './record.js'
import { lazily } from '../lib/lazily.js'
import { looseObject } from '../lib/schema-objects.js'

/** A key that was issued elsewhere: its secret, in any format, or what is left of it. */
export type ImportKeyInput<S extends string = string> = CreateKeyInput<S> & {
  /** Who made it where it was issued: at least `subject`, `keyId` or `clientId`, each member of 1 to 1,024 characters, no control character. Default: who imports it, if that is known. */
  readonly createdBy?: KeyCreator
} & (
    | {
        /** 8 to 256 visible ASCII characters without comma, quote or backslash. */
        readonly secret: string
        readonly digest?: never
        readonly algorithm?: never
      }
    | {
        /** SHA-256 of the secret in hex, base64 or base64url. */
        readonly digest: string
        /** What made the digest. No other digest can be verified: give `keys.legacy` for those. Default `'sha256'`. */
        readonly algorithm?: 'sha256'
        readonly secret?: never
      }
  )

const MAX_LEGACY_ID = 128
const ONLY_SHA256 =
  "a digest can only be verified if it is 'sha256' of the secret alone; for any other, give 'keys.legacy' to createGate"
const absent = lazily(() => v.optional(v.undefined()))
const source = lazily(() =>
  v.union([
    looseObject({ secret: v.string(), digest: absent() }),
    looseObject({ digest: v.string(), secret: absent() }),
  ]),
)

/**
 * Stores a key issued elsewhere, so that it keeps working here.
 * @throws {MisuseError} for input that no key can have. @throws {KeyError} `already_issued`. @throws {StoreError}
 */
export async function importKey(context: KeyContext, input: ImportKeyInput): Promise<ApiKey> {
  await context.digester.ready()
  const imported = readImport(context, input)
  await storeImport(context, imported).catch(refuseTaken)
  return shown(imported.record, context.clock())
}

/** A key that the app has verified in its own way. */
export interface LegacyKey extends CreateKeyInput {
  /**
   * The id of its row in your old store, 1 to 128 characters. Of one id, one secret is imported, once: another spelling of it that you accept too is rejected with 401, also after the
   * key was revoked. Default: each spelling that you accept is a key of its own.
   */
  readonly legacyId?: string
}

/**
 * Stores the key of a secret that the app has verified. Where it is there already, another request or another instance was faster.
 * @param secret of any form
 * @returns `false`: the app has accepted another spelling of a secret that is a key already
 * @throws {MisuseError} for input that no key can have. @throws {StoreError}
 */
export async function importLegacyKey(
  context: KeyContext,
  secret: string,
  { legacyId, ...input }: LegacyKey,
): Promise<boolean> {
  const fields = checkKeyInput(context, input, "'keys.legacy'")
  await context.digester.ready()
  const imported = importOf(context, fields, fingerprint(secret), hintOf(secret, context.prefix))
  const record = legacyId === undefined ? imported.record : named(imported.record, legacyId)
  // A request makes it, as a caller does: while all keys of its owner are being revoked, none is made.
  const provided = { ownerId: record.ownerId }
  try {
    await storeImport(context, { ...imported, record }, provided)
  } catch (error) {
    if (!(error instanceof DuplicateKeyError)) throw error
    const taken = legacyId === undefined ? undefined : await context.store.findById(record.id)
    if (taken && ![record.digest, ...imported.older].includes(taken.digest)) return false
    context.issued(imported.fingerprint, record.ownerId)
  }
  return true
}

/** Stores have no two records of one id: so they have no two of one row, on whichever instance. @throws {MisuseError} */
function named(record: KeyRecord, legacyId: string): KeyRecord {
  if (!isIdentifier(legacyId, MAX_LEGACY_ID)) {
    const message = `'keys.legacy': 'legacyId' ${IDENTIFIER_RULE}`
    throw new MisuseError('invalid_key_input', message)
  }
  const digest = hash('sha256', `legacy ${legacyId}`, 'buffer')
  return { ...record, id: mintId(base62Of(digest, ID_LENGTH)) }
}

/** @throws {DuplicateKeyError} @throws {StoreError} */
async function storeImport(
  context: KeyContext,
  { record, older, fingerprint: name }: Import,
  provided?: CallerCondition,
): Promise<void> {
  if (await isAnyStored(context, older)) throw new DuplicateKeyError()
  if ((await context.imports.insert(record, provided)) === false) {
    throw new StoreError('All keys of the owner are being revoked: none is imported meanwhile.')
  }
  await context.announce(record.id, record.version)
  context.issued(name, record.ownerId)
}

interface Source {
  readonly secret?: string
  readonly digest?: string
  readonly algorithm?: unknown
  readonly createdBy?: unknown
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
  if (!v.safeParse(source(), input).success) {
    throw misuse("give either 'secret' or 'digest'")
  }
  const { secret, digest, algorithm, createdBy, ...rest } = input as CreateKeyInput & Source
  if (secret !== undefined && algorithm !== undefined) {
    throw misuse("'algorithm' is that of a 'digest'; a 'secret' has none")
  }
  const fields = checkKeyInput(context, rest, 'gate.keys.import')
  const by = createdBy === undefined ? {} : { createdBy: readCreator(createdBy) }
  const name = secret === undefined ? ofDigest(digest ?? '', algorithm) : ofSecret(context, secret)
  const hint = secret === undefined ? '...' : hintOf(secret, context.prefix)
  const { record, ...imported } = importOf(context, fields, name, hint)
  return { ...imported, record: { ...record, ...by } }
}

function readCreator(createdBy: unknown): KeyCreator {
  return readInput(creatorSchema(), createdBy, "createdBy: { subject: 'user_1' }", (complaint) =>
    misuse(complaint.startsWith("'") ? `'createdBy': ${complaint}` : `'createdBy' ${complaint}`),
  ) as KeyCreator
}

function importOf(
  context: KeyContext,
  fields: ReturnType<typeof checkKeyInput>,
  name: string,
  hint: string,
): Import {
  const current = context.digester.current(name)
  const older = context.digester.candidates(name).filter((digest) => digest !== current)
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

/** What a digest of another kind looks like, where it says so itself. */
const MODULAR = /^\$(?<id>2[abxy]?|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]*|[156])\$/
const NAME_OF: Readonly<Record<string, string>> = {
  '1': 'md5',
  '5': 'sha256-crypt',
  '6': 'sha512-crypt',
}

function ofDigest(digest: string, algorithm: unknown = 'sha256'): string {
  if (algorithm !== 'sha256') {
    const told = typeof algorithm === 'string' ? `'${algorithm.slice(0, 64)}'` : typeof algorithm
    throw misuse(`'algorithm' is ${told}; ${ONLY_SHA256}`)
  }
  const id = MODULAR.exec(digest)?.groups?.['id']
  if (id !== undefined) {
    const made = id.startsWith('2') ? 'bcrypt' : (NAME_OF[id] ?? id)
    throw misuse(`'digest' was made by ${made}; ${ONLY_SHA256}`)
  }
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
