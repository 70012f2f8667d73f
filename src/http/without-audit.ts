import type { AuditNote } from '../core/decision.js'
import { MisuseError } from '../core/errors.js'

/**
 * What is told of requests that no trail follows. It is lost, which only made-up health information may be.
 * @param isWithoutPhi whether health information is real in no environment
 */
export function createUnaudited(isWithoutPhi: boolean): AuditNote {
  return Object.freeze<AuditNote>({
    phi() {
      if (!isWithoutPhi) throw noTrail('phi')
    },
    oauth() {
      throw noTrail('oauth')
    },
  })
}

function noTrail(method: string): MisuseError {
  return new MisuseError(
    'not_supported',
    `auditOf(req).${method}: there is no audit trail; give 'audit' to createGate`,
  )
}
