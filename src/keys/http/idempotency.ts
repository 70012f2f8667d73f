import { callerId } from '../../core/caller.js'
import type { Grant } from '../../core/decision.js'
import type { Refusal } from '../../core/denial.js'
import { fieldLines, type GateRequest } from '../../core/request.js'
import { invalid } from '../../http/body.js'
import type { Occasion } from '../create-once.js'

const NAME = /^[!-~]{1,255}$/

/**
 * What a caller calls its request, so that asking again does not do it twice (draft-ietf-httpapi-idempotency-key-header).
 * `undefined`: it does not say.
 * @param callerSecret absent: it has presented none
 */
export function occasionOf(
  request: GateRequest,
  grant: Grant,
  callerSecret: string | undefined,
): Occasion | Refusal | undefined {
  const [name, more] = fieldLines(request, 'idempotency-key')
  if (name === undefined) return undefined
  if (more !== undefined || !NAME.test(name)) {
    return invalid('Idempotency-Key must be there once, with 1 to 255 visible ASCII characters.')
  }
  if (callerSecret === undefined) {
    return invalid(
      'Idempotency-Key needs an API key or an access token: the new secret follows from it.',
    )
  }
  // With another token, the same caller repeats itself: it is told so, as the secret cannot be worked out again.
  return { name: JSON.stringify([callerId(grant.auth), name]), callerSecret }
}
