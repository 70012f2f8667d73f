import { createHash, createHmac } from 'node:crypto'
import { DuplicateKeyError, KeyError } from '../core/errors.js'
import { base62Of, randomBase62 } from '../lib/base62.js'
import { checkAdmittedKey, firstRecord, refuseTaken, storeKey, type IssuedKey } from './create.js'
import { fingerprint } from './digest.js'
import { BODY_LENGTH, ID_LENGTH, mintId, mintSecret } from './format.js'
import type { CreateKeyInput } from './input.js'
import type { Judge, KeyContext } from './key-context.js'
import { shown, stateOf, type KeyRecord } from './record.js'

/** What makes two requests for a key the same request. */
export interface Occasion {
  /** Who asks, and what the request is called by it. */
  readonly name: string
  /** The secret of who asks. */
  readonly callerSecret: string
}

/** For how long a lost answer can be asked for again. */
const REPEATABLE_MS = 86_400_000

/**
 * Creates a key; asked again on the same occasion, answers with the same key. No secret is kept for that: it follows from the
 * caller's own secret and a salt that is stored, and whoever has only one of the two has neither.
 * @throws {MisuseError} for input that no key can have. @throws {KeyError} `idempotency_key_reused` for another input, after
 * 24 h, and where the key has ended or its secret can no longer be worked out. @throws {StoreError}
 */
export async function createKeyOnce(
  context: KeyContext,
  input: CreateKeyInput,
  occasion: Occasion,
  judge?: Judge,
): Promise<IssuedKey> {
  const fields = await checkAdmittedKey(context, input)
  await context.digester.ready()
  const id = mintId(base62Of(sha256(occasion.name), ID_LENGTH))
  const request = sha256(JSON.stringify(fields)).toString('base64url')
  const salt = randomBase62(BODY_LENGTH)
  const secret = secretFor(context, fields, occasion, salt)
  const record = firstRecord(context, fields, secret)
  judge?.(record)
  try {
    return await storeKey(context, { ...record, id, retry: { salt, request } }, secret)
  } catch (error) {
    const earlier = error instanceof DuplicateKeyError && (await context.store.findById(id))
    if (!earlier) return refuseTaken(error)
    return answerAgain(context, earlier, request, occasion)
  }
}

function answerAgain(
  context: KeyContext,
  record: KeyRecord,
  request: string,
  occasion: Occasion,
): IssuedKey {
  const { retry, digest, createdAt } = record
  const recent = context.clock() - createdAt.getTime() < REPEATABLE_MS
  if (recent && retry?.request === request && stateOf(record, context.clock()) === 'active') {
    const secret = secretFor(context, record, occasion, retry.salt)
    if (context.digester.candidates(fingerprint(secret)).includes(digest)) {
      return { ...shown(record, context.clock()), secret }
    }
  }
  throw new KeyError(
    'idempotency_key_reused',
    `This Idempotency-Key made key '${record.id}' for another request; use a new one.`,
  )
}

function secretFor(
  context: KeyContext,
  { environment, kind }: Pick<KeyRecord, 'environment' | 'kind'>,
  { callerSecret, name }: Occasion,
  salt: string,
): string {
  const mac = createHmac('sha256', callerSecret)
    .update(JSON.stringify([salt, name]))
    .digest()
  return mintSecret(context.prefix, environment, kind, base62Of(mac, BODY_LENGTH))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
