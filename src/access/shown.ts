import type { AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import type { OwnerAccess, OwnerTerms } from './owner-access.js'
import type { AccessPerson } from './person.js'

/** What an owner is told of whoever works for the provider: no name, id or address, as with keys that an operator has made. */
const OPERATOR = { operator: true }

/** A request as its owner sees it. */
export function shownRequest(request: AccessRequest): object {
  const { ownerId } = request
  const steps = request.steps.map((step) =>
    step.state === 'requested' ? step : { ...step, by: shownPerson(step.by, ownerId) },
  )
  return { ...request, steps }
}

/** Whether a request is there for a caller who manages these environments: as a decision goes for all of it, so does the right to it. */
export function isManaged(
  { environments }: Pick<AccessRequest, 'environments'>,
  managed: readonly string[],
): boolean {
  return environments.every((one) => managed.includes(one))
}

/** Whether whoever manages these environments may accept terms for the owner: all that the terms are for; where they name none, all that there are. */
export function mayAccept(
  { environments }: Pick<OwnerTerms, 'environments'>,
  managed: readonly string[],
  all: readonly string[],
): boolean {
  return (environments ?? all).every((one) => managed.includes(one))
}

/**
 * Where an owner is, as it sees it itself. What is the gate's own business stays out.
 * @param managed the environments that the caller manages
 */
export function shownAccess(
  { environments, terms, requests, ...rest }: OwnerAccess,
  managed: readonly string[],
): object {
  const own = environments.filter(({ environment }) => managed.includes(environment))
  return {
    ...rest,
    environments: own.map(({ request, ...each }) => ({
      ...each,
      ...(request && isManaged(request, managed) && { request: shownRequest(request) }),
    })),
    terms: terms.map(({ alsoAccepted: _, text: _text, acceptance, ...each }) => ({
      ...each,
      ...(acceptance && { acceptance: shownAcceptance(acceptance) }),
    })),
    requests: requests.filter((each) => isManaged(each, managed)).map(shownRequest),
  }
}

/** An acceptance as its owner sees it. */
export function shownAcceptance({ recordedBy, end, ...acceptance }: Acceptance): object {
  const { ownerId } = acceptance
  return {
    ...acceptance,
    ...(end && { end: { ...end, by: shownPerson(end.by, ownerId) } }),
    ...(recordedBy && { recordedBy: shownPerson(recordedBy, ownerId) }),
  }
}

function shownPerson(by: AccessPerson, ownerId: string): object {
  return by.ownerId === ownerId ? by : OPERATOR
}
