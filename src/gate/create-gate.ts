import { checkOptions } from './check-options.js'
import type { Gate } from './gate.js'
import { openGate } from './open-gate.js'
import type { GateOptions } from './options.js'

/** @throws {MisuseError} by the name of the option that is wrong, with what to write instead. */
export function createGate<const S extends string>(options: GateOptions<S>): Gate<S> {
  return openGate(checkOptions(options))
}
