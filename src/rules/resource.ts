import { matchOf } from '../core/request.js'
import type { AskedResource } from '../core/requirement.js'
import { refuse } from '../core/refuse.js'
import { isResourceId, isWithin } from '../core/resource.js'
import { LACKS_SOMEWHERE, type Lack } from '../core/request-value.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { LookUp } from './look-up.js'

/**
 * A caller that is held to resources touches no others. A guard that asks for something else and does not say what its route touches is closed to it,
 * unless an earlier guard has said so in the same match of the same route.
 */
export function createResourceRule(lookUp: LookUp): Step {
  const refused = (expected: string | readonly unknown[], got: unknown, lack?: Partial<Lack>) =>
    refuse('resource_not_allowed', { ...lack, check: 'resource', expected, got })

  /** `type/id`; nothing where the request does not name one. */
  function touched(
    { type, readId }: AskedResource,
    { request }: RequestContext,
  ): string | undefined {
    if (readId === undefined) return `${type}/*`
    const id = lookUp(readId, request)
    return isResourceId(id) ? `${type}/${id}` : undefined
  }

  /** Whether what an earlier guard has checked is what is touched here as well. */
  function stillHolds(context: RequestContext): boolean {
    const { checked, request } = context
    if (checked === undefined || checked.url !== request?.url) return false
    const match = matchOf(request)
    return (
      match !== undefined &&
      match === checked.match &&
      touched(checked.asked, context) === checked.resource
    )
  }

  return (context) => {
    const { caller, requirement, request } = context
    const { resources } = caller
    if (resources === undefined) return undefined
    if (requirement.touches === undefined) {
      if (!requirement.asksForRights || stillHolds(context)) return undefined
      return refused("a requirement that says with 'resource' what the route touches", undefined)
    }
    const resource = touched(requirement.touches, context)
    if (resource === undefined) {
      const { where, ...lack } = requirement.touches.readId?.lacks?.(request) ?? LACKS_SOMEWHERE
      return refused(`the id of a resource${where}`, undefined, lack)
    }
    if (!isWithin(resource, resources)) return refused([...resources], resource)
    context.checked = {
      asked: requirement.touches,
      resource,
      url: request?.url,
      match: matchOf(request),
    }
    return undefined
  }
}
