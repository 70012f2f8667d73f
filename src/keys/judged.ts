import { giveUpKey, revokeKey, type RevokedKey, type RevokeOptions } from './revoke.js'
import type { Judge, KeyRoom } from './room.js'
import { rotateKey, type RotatedKey, type RotateOptions } from './rotate.js'
import { updateKey, type UpdatedKey, type UpdateKeyInput } from './update.js'

/**
 * Changes for those who may not make all of them. Each is judged on the very version that it is made of: between a look at a key and a change
 * of it, others may have given it more.
 */
export interface JudgedKeys {
  update(id: string, input: UpdateKeyInput, judge: Judge): Promise<UpdatedKey>
  rotate(id: string, options: RotateOptions, judge: Judge): Promise<RotatedKey>
  revoke(id: string, options: RevokeOptions, judge: Judge): Promise<RevokedKey>
  giveUp(id: string, options: RevokeOptions, judge: Judge): Promise<RevokedKey>
}

export function createJudgedKeys(room: KeyRoom): JudgedKeys {
  return {
    update: (id, input, judge) => updateKey(room, id, input, judge),
    rotate: (id, options, judge) => rotateKey(room, id, options, judge),
    revoke: (id, options, judge) => revokeKey(room, id, options, judge),
    giveUp: (id, options, judge) => giveUpKey(room, id, options, judge),
  }
}
