import type { Answer, Denial, Grant } from '../core/decision.js'
import { isRefusal, Refusal } from '../core/denial.js'
import { AccessError, AuditError, MisuseError, StoreError } from '../core/errors.js'
import { pathOf, type GateRequest } from '../core/request.js'
import type { AccessRequirement, EndpointGuard, LentByGate } from '../gate/gate-access.js'
import { invalid, readJsonObject, type EndpointRequest } from '../http/body.js'
import { complaintIn } from '../lib/issue.js'
import type { Access } from './access.js'
import { actionFor, type AccessAction, type Result } from './endpoint-actions.js'
import type { AccessPerson } from './person.js'

export interface AccessEndpointsContext {
  readonly access: Access
  readonly gate: LentByGate
  /** Requests that policies of access let pass. */
  readonly exempt: WeakSet<GateRequest>
}

/** @throws {MisuseError} for a requirement that is wrong in itself */
export function createAccessEndpoints(
  { access, gate, exempt }: AccessEndpointsContext,
  given: Partial<AccessRequirement>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { guards, scopes: ownerScopes, approverScopes } = readRequirement(gate, given)

  return async function answerAccessRequest(call) {
    const { request } = call
    const action = actionFor(request.method, pathOf(call.target).replace(/\/$/, ''))
    // Who has no access must be able to ask for it.
    exempt.add(request)
    const guard = guards[isRefusal(action) ? 'both' : action.by]
    const decision = await guard.check(request, !isRefusal(action) && action.contains)
    if (!decision.allowed) return decision
    try {
      return await answerCaller(call, decision, action, guard)
    } finally {
      gate.done({ ...request, grant: decision })
      // Without a response, the answer is the only end that the gate sees.
      if (request.response === undefined) decision.end()
    }
  }

  async function answerCaller(
    call: EndpointRequest,
    first: Grant,
    action: AccessAction | Refusal,
    guard: EndpointGuard,
  ): Promise<Answer | Denial> {
    const request = { ...call.request, grant: first }
    if (isRefusal(action)) return gate.refuse(action, request)
    const body = action.readsBody ? await readJsonObject(call) : {}
    if (isRefusal(body)) return gate.refuse(body, request)
    try {
      exempt.add(request)
      const grant = action.readsBody ? await guard.checkAnew(request, first) : first
      if (!grant.allowed) return grant
      const { ownerId, scopes } = grant.auth
      const isApprover = approverScopes.every((scope) => scopes.includes(scope))
      const missing = ownerScopes.filter((scope) => !scopes.includes(scope))
      // The guard asks for one scope of either role: whoever is none of both has all of neither.
      if (!isApprover && missing.length > 0) return gate.refuse(lacking(missing), request)
      const by = personOf(grant, gate.clientOf(call.request))
      const { id, run } = action
      const managed = gate.managedBy(grant.auth)
      const { url } = call.request
      const result = await run({
        ...{ access, ownerId, by, isApprover, managed, id, body, url },
        environments: gate.environments,
      })
      return isRefusal(result) ? gate.refuse(result, request) : answerOf(result, grant)
    } catch (error) {
      return gate.refuse(refusalFor(error, gate.onError), request)
    }
  }
}

function readRequirement(gate: LentByGate, given: Partial<AccessRequirement>) {
  const { approverScopes = [], ...rest } = given
  const { scopes = [] } = rest
  for (const [name, list] of Object.entries({ scopes, approverScopes })) {
    if (list.length > 0) continue
    const message = `accessEndpoints: '${name}' must name at least one scope; else, every key could`
    throw new MisuseError('invalid_option', message)
  }
  const anyScope = [...scopes, ...approverScopes]
  const guards = {
    owner: gate.guardWith({ ...rest }),
    approver: gate.guardWith({ ...rest, scopes: approverScopes }),
    both: gate.guardWith({ ...rest, scopes: [], anyScope }),
  }
  return { guards, scopes, approverScopes }
}

function lacking(missing: readonly string[]): Refusal {
  const detail = `The caller lacks ${missing.join(', ')}.`
  return new Refusal('insufficient_scope', { missing, detail })
}

function personOf({ auth }: Grant, address: string | undefined): AccessPerson {
  const { ownerId } = auth
  const id =
    auth.kind === 'key'
      ? auth.keyId
      : (auth.subject ?? (auth.kind === 'token' ? auth.clientId : undefined) ?? ownerId)
  return { id, ownerId, ...(address !== undefined && { address }) }
}

function refusalFor(error: unknown, onError: (error: unknown) => void): Refusal {
  if (error instanceof StoreError) {
    onError(error)
    const detail = 'Access cannot be looked up at the moment. Try again.'
    return new Refusal('store_unavailable', { detail })
  }
  if (error instanceof AuditError) return new Refusal('audit_unavailable')
  if (!(error instanceof AccessError)) throw error
  const { code } = error
  const detail = complaintIn(error)
  if (code === 'invalid_input') return invalid(detail)
  return new Refusal(REASONS[code], { detail })
}

const REASONS = {
  unknown_request: 'not_found',
  unknown_agreement: 'not_found',
  unknown_acceptance: 'not_found',
  not_eligible: 'access_not_approved',
  terms_not_accepted: 'terms_not_accepted',
  already_requested: 'access_conflict',
  wrong_state: 'access_conflict',
  changed_meanwhile: 'access_conflict',
  too_many_steps: 'access_conflict',
  own_request: 'not_grantable',
  approver_suspended: 'not_grantable',
} as const

function answerOf({ status, value }: Result, grant: Grant): Answer {
  const body = JSON.stringify(value)
  return {
    status,
    headers: {
      ...grant.headers,
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  }
}
