import { AccessError, StoreError } from '../core/errors.js'
import { randomBase62 } from '../lib/base62.js'
import { recover, withTimeout } from '../lib/maybe.js'
import { APP_CALL_MS } from '../core/app-call.js'
import type { AccessRequest } from './access-store.js'
import { addBusinessDays } from './business-days.js'
import { acceptableTerms, type Agreements } from './agreements.js'
import type { AccessContext } from './context.js'
import { checked, requestSchema, type RequestAccessInput } from './input.js'
import { acceptanceOf, accessIn, appliesIn, lackOfTerms, requiredTerms } from './status.js'

const ID_LENGTH = 22

/**
 * Stores a request for access, after the terms that are accepted with it: one that dies in between leaves acceptances, which are whole in themselves.
 * @throws {AccessError} @throws {StoreError}
 */
export async function requestAccess(
  context: AccessContext,
  agreements: Agreements,
  input: RequestAccessInput,
): Promise<AccessRequest> {
  const given = checked(requestSchema, input, 'access.request')
  const { accept, by, ownerId, environments, ...asked } = given
  checkKnown(environments, context.environments(), 'environment')
  checkKnown(asked.scopes, context.scopes()?.keys(), 'scope')
  if (asked.plan !== undefined) checkKnown([asked.plan], context.plans(), 'plan')
  await checkEligible(context, given)
  await checkNotAsked(context, ownerId, environments)
  // All is checked before anything is stored: a request that is refused has accepted nothing.
  const agreed = accept.map((terms) => acceptableTerms(context, terms).id)
  await checkTerms(context, ownerId, environments, agreed)
  for (const terms of accept) await agreements.accept({ ownerId, by, terms })
  const terms = await checkTerms(context, ownerId, environments)
  const requestedAt = new Date(context.clock())
  const request: AccessRequest = {
    id: `acc_${randomBase62(ID_LENGTH)}`,
    version: 1,
    ...{ ownerId, state: 'requested', environments: [...new Set(environments)], ...asked, terms },
    requestedAt,
    dueAt: addBusinessDays(requestedAt, context.reviewDays, context.holidays),
    steps: [{ state: 'requested', by, at: requestedAt }],
  }
  const event = { action: 'request', subjectId: request.id, ownerId, environments, by } as const
  if (await context.record(event, () => context.stores.access.insert(request), Boolean)) {
    return request
  }
  // Another one was stored since the look above.
  await checkNotAsked(context, ownerId, environments)
  throw new AccessError('changed_meanwhile', 'Another request was made meanwhile; try again.')
}

/** @throws {AccessError} `invalid_input` */
export function checkKnown(
  named: readonly string[],
  known: Iterable<string> | undefined,
  what: string,
): void {
  if (known === undefined) return
  const all = [...known]
  const unknown = named.find((one) => !all.includes(one))
  if (unknown === undefined) return
  const message = `There is no ${what} '${unknown}'; known are ${all.join(', ')}.`
  throw new AccessError('invalid_input', message)
}

/** @throws {AccessError} `not_eligible`, with the reason that the app gives @throws {StoreError} where the app gives no answer: that says nothing of the owner */
async function checkEligible(
  { eligible }: AccessContext,
  { ownerId, environments, plan }: RequestAccessInput,
): Promise<void> {
  if (eligible === undefined) return
  const late = () => new Error(`'eligible' did not answer within ${String(APP_CALL_MS)} ms.`)
  const asked = { environments, ...(plan !== undefined && { plan }) }
  const verdict: unknown = await recover(
    () => withTimeout(eligible(ownerId, asked), APP_CALL_MS, late),
    (cause) => {
      throw new StoreError("'eligible' has failed.", { cause })
    },
  )
  if (verdict === true) return
  if (typeof verdict === 'string') throw new AccessError('not_eligible', verdict)
  throw new StoreError("'eligible' must answer true, or the reason why not as text.")
}

/** @throws {AccessError} `already_requested` */
async function checkNotAsked(
  { owners, clock }: AccessContext,
  ownerId: string,
  environments: readonly string[],
): Promise<void> {
  // What another process has done a moment ago counts as well.
  const facts = await owners.findNow(ownerId)
  for (const environment of environments) {
    const { state, request } = accessIn(facts, environment, clock())
    if (request === undefined || state === 'denied' || state === 'ended') continue
    const message = `Access to '${environment}' was requested before: ${request.id} is ${state}.`
    throw new AccessError('already_requested', message)
  }
}

/** The terms that the owner has accepted, of those that a request needs. @param agreed those that are accepted with it @throws {AccessError} `terms_not_accepted` */
async function checkTerms(
  { owners, terms, clock }: AccessContext,
  ownerId: string,
  environments: readonly string[],
  agreed: readonly string[] = [],
) {
  const facts = await owners.findNow(ownerId)
  const needed = requiredTerms(terms).filter((each) =>
    environments.some((one) => appliesIn(each, one)),
  )
  return needed.flatMap((each) => {
    const accepted = acceptanceOf(facts, each, clock())
    if (accepted !== undefined) return [accepted.terms]
    if (agreed.includes(each.id)) return []
    throw new AccessError('terms_not_accepted', lackOfTerms(each).message)
  })
}
