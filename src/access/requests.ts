import * as v from 'valibot'
import { AccessError } from '../core/errors.js'
import type { EnrollmentAction } from '../audit/enrollment.js'
import { ACCESS_STATES, type AccessRequest, type AccessState } from './access-store.js'
import { checkApprover } from './approver.js'
import type { AccessContext } from './context.js'
import { approveSchema, checked, decideSchema, pageFields, stepSchema } from './input.js'
import type { ApproveInput, DecideInput, StepInput } from './input.js'
import type { AccessPerson } from './person.js'
import { checkKnown } from './request-access.js'
import { strictObject } from '../lib/schema-objects.js'

const ATTEMPTS = 5
/** Steps of one request after which it is not resumed: what was suspended so often is asked for anew. All that takes access away goes on. */
const MAX_STEPS = 100

export const requestsSchema = strictObject({
  state: v.exactOptional(v.picklist(ACCESS_STATES)),
  order: v.exactOptional(v.picklist(['newest', 'oldest'])),
  ...pageFields,
})

/** What may become of a request in each state. */
const NEXT: Readonly<Record<AccessState, readonly AccessState[]>> = {
  requested: ['approved', 'denied', 'ended'],
  approved: ['suspended', 'ended'],
  suspended: ['approved', 'ended'],
  denied: [],
  ended: [],
}

/** A step of a request, once its input was checked. */
interface Step {
  readonly action: EnrollmentAction
  /** From which states; the rest of `NEXT` is for other actions. */
  readonly from: readonly AccessState[]
  readonly to: AccessState
  readonly by: AccessPerson
  readonly reason?: string
  /** What else changes. @throws {AccessError} */
  readonly change?: (request: AccessRequest) => Partial<AccessRequest>
}

export function approveRequest(context: AccessContext, id: string, input: ApproveInput) {
  const { by, reason, ...granted } = checked(approveSchema, input, 'access.approve')
  const { environments, scopes, until } = granted
  if (until !== undefined && until.getTime() <= context.clock()) {
    throw new AccessError('invalid_input', "access.approve: 'until' must lie in the future")
  }
  if (granted.plan !== undefined) checkKnown([granted.plan], context.plans(), 'plan')
  return takeStep(context, id, {
    ...{ action: 'approve', from: ['requested'], to: 'approved', by },
    ...(reason !== undefined && { reason }),
    change(request) {
      checkWithin(environments, request.environments, 'environments')
      if (request.scopes.length > 0) checkWithin(scopes, request.scopes, 'scopes')
      return granted
    },
  })
}

export function denyRequest(context: AccessContext, id: string, input: DecideInput) {
  const said = checked(decideSchema, input, 'access.deny')
  return takeStep(context, id, { action: 'deny', from: ['requested'], to: 'denied', ...said })
}

export function suspendAccess(context: AccessContext, id: string, input: DecideInput) {
  const said = checked(decideSchema, input, 'access.suspend')
  return takeStep(context, id, { action: 'suspend', from: ['approved'], to: 'suspended', ...said })
}

export function resumeAccess(context: AccessContext, id: string, input: StepInput) {
  const said = checked(stepSchema, input, 'access.resume')
  return takeStep(context, id, { action: 'resume', from: ['suspended'], to: 'approved', ...said })
}

/** An owner may end its own, unless it is suspended: the end would take back the suspension, and what that keeps the owner from. */
export function endAccess(context: AccessContext, id: string, input: StepInput) {
  const said = checked(stepSchema, input, 'access.end')
  const from = ['requested', 'approved', 'suspended'] as const
  return takeStep(context, id, { action: 'end', from, to: 'ended', ...said })
}

/** @throws {AccessError} `unknown_request` */
export async function findRequest({ stores }: AccessContext, id: string): Promise<AccessRequest> {
  const request = await stores.access.find(id)
  if (request !== undefined) return request
  throw new AccessError('unknown_request', `There is no request for access '${id.slice(0, 64)}'.`)
}

/** Compares and sets: of several steps at once one is taken, and the others are told of it. */
async function takeStep(context: AccessContext, id: string, step: Step): Promise<AccessRequest> {
  const { action, to, by, reason } = step
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const request = await findRequest(context, id)
    if (action !== 'end') checkNotOwn(request, by)
    if (by.ownerId !== request.ownerId) await checkApprover(context, by)
    checkState(request, step)
    checkNotLifted(request, step)
    checkSteps(request, step)
    const at = new Date(context.clock())
    const taken = { state: to, by, at, ...(reason !== undefined && { reason }) }
    const next: AccessRequest = {
      ...{ ...request, ...step.change?.(request) },
      version: request.version + 1,
      state: to,
      steps: [...request.steps, taken],
    }
    const { ownerId, environments } = next
    const event = { action, subjectId: id, ownerId, environments, by }
    const done = await context.record(event, () => context.stores.access.replace(next), Boolean)
    if (done) return next
  }
  throw new AccessError('changed_meanwhile', `The request '${id}' keeps being changed; try again.`)
}

/** @throws {AccessError} `own_request` */
function checkNotOwn({ ownerId, steps }: AccessRequest, by: AccessPerson): void {
  const isOwn = by.ownerId === ownerId || by.id === steps[0]?.by.id
  if (!isOwn) return
  throw new AccessError('own_request', 'Nobody decides a request of their own organization.')
}

/** Who is suspended does not take that back: another request would be decided without it. @throws {AccessError} `own_request` */
function checkNotLifted({ id, ownerId, state }: AccessRequest, { by }: Step): void {
  if (state !== 'suspended' || by.ownerId !== ownerId) return
  const message = `The request '${id}' is suspended: the provider of this API resumes or ends it.`
  throw new AccessError('own_request', message)
}

/** An owner is not told who of the provider it was. @throws {AccessError} `wrong_state` */
function checkState({ id, ownerId, state, steps }: AccessRequest, { from, to, by }: Step): void {
  if (from.includes(state) && NEXT[state].includes(to)) return
  const last = steps.at(-1)
  const isTold = by.ownerId !== ownerId || last?.by.ownerId === ownerId
  const who = last && isTold ? ` by ${last.by.name ?? last.by.id} at ${last.at.toISOString()}` : ''
  throw new AccessError('wrong_state', `The request '${id}' was ${state}${who}.`)
}

/** Only what is resumed can go round in circles. @throws {AccessError} `too_many_steps` */
function checkSteps({ steps }: AccessRequest, { action }: Step): void {
  if (action !== 'resume' || steps.length < MAX_STEPS) return
  const message = `The request has ${String(steps.length)} steps, and is not resumed any more: end it, and have access requested anew.`
  throw new AccessError('too_many_steps', message)
}

/** An approver gives what was asked for, or less. @throws {AccessError} `invalid_input` */
function checkWithin(
  given: readonly string[] | undefined,
  asked: readonly string[],
  name: string,
): void {
  if (given?.length === 0) {
    const message = `access.approve: '${name}' must name some of what was asked for: none would stand for all`
    throw new AccessError('invalid_input', message)
  }
  const more = given?.find((one) => !asked.includes(one))
  if (more === undefined) return
  const message = `access.approve: '${more}' of '${name}' was not asked for; that was ${asked.join(', ')}`
  throw new AccessError('invalid_input', message)
}
