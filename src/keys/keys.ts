import * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { createKey, type IssuedKey } from './create.js'
import { fingerprint } from './digest.js'
import { listDueKeys, madeBefore, within, type DueKey, type DueQuery } from './due.js'
import { MAX_SECRET_LENGTH } from './format.js'
import { importLines, type ImportOutcome } from './import-lines.js'
import type { ImportLinesOptions } from './import-options-schema.js'
import { importKey, type ImportKeyInput } from './import.js'
import { checkInput } from './calls.js'
import { checkKeyId, instant, keyFields, plainText, type CreateKeyInput } from './input.js'
import { makerSchema } from './maker.js'
import type { KeyContext } from './key-context.js'
import type { KeyFilter, KeyUsage, Page } from './key-store.js'
import type { TextPieces } from './lines.js'
import { dayOf, usageOfOwner, type OwnerUsage, type OwnerUsageOptions } from './owner-usage.js'
import { KEY_STATES, shown, type ApiKey } from './record.js'
import type { RevokedKey, RevokeOptions } from './revocation.js'
import { revokeAllKeys, type RevokeAllInput, type RevokedKeys } from './revoke-all.js'
import { revokeKey } from './revoke.js'
import { rotateKey, type RotatedKey, type RotateOptions } from './rotate.js'
import { updateKey, type UpdatedKey, type UpdateKeyInput } from './update.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

/** The life of keys: `gate.keys`. Every call throws a StoreError when the store fails. */
export interface Keys<S extends string = string> {
  /** Issues a key. Its secret is in the answer and nowhere else. @throws {MisuseError} */
  create(input: CreateKeyInput<S>): Promise<IssuedKey>
  get(id: string): Promise<ApiKey | undefined>
  /**
   * The key that a secret belongs to, in whatever state it is: to find out whose key has leaked. It is no authentication: it counts no use, and asks
   * for no address, scope or end. For that there is `gate.verify`.
   * @param secret the whole secret, of at most 256 characters; one of a pepper that the gate does not have is not found
   * @example const key = await gate.keys.findBySecret(leaked)
   * if (key) await gate.keys.revoke(key.id, { reason: 'seen in a public repository' })
   */
  findBySecret(secret: string): Promise<ApiKey | undefined>
  /** Newest first, in pages. @throws {MisuseError} */
  list(filter?: KeyFilter): Promise<Page<ApiKey>>
  /** @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile` */
  update(id: string, input: UpdateKeyInput<S>): Promise<UpdatedKey>
  /** Issues a successor; the key itself goes on for its grace. @throws {MisuseError} @throws {KeyError} also `already_rotated` */
  rotate(id: string, options?: RotateOptions): Promise<RotatedKey>
  /**
   * Revokes a key immediately and for good, and its partner in a grace; with `descendants`, also what was made by it. It wins against changes of the
   * key that are made at the same time. Safe to call repeatedly. @throws {MisuseError} @throws {KeyError} `unknown_key`
   */
  revoke(id: string, options?: RevokeOptions): Promise<RevokedKey>
  /**
   * Revokes every key of an owner, or all that somebody made: `{ createdBy: { subject: 'user_1' } }`. While it works, no caller of that owner makes a key. @throws {MisuseError}
   * @throws {KeyError} `changed_meanwhile` from a store without `suspendCreation`, where keys keep being made
   */
  revokeAll(input: RevokeAllInput): Promise<RevokedKeys>
  /** Takes over a key that was issued elsewhere. @throws {MisuseError} @throws {KeyError} `already_issued` */
  import(input: ImportKeyInput<S>): Promise<ApiKey>
  /**
   * Takes over a file of keys: JSON Lines, each line what `import` takes, with `expiresAt` as ISO 8601 text, at most 65,536 bytes long. Tells
   * of each line in its turn; a bad one is refused and passed over. To be read to its end: what is not asked for is not imported.
   * @throws {MisuseError} for wrong options. @throws {ImportStoppedError} while it runs, with the line to go on with
   */
  importLines(
    pieces: TextPieces,
    options?: ImportLinesOptions,
  ): AsyncGenerator<ImportOutcome, void, undefined>
  /** Keys that wait for their rotation, the one that waits longest first, in pages. @throws {MisuseError} */
  due(query?: DueQuery): Promise<Page<DueKey>>
  /**
   * How often a key was used, by day and environment, latest first. What this process counted is written first; of others, the
   * last 10 s may be missing. @throws {MisuseError} `not_supported` where the store keeps no usage.
   */
  usage(id: string, query?: UsageQuery): Promise<readonly KeyUsage[]>
  /**
   * How many requests of an owner came to which outcome, by day or by key, each environment for itself. What this process counted is written first; of
   * others, the last 10 s may be missing.
   * @example const { totals, rows } = await gate.keys.usageOfOwner('org_1', { from: new Date('2030-01-01') })
   * @throws {MisuseError} `invalid_key_input`; `not_supported` where the store keeps no usage of owners
   */
  usageOfOwner(ownerId: string, options?: OwnerUsageOptions): Promise<OwnerUsage>
}

