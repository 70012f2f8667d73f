import type { CheckedOptions } from './check-options.js'
import { takesTokens } from './features.js'
import type { Front } from './front.js'
import type { OpenGate } from './open-gate.js'

/** Loads what the options ask for, and makes a gate of it. */
export async function loadGate<S extends string>(
  given: CheckedOptions,
  front: Front<S>,
): Promise<OpenGate<S>> {
  const [{ openGate }, tokens, audit] = await Promise.all([
    import('./open-gate.js'),
    takesTokens(given) ? import('./token-parts.js') : undefined,
    given.audit && import('./audit-parts.js'),
  ])
  return openGate(given, front, { ...tokens, ...audit })
}
