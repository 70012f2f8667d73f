import { MisuseError } from '../core/errors.js'
import type { Policy, PolicyContext, PolicyVerdict } from '../core/policy.js'
import type { GateRequest } from '../core/request.js'
import { then } from '../lib/maybe.js'
import { nearest } from '../lib/nearest.js'
import type { Terms } from './check-options.js'
import type { AccessContext } from './context.js'
import type { OwnerFacts } from './owner-cache.js'
import { acceptanceOf, lackingTerms, lackOfAccess, lackOfTerms, requiredTerms } from './status.js'

/** The same for every request, but those to the endpoints where access is requested. */
type Ask = (facts: OwnerFacts, context: PolicyContext, now: number) => PolicyVerdict

export interface AccessPolicies {
  approved(): Policy
  accepted(...ids: readonly string[]): Policy
}

/** @param isExempt whether a request is one for access: who has none must be able to ask for it */
export function createPolicies(
  { owners, clock, terms }: AccessContext,
  isExempt: (request: GateRequest | undefined) => boolean,
): AccessPolicies {
  const policyOf = (ask: Ask, name: string): Policy => {
    const policy: Policy = (context) => {
      if (isExempt(context.request)) return true
      return then(owners.find(context.auth.ownerId), (facts) => ask(facts, context, clock()))
    }
    // What the operator reads in the cause of a denial.
    return Object.defineProperty(policy, 'name', { value: name })
  }

  return {
    approved: () =>
      policyOf((facts, { auth }, now) => {
        const lack = lackOfAccess(facts, auth.environment, now)
        return lack === undefined || { reason: 'access_not_approved', message: lack.message }
      }, 'approved()'),
    accepted(...ids) {
      const needed = ids.length === 0 ? requiredTerms(terms) : ids.map((id) => named(terms, id))
      return policyOf(
        (facts, { auth: { environment }, phi, agreed }, now) => {
          const asked = phi === 'synthetic' ? needed.filter((each) => !each.phi) : needed
          const [lacking] = lackingTerms(facts, asked, environment, now)
          if (lacking === undefined) {
            for (const each of asked) {
              const accepted = acceptanceOf(facts, each, now)
              if (accepted) agreed({ id: each.id, version: accepted.terms.version })
            }
            return true
          }
          return { reason: 'terms_not_accepted', message: lackOfTerms(lacking).message }
        },
        `accepted(${ids.map((id) => `'${id}'`).join(', ')})`,
      )
    },
  }
}

/** @throws {MisuseError} `invalid_option` for terms that there are not */
function named(terms: ReadonlyMap<string, Terms>, id: string): Terms {
  const known = terms.get(id)
  if (known !== undefined) return known
  const meant = nearest(id, [...terms.keys()])
  const advice =
    meant === undefined ? `known are ${[...terms.keys()].join(', ')}` : `did you mean '${meant}'?`
  throw new MisuseError('invalid_option', `access.accepted: there are no terms '${id}'; ${advice}`)
}
