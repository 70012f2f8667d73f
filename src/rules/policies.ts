import { first } from '../lib/maybe.js'
import { callApp } from '../core/app-call.js'
import { Refusal } from '../core/denial.js'
import type { PhiHandling } from '../core/phi.js'
import { POLICY_REASONS, type Policy, type PolicyContext } from '../core/policy.js'
import { refuse, told } from '../core/refuse.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { MaybePromise } from '../lib/maybe.js'

const UNAVAILABLE = new Refusal('policy_unavailable')

/**
 * What the app has to say, last of all: the policies of every request, then those of the route. One that throws, does not answer within 250 ms
 * or answers something else is an outage, told to `onError`.
 * @param applies whether those of every request are asked; default: always
 */
export function createPolicyRule(
  always: readonly Policy[],
  phiIn: (environment: string) => PhiHandling,
  onError: (error: unknown) => void,
  applies: (context: RequestContext) => boolean = () => true,
): Step {
  const failure = { onError, unavailable: UNAVAILABLE }
  const checkOf = (policy: Policy) => {
    const read = (verdict: unknown) => refusalOf(verdict, policy)
    return (asked: PolicyContext): MaybePromise<Refusal | undefined> =>
      callApp('A policy', () => policy(asked), read, failure)
  }
  const checks = always.map(checkOf)
  return (context) => {
    const { policies } = context.requirement
    const asked = checks.length > 0 && applies(context) ? checks : []
    if (asked.length + policies.length === 0) return undefined
    // Most routes have none of their own.
    const all = policies.length === 0 ? asked : [...asked, ...policies.map(checkOf)]
    return first(all, toldOf(context, phiIn(context.caller.auth.environment)))
  }
}

function toldOf(context: RequestContext, phi: PhiHandling): PolicyContext {
  const { caller, request, tenantId } = context
  return {
    auth: caller.auth,
    request,
    tenantId,
    phi,
    agreed({ id, version }) {
      context.agreed(id, version)
    },
    get address() {
      return context.client()
    },
  }
}

/** Nothing but `true` lets in. @throws {TypeError} for what is no verdict. */
function refusalOf(verdict: unknown, { name }: Policy): Refusal | undefined {
  if (verdict === true) return undefined
  const got = told(name === '' ? 'no from a policy without a name' : `no from the policy '${name}'`)
  const finding = { check: 'policy', expected: 'true', got } as const
  if (verdict === false) return refuse('policy_denied', finding)
  if (typeof verdict === 'object' && verdict !== null) {
    const said = verdict as Readonly<Record<string, unknown>>
    const { status = 403, message, reason = 'policy_denied' } = said
    const detail = message === undefined ? {} : typeof message === 'string' && { detail: message }
    const known = POLICY_REASONS.find((one) => one === reason)
    if (detail && known && isStatus(status)) return refuse(known, finding, { ...detail, status })
  }
  throw new TypeError(
    'A policy must answer true, false, or { status, message, reason } with a status from 400 to 499 other than 401 and 407.',
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
