import { MisuseError } from '../core/errors.js'
import type { OpenAudit } from './audit.js'

/** Of a gate that records nothing. */
export function withoutTrail(): OpenAudit {
  const none = "gate.audit.query: there is no audit trail; give 'audit' to createGate"
  const query = () => Promise.reject(new MisuseError('not_supported', none))
  return {
    audit: Object.freeze({ flush: () => Promise.resolve(), query }),
    querySeen: query,
  }
}
