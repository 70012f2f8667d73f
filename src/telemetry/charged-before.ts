import type { RequestContext } from '../core/request-context.js'

const WARNING =
  'Endpoints of a gate stand behind a guard of the same gate, which has charged the request before they see it: once a plan is used up, nobody can stop keys or access there any more. Endpoints bring their own guard: mount them before yours. See docs/http.md.'

/** Warns once where an earlier guard has charged what the endpoint would let in for free. */
export function createChargedBefore(): (earlier: RequestContext | undefined) => void {
  let isTold = false

  return (earlier) => {
    if (isTold || earlier?.known === undefined || earlier.charge?.subject === undefined) return
    isTold = true
    process.emitWarning(WARNING, { code: 'SALLYPORT_CHARGED_BEFORE' })
  }
}
