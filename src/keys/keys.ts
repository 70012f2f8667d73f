import { z } from 'zod'
import { createKey, type IssuedKey } from './create.js'
import { checkInput, type CreateKeyInput } from './input.js'
import { importKey, type ImportKeyInput } from './import.js'
import { shown, type ApiKey } from './record.js'
import { revokeKey } from './revoke.js'
import type { KeyRoom } from './room.js'
import { rotateKey, type RotatedKey, type RotateOptions } from './rotate.js'
import type { KeyQuery, Page } from './store.js'
import { updateKey, type UpdateKeyInput } from './update.js'

/** The life of keys: `gate.keys`. Every call throws a StoreError when the store fails. */
export interface Keys<S extends string = string> {
  /** Issues a key. Its secret is in the answer and nowhere else. @throws {MisuseError} */
  create(input: CreateKeyInput<S>): Promise<IssuedKey>
  get(id: string): Promise<ApiKey | undefined>
  /** Newest first, in pages. @throws {MisuseError} */
  list(query?: KeyQuery): Promise<Page<ApiKey>>
  /** @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `changed_meanwhile` */
  update(id: string, input: UpdateKeyInput<S>): Promise<ApiKey>
  /** Issues a successor; the key itself goes on for its grace. @throws {KeyError} also `already_rotated` */
  rotate(id: string, options?: RotateOptions): Promise<RotatedKey>
  /** Ends a key at once and for good, and its partner in a grace; again is harmless. @throws {KeyError} `unknown_key` */
  revoke(id: string): Promise<ApiKey>
  /** Takes over a key that was issued elsewhere. @throws {MisuseError} @throws {KeyError} `already_issued` */
  import(input: ImportKeyInput<S>): Promise<ApiKey>
}

const querySchema = z.strictObject({
  ownerId: z.string().optional(),
  environment: z.string().optional(),
  limit: z.int().min(1).max(200).optional(),
  cursor: z.string().max(256).optional(),
})

export function createKeys<S extends string>(room: KeyRoom): Keys<S> {
  return Object.freeze<Keys<S>>({
    create: (input) => createKey(room, input),
    async get(id) {
      const record = await room.store.findById(id)
      return record && shown(record, room.clock())
    },
    async list(query = {}) {
      checkInput(querySchema, query, 'gate.keys.list')
      const { items, cursor } = await room.store.list(query)
      const now = room.clock()
      return {
        items: items.map((record) => shown(record, now)),
        ...(cursor !== undefined && { cursor }),
      }
    },
    update: (id, input) => updateKey(room, id, input),
    rotate: (id, options) => rotateKey(room, id, options),
    revoke: (id) => revokeKey(room, id),
    import: (input) => importKey(room, input),
  })
}
