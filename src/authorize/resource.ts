import { Refusal } from '../terms/denial.js'
import { isResourceId, isWithin } from '../terms/resource.js'
import type { LookUp } from './look-up.js'
import type { Rule, Visit } from './visit.js'

/**
 * A caller that is held to resources touches no others. A guard that asks for something else and does not say what its route touches is closed to it,
 * unless an earlier guard on the request has said so.
 */
export function createResourceRule(lookUp: LookUp): Rule {
  const refused = new Refusal('resource_not_allowed')

  /** `type/id`; nothing where the request does not name one. */
  function touched({ demand, request }: Visit): string | undefined {
    if (demand.touches === undefined) return undefined
    const { type, readId } = demand.touches
    if (readId === undefined) return `${type}/*`
    const id = lookUp(readId, request)
    return isResourceId(id) ? `${type}/${id}` : undefined
  }

  return (visit) => {
    const { identity, demand } = visit
    const { resources } = identity
    if (resources === undefined) return undefined
    if (demand.touches === undefined) {
      return visit.resourceChecked || !demand.asksForRights ? undefined : refused
    }
    const resource = touched(visit)
    if (resource === undefined || !isWithin(resource, resources)) return refused
    visit.resourceChecked = true
    return undefined
  }
}
