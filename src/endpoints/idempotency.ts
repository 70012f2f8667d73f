import type { Occasion } from '../keys/create-once.js'
import type { Auth } from '../terms/auth.js'
import type { Grant } from '../terms/decision.js'
import type { Refusal } from '../terms/denial.js'
import { fieldLines, type GateRequest } from '../terms/request.js'
import { invalid } from './body.js'

const NAME = /^[!-~]{1,255}$/

/**
 * What a caller calls its request, so that asking again does not do it twice (draft-ietf-httpapi-idempotency-key-header).
 * `undefined`: it does not say.
 */
export function occasionOf(
  request: GateRequest,
  grant: Grant,
  callerSecret: string,
): Occasion | Refusal | undefined {
  const [name, more] = fieldLines(request, 'idempotency-key')
  if (name === undefined) return undefined
  if (more !== undefined || !NAME.test(name)) {
    return invalid('Idempotency-Key must be there once, with 1 to 255 visible ASCII characters.')
  }
  return { name: JSON.stringify([...callerOf(grant.auth), name]), callerSecret }
}

/** With another token, the same caller repeats itself: it is told so, as the secret cannot be worked out again. */
function callerOf(auth: Auth): readonly (string | null)[] {
  if (auth.kind === 'key') return [auth.keyId]
  return [auth.issuer, auth.clientId ?? null, auth.subject ?? null]
}
