import { z } from 'zod'
import { MisuseError } from '../terms/misuse.js'
import { createKey, type IssuedKey } from './create.js'
import { listDueKeys, type DueKey, type DueQuery } from './due.js'
import { importKey, type ImportKeyInput } from './import.js'
import { importLines, type ImportLinesOptions, type ImportOutcome } from './import-lines.js'
import { checkInput, instant, type CreateKeyInput } from './input.js'
import type { TextPieces } from './lines.js'
import { KEY_STATES, shown, type ApiKey } from './record.js'
import {
  revokeAllKeys,
  revokeKey,
  type RevokeAllInput,
  type RevokedKey,
  type RevokedKeys,
  type RevokeOptions,
} from './revoke.js'
import type { KeyRoom } from './room.js'
import { rotateKey, type RotatedKey, type RotateOptions } from './rotate.js'
import type { KeyFilter, KeyUsage, Page } from './store.js'
import { updateKey, type UpdatedKey, type UpdateKeyInput } from './update.js'

/** The life of keys: `gate.keys`. Every call throws a StoreError when the store fails. */
export interface Keys<S extends string = string> {
  /** Issues a key. Its secret is in the answer and nowhere else. @throws {MisuseError} */
  create(input: CreateKeyInput<S>): Promise<IssuedKey>
  get(id: string): Promise<ApiKey | undefined>
  /** Newest first, in pages. @throws {MisuseError} */
  list(filter?: KeyFilter): Promise<Page<ApiKey>>
  /** @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile` */
  update(id: string, input: UpdateKeyInput<S>): Promise<UpdatedKey>
  /** Issues a successor; the key itself goes on for its grace. @throws {MisuseError} @throws {KeyError} also `already_rotated` */
  rotate(id: string, options?: RotateOptions): Promise<RotatedKey>
  /** Ends a key at once and for good, and its partner in a grace; again is harmless. @throws {KeyError} `unknown_key` */
  revoke(id: string, options?: RevokeOptions): Promise<RevokedKey>
  /** Ends every key of an owner. @throws {MisuseError} @throws {KeyError} `changed_meanwhile` */
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
}

export interface UsageQuery {
  /** Default: 30 days ago. */
  readonly since?: Date
}

const filterSchema = z.strictObject({
  ownerId: z.string().optional(),
  environment: z.string().optional(),
  state: z.enum(KEY_STATES).optional(),
  limit: z.int().min(1).max(200).optional(),
  cursor: z.string().max(256).optional(),
})
const usageSchema = z.strictObject({ since: instant.optional() })
const USAGE_MS = 30 * 86_400_000

export function createKeys<S extends string>(room: KeyRoom): Keys<S> {
  return Object.freeze<Keys<S>>({
    create: (input) => createKey(room, input),
    async get(id) {
      const record = await room.store.findById(id)
      if (record !== undefined) room.seen(record)
      return record && shown(record, room.clock())
    },
    async list(filter = {}) {
      const { state, ...rest } = checkInput(filterSchema, filter, 'gate.keys.list') as KeyFilter
      const now = room.clock()
      const standing = state && { state, at: new Date(now) }
      const { items, cursor } = await room.store.list({ ...rest, ...(standing && { standing }) })
      items.forEach(room.seen)
      return {
        items: items.map((record) => shown(record, now)),
        ...(cursor !== undefined && { cursor }),
      }
    },
    update: (id, input) => updateKey(room, id, input),
    rotate: (id, options) => rotateKey(room, id, options),
    revoke: (id, options) => revokeKey(room, id, options),
    revokeAll: (input) => revokeAllKeys(room, input),
    import: (input) => importKey(room, input),
    importLines: (pieces, options) => importLines(room, pieces, options),
    due: (query = {}) => listDueKeys(room, query),
    async usage(id, query = {}) {
      const { since } = checkInput(usageSchema, query, 'gate.keys.usage')
      if (room.store.usageOf === undefined) {
        throw new MisuseError('not_supported', 'gate.keys.usage: this key store keeps no usage')
      }
      await room.flushUsage()
      const from = since ?? new Date(room.clock() - USAGE_MS)
      return room.store.usageOf(id, from.toISOString().slice(0, 10))
    },
  })
}
