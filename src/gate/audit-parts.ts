import { createAudit } from '../audit/audit.js'
import { createTrail } from '../audit/trail.js'

/** What a gate with an audit log loads. */
export const auditParts = { createTrail, createAudit }

export type AuditParts = typeof auditParts
