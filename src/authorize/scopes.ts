import { Refusal } from '../terms/denial.js'
import type { Visit } from './visit.js'

/** Every scope that the route demands must be held. */
export function checkScopes({ identity, demand }: Visit): Refusal | undefined {
  const { scopes } = demand
  for (const scope of scopes) {
    if (!identity.scopes.has(scope)) return new Refusal('insufficient_scope', { scopes })
  }
  return undefined
}
