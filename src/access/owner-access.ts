import type * as v from 'valibot'
import type { AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import type { Terms } from './check-options.js'
import type { AccessContext } from './context.js'
import type { ofSchema } from './input.js'
import {
  acceptanceOf,
  accessIn,
  lackingTerms,
  lackOfAccess,
  lackOfTerms,
  requiredTerms,
  type EnvironmentAccess,
} from './status.js'

/** Terms, and what an owner has accepted of them. */
export interface OwnerTerms extends Terms {
  /** The acceptance that counts now. Absent: there is none. */
  readonly acceptance?: Acceptance
}

/** Where an owner is. */
export interface OwnerAccess {
  readonly ownerId: string
  readonly environments: readonly EnvironmentAccess[]
  readonly terms: readonly OwnerTerms[]
  /** At most 100: those that something may still become of, and the newest of all others. */
  readonly requests: readonly AccessRequest[]
}

export async function ownerAccess(
  { owners, clock, terms, environments: ofGate }: AccessContext,
  { ownerId, environments: named }: v.InferOutput<typeof ofSchema>,
): Promise<OwnerAccess> {
  const facts = await owners.find(ownerId)
  const now = clock()
  const asked = facts.requests.flatMap(({ environments }) => environments)
  const environments = named ?? new Set([...(ofGate() ?? []), ...asked])
  return {
    ownerId,
    environments: [...environments].map((environment) => {
      const lack = lackOfAccess(facts, environment, now)
      const lacking = lackingTerms(facts, requiredTerms(terms), environment, now)
      const missing = [...(lack ? [lack] : []), ...lacking.map(lackOfTerms)]
      return { environment, ...accessIn(facts, environment, now), missing }
    }),
    terms: [...terms.values()].map((each) => {
      const acceptance = acceptanceOf(facts, each, now)
      return { ...each, ...(acceptance && { acceptance }) }
    }),
    requests: facts.requests,
  }
}
