import { Refusal } from '../core/denial.js'
import { DuplicateKeyError, KeyError, MisuseError } from '../core/errors.js'
import type { AdmitKey, AskedKey } from './access-rule.js'
import { fingerprint } from './digest.js'
import { hintOf, mintId, mintSecret } from './format.js'
import { checkKeyInput, type CreateKeyInput } from './input.js'
import type { Judge, KeyContext } from './key-context.js'
import { shown, type ApiKey, type KeyRecord } from './record.js'
import { stopFor } from './refused-change.js'

/** A key with its secret, which is stored nowhere. */
export interface IssuedKey extends ApiKey {
  readonly secret: string
}

/** @throws {MisuseError} for input that no key can have. @throws {KeyError} `already_issued`, and as `checkAdmittedKey`. @throws {StoreError} */
export async function createKey(
  context: KeyContext,
  input: CreateKeyInput,
  judge?: Judge,
): Promise<IssuedKey> {
  const fields = await checkAdmittedKey(context, input)
  await context.digester.ready()
  const secret = mintSecret(context.prefix, fields.environment, fields.kind)
  const record = firstRecord(context, fields, secret)
  judge?.(record)
  return storeKey(context, record, secret).catch(refuseTaken)
}

/** The record of a key that begins now. What a caller has set of its metadata is not what code has set. */
export function firstRecord(
  context: KeyContext,
  fields: ReturnType<typeof checkNewKey>,
  secret: string,
): KeyRecord {
  const digest = context.digester.current(fingerprint(secret))
  const record = newRecord(context, fields, digest, hintOf(secret, context.prefix))
  const metadataOverHttp = Object.keys(record.metadata)
  const isCallers = context.heldBy !== undefined && metadataOverHttp.length > 0
  return isCallers ? { ...record, metadataOverHttp } : record
}

/** What a key that begins now can have. @throws {MisuseError} */
export function checkNewKey(context: KeyContext, input: CreateKeyInput) {
  const fields = checkKeyInput(context, input, 'gate.keys.create')
  if (fields.expiresAt === undefined || fields.expiresAt.getTime() > context.clock()) return fields
  throw new MisuseError('invalid_key_input', "gate.keys.create: 'expiresAt' must lie in the future")
}

/**
 * The same of a key that its owner may have. Where the input names no plan, it is the one that access was approved with, else that of the maker; who may not do
 * everything can name no other.
 * @throws {MisuseError} @throws {KeyError} `access_not_approved`, `terms_not_accepted`. @throws {RefusedChange} @throws {StoreError}
 */
export async function checkAdmittedKey(context: KeyContext, input: CreateKeyInput) {
  const { admitKey, heldBy } = context
  const asked = checkNewKey({ ...context, checkPlan: () => undefined }, input)
  const approved = admitKey && (await admit(admitKey, asked))
  const plan = approved ?? heldBy?.plan
  if (heldBy !== undefined) stopFor(refusePlan(asked.plan, plan))
  return checkNewKey(context, { ...(plan && { plan }), ...input })
}

/** A plan is nobody's to hand out; who names the one that the key has anyway says nothing new. */
export function refusePlan(named: string | undefined, own: string | undefined) {
  if (named === undefined || named === own) return undefined
  return new Refusal('not_grantable', { detail: "You may not hand out a 'plan' or a 'limit'." })
}

/** The plan that an owner's access was approved for, if it may have this key. @throws {KeyError} as `checkAdmittedKey`. @throws {StoreError} */
export async function admit(admitKey: AdmitKey, asked: AskedKey): Promise<string | undefined> {
  const admission = await admitKey(asked)
  if (admission.refused !== undefined) throw new KeyError(admission.refused, admission.message)
  return admission.plan
}

/** @throws {DuplicateKeyError} @throws {StoreError} */
export async function storeKey(
  context: KeyContext,
  record: KeyRecord,
  secret: string,
): Promise<IssuedKey> {
  if ((await context.store.insert(record, context.provided)) === false) {
    throw new KeyError('changed_meanwhile', 'Who asks for a key has changed meanwhile; try again.')
  }
  await context.announce(record.id, record.version)
  context.issued(fingerprint(secret), record.ownerId)
  return { ...shown(record, context.clock()), secret }
}

/** @throws {KeyError} `already_issued`, where a store says that the id or the digest is taken. */
export function refuseTaken(cause: unknown): never {
  if (!(cause instanceof DuplicateKeyError)) throw cause
  throw new KeyError('already_issued', 'A key with this secret or this id exists already.')
}

/** A record that is not stored yet. */
export function newRecord(
  context: KeyContext,
  fields: Pick<KeyRecord, 'name' | 'ownerId' | 'environment' | 'kind' | 'scopes' | 'metadata'>,
  digest: string,
  hint: string,
): KeyRecord {
  const createdAt = new Date(context.clock())
  const by = context.creator && { createdBy: context.creator }
  return { ...fields, id: mintId(), version: 1, digest, hint, createdAt, ...by }
}
