import type { Auth } from '../core/auth.js'
import type { KnownKey } from '../keys/authenticate.js'
import { refuseArgument } from '../keys/calls.js'
import { checkKeyId } from '../keys/input.js'
import { isObject } from '../lib/is-object.js'
import { findKey, type KeyContext } from '../keys/key-context.js'
import type { KeyRecord } from '../keys/record.js'
import type { PeekLimits, CallerLimits } from '../limits/peek.js'

/** The limits of callers: `gate.limits`. */
export interface GateLimits {
  /**
   * How much of its limits a caller has used up, without using any: its quotas, credits and bursts, and how many of its requests are under way. `undefined`: its plan limits
   * nothing, or there are no plans. The limit store is asked, and not what a leased store has taken ahead: that counts as used.
   * @param caller what `authOf` returned, or a key
   * @example const standing = await gate.limits.peek(authOf(req))
   * @example const standing = await gate.limits.peek({ keyId: 'key_4fQ2nT8vYb1LxWc0RzK7aM' })
   * @throws {LimitStoreError} while the limit store does not answer: nobody knows then
   * @throws {KeyError} `unknown_key`
   */
  peek(caller: Auth | { readonly keyId: string }): Promise<CallerLimits | undefined>
}

const WHERE = 'gate.limits.peek'

/** @param prepare what is known of whoever presents this key */
export function createGateLimits(
  peek: PeekLimits,
  keys: KeyContext,
  prepare: (record: KeyRecord) => KnownKey,
): GateLimits {
  return Object.freeze<GateLimits>({
    async peek(caller) {
      if (!isObject(caller)) refuseArgument(WHERE, 'must be given a caller, or { keyId }')
      if ('kind' in caller) return peek(caller)
      checkKeyId(caller.keyId, WHERE)
      return peek(prepare(await findKey(keys, caller.keyId)).auth)
    },
  })
}
