import { checkOptions } from './check-options.js'
import { createFront } from './front.js'
import type { Gate } from './gate.js'
import { loadGate } from './load-gate.js'
import type { GateOptions } from './options.js'
import { createShell } from './shell.js'

/**
 * Makes a gate: what decides over each request, and issues and revokes what callers present. All options are checked before it returns.
 * @throws {MisuseError} by the name of the option that is wrong, with what to write instead.
 * @example
 * ```ts
 * const gate = createGate({
 *   environment: 'live',
 *   keys: { prefix: 'acme', store: await openSqliteKeyStore('keys.db') },
 *   scopes: ['read:orders', 'write:orders'],
 * })
 * ```
 */
export function createGate<const S extends string>(options: GateOptions<S>): Gate<S> {
  const given = checkOptions(options)
  const front = createFront<S>(given)
  return createShell(given, front, () => loadGate(given, front))
}
