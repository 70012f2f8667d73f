import { createKeyOnce, type Occasion } from './create-once.js'
import { createKey, type IssuedKey } from './create.js'
import type { CreateKeyInput } from './input.js'
import type { Amend, Judge, KeyContext } from './key-context.js'
import type { RevokedKey, RevokeOptions } from './revocation.js'
import { giveUpKey, revokeKey } from './revoke.js'
import { rotateKey, type RotatedKey, type RotateOptions } from './rotate.js'
import { updateKey, type UpdatedKey, type UpdateKeyInput } from './update.js'

/**
 * Changes for those who may not make all of them. Each is judged on the very version that it is made of: between a look at a key and a change
 * of it, others may have given it more.
 */
export interface AuthorizedKeys {
  create(input: CreateKeyInput, judge: Judge): Promise<IssuedKey>
  /** For requests that may be repeated. */
  createOnce(input: CreateKeyInput, occasion: Occasion, judge: Judge): Promise<IssuedKey>
  update(id: string, input: UpdateKeyInput, amend: Amend): Promise<UpdatedKey>
  rotate(id: string, options: RotateOptions, judge: Judge): Promise<RotatedKey>
  revoke(id: string, options: RevokeOptions, judge: Judge): Promise<RevokedKey>
  giveUp(id: string, options: RevokeOptions, judge: Judge): Promise<RevokedKey>
}

export function createAuthorizedKeys(context: KeyContext): AuthorizedKeys {
  return {
    create: (input, judge) => createKey(context, input, judge),
    createOnce: (input, occasion, judge) => createKeyOnce(context, input, occasion, judge),
    update: (id, input, amend) => updateKey(context, id, input, amend),
    rotate: (id, options, judge) => rotateKey(context, id, options, judge),
    revoke: (id, options, judge) => revokeKey(context, id, options, judge),
    giveUp: (id, options, judge) => giveUpKey(context, id, options, judge),
  }
}
