import { recover, then, within, type MaybePromise } from '../lib/maybe.js'
import { first } from '../lib/first.js'
import { Refusal } from '../terms/denial.js'
import type { Policy, PolicyVisit } from '../terms/policy.js'
import type { Rule, Visit } from './visit.js'

const LIMIT_MS = 250
const DENIED = new Refusal('policy_denied')
const UNAVAILABLE = new Refusal('policy_unavailable')

/**
 * What the app has to say, last of all: the policies of every request, then those of the route. One that throws, does not answer within 250 ms
 * or answers something else is an outage, told to `onError`.
 */
export function createPolicyRule(
  always: readonly Policy[],
  onError: (error: unknown) => void,
): Rule {
  const fail = (error: unknown) => {
    onError(error)
    return UNAVAILABLE
  }
  const checkOf =
    (policy: Policy) =>
    (told: PolicyVisit): MaybePromise<Refusal | undefined> =>
      recover(() => then(within(policy(told), LIMIT_MS, late), refusalOf), fail)
  const checks = always.map(checkOf)
  return (visit) => {
    const { policies } = visit.demand
    if (checks.length + policies.length === 0) return undefined
    // Most routes have none of their own.
    const all = policies.length === 0 ? checks : [...checks, ...policies.map(checkOf)]
    return first(all, toldOf(visit))
  }
}

function toldOf(visit: Visit): PolicyVisit {
  const { identity, request, tenantId } = visit
  return {
    auth: identity.auth,
    request,
    tenantId,
    get address() {
      return visit.client()
    },
  }
}

/** Nothing but `true` lets in. @throws {TypeError} for what is no verdict. */
function refusalOf(verdict: unknown): Refusal | undefined {
  if (verdict === true) return undefined
  if (verdict === false) return DENIED
  if (typeof verdict === 'object' && verdict !== null) {
    const { status = 403, message } = verdict as Readonly<Record<string, unknown>>
    const detail = message === undefined ? {} : typeof message === 'string' && { detail: message }
    if (detail && isStatus(status)) return new Refusal('policy_denied', { ...detail, status })
  }
  throw new TypeError(
    'A policy must answer true, false, or { status, message } with a status from 400 to 499 other than 401 and 407.',
  )
}

/** 401 and 407 promise a challenge. */
function isStatus(status: unknown): status is number {
  return (
    Number.isInteger(status) &&
    Number(status) >= 400 &&
    Number(status) <= 499 &&
    ![401, 407].includes(Number(status))
  )
}

function late(): Error {
  return new Error(`A policy did not answer within ${String(LIMIT_MS)} ms.`)
}
