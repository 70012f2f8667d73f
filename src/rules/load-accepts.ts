import type { Step } from '../core/request-context.js'
import type * as Accepts from './accepts.js'

let loaded: typeof Accepts | undefined

/** The rule is loaded with the first request that needs it: an app without such a route never pays for it. */
export const checkAccepts: Step = ({ request, requirement }) => {
  const { mediaTypes: accepts } = requirement
  if (accepts === undefined || request === undefined) return undefined
  if (loaded !== undefined) return loaded.refuseUnaccepted(request, accepts)
  return import('./accepts.js').then((rule) => {
    loaded = rule
    return rule.refuseUnaccepted(request, accepts)
  })
}