export interface UsageQuery {
  /** Default: 30 days ago. */
  readonly since?: Date
}

const filterSchema = lazily(() =>
  strictObject({
    ownerId: v.optional(keyFields().ownerId),
    environment: v.optional(keyFields().environment),
    state: v.optional(v.picklist(KEY_STATES)),
    createdBy: v.optional(makerSchema()),
    search: v.optional(plainText(128)),
    unusedSince: v.optional(instant()),
    dueWithin: v.optional(within()),
    order: v.optional(v.picklist(['newest', 'oldest'])),
    limit: v.optional(wholeNumber(1, 200)),
    cursor: v.optional(v.pipe(v.string(), v.maxCodePoints(256))),
  }),
)
const usageSchema = lazily(() => strictObject({ since: v.optional(instant()) }))
const USAGE_MS = 30 * 86_400_000

export function createKeys<S extends string>(context: KeyContext): Keys<S> {
  return Object.freeze<Keys<S>>({
    create: (input) => createKey(context, input),
    async get(id) {
      const record = await context.store.findById(id)
      if (record !== undefined) context.observed(record)
      return record && shown(record, context.clock())
    },
    async findBySecret(secret) {
      if (typeof secret !== 'string' || secret === '' || secret.length > MAX_SECRET_LENGTH) return
      const name = fingerprint(secret)
      await context.digester.ready()
      for (const digest of context.digester.candidates(name)) {
        const record = await context.store.findByDigest(digest)
        if (record === undefined) continue
        context.observed(record)
        context.issued(name, record.ownerId)
        return shown(record, context.clock())
      }
      return undefined
    },
    async list(filter = {}) {
      const checked = checkInput(filterSchema(), filter, 'gate.keys.list') as KeyFilter
      const now = context.clock()
      const { state = checked.dueWithin && 'active', dueWithin, ...rest } = checked
      // No key that has ended is due.
      if (dueWithin !== undefined && state !== 'active') return { items: [] }
      const { items, cursor } = await context.store.list({
        ...rest,
        ...(state && { standing: { state, at: new Date(now) } }),
        ...(dueWithin && { unrotatedSince: madeBefore(context, dueWithin, now) }),
      })
      items.forEach(context.observed)
      return {
        items: items.map((record) => shown(record, now)),
        ...(cursor !== undefined && { cursor }),
      }
    },
    update: (id, input) => updateKey(context, id, input),
    rotate: (id, options) => rotateKey(context, id, options),
    revoke: (id, options) => revokeKey(context, id, options),
    revokeAll: (input) => revokeAllKeys(context, input),
    import: (input) => importKey(context, input),
    importLines: (pieces, options) => importLines(context, pieces, options),
    due: (query = {}) => listDueKeys(context, query),
    async usage(id, query = {}) {
      checkKeyId(id, 'gate.keys.usage')
      const { since } = checkInput(usageSchema(), query, 'gate.keys.usage')
      if (context.store.usageOf === undefined) {
        throw new MisuseError('not_supported', 'gate.keys.usage: this key store keeps no usage')
      }
      await context.flushUsage()
      const from = since ?? new Date(context.clock() - USAGE_MS)
      return context.store.usageOf(id, dayOf(from))
    },
    usageOfOwner: (ownerId, options = {}) => usageOfOwner(context, ownerId, options),
  })
}
