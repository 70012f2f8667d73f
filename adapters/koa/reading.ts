import { checkGate, createAuditEndpoints, createUsageEndpoints } from '../../src/index.js'
import type { Gate, ReadingRequirement } from '../../src/index.js'
import { mountable } from './mountable.js'
import type { KoaContext, RoutedContext } from './types.js'

/**
 * What the requests of a caller's own owner came to, as JSON and CSV.
 * @throws {MisuseError} at start-up
 * @example app.use(mount('/v1/usage', usageEndpoints(gate, { scopes: ['read:usage'] })))
 */
export function usageEndpoints<S extends string, R extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: ReadingRequirement<NoInfer<S>, R>,
) {
  checkGate(gate, 'usageEndpoints')
  return mountable(gate, createUsageEndpoints(gate, requirement))
}

/**
 * The audit log of a caller's own owner: in pages, as an export, and a summary of a week. Each reading is in the log.
 * @throws {MisuseError} at start-up, also where the gate has no audit log
 * @example app.use(mount('/v1/audit', auditEndpoints(gate, { scopes: ['read:audit'] })))
 */
export function auditEndpoints<S extends string, R extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: ReadingRequirement<NoInfer<S>, R>,
) {
  checkGate(gate, 'auditEndpoints')
  return mountable(gate, createAuditEndpoints(gate, requirement))
}
