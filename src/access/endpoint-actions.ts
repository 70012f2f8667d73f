import * as v from 'valibot'
import { writtenInstant } from '../lib/instants.js'
import { Refusal } from '../core/denial.js'
import { queryOf } from '../core/request.js'
import { invalid } from '../http/body.js'
import { describeIssue, told } from '../lib/issue.js'
import type { Access } from './access.js'
import type { AccessFilter, AccessRequest } from './access-store.js'
import type { AcceptInput, RequestAccessInput, StepInput } from './input.js'
import type { AccessPerson } from './person.js'
import { isManaged, mayAccept, shownAccess, shownAcceptance, shownRequest } from './shown.js'
import { looseObject, strictObject } from '../lib/schema-objects.js'

/** One request, once its caller is known and its body is here. */
export interface AccessCall {
  readonly access: Access
  readonly ownerId: string
  readonly by: AccessPerson
  readonly isApprover: boolean
  /** The environments in which its word counts. */
  readonly managed: readonly string[]
  /** All of the gate. */
  readonly environments: readonly string[]
  /** The request for access that the path names. */
  readonly id: string
  readonly body: object
  readonly url: string
}

/** What an action has to say when it succeeds. */
export interface Result {
  readonly status: number
  readonly value: object
}

/** What a path and a method stand for. */
export interface AccessAction {
  /** Who may: callers for their owner, approvers, or both. */
  readonly by: 'owner' | 'approver' | 'both'
  readonly readsBody: boolean
  /** Whether it stops access, or shows which to stop: a used-up plan keeps nobody from that. */
  readonly contains: boolean
  readonly id: string
  readonly run: (call: AccessCall) => Promise<Result | Refusal>
}

const NOT_FOUND = new Refusal('not_found', { detail: 'There is no such request for access.' })

const whole = v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number))
const listQuery = strictObject({
  state: v.exactOptional(v.string()),
  ownerId: v.exactOptional(v.string()),
  order: v.exactOptional(v.string()),
  limit: v.exactOptional(whole),
  cursor: v.exactOptional(v.string()),
})
const approveBody = looseObject({ until: v.exactOptional(writtenInstant()) })

type Run = AccessAction['run']

const show: Run = async ({ access, ownerId, managed }) => ({
  status: 200,
  value: shownAccess(await access.of(ownerId), managed),
})

const request: Run = async (call) => {
  const { access, ownerId, by, managed, body } = call
  const { environments, accept = [] } = body as Readonly<Record<string, unknown>>
  if (
    Array.isArray(environments) &&
    !environments.every((one) => managed.includes(one as string))
  ) {
    const known = managed.map((name) => `'${name}'`).join(', ')
    return invalid(`'environments' must be of those that the caller manages: ${known}.`)
  }
  const refusal = Array.isArray(accept) ? await outOfReach(call, accept) : undefined
  if (refusal !== undefined) return refusal
  const input = { ...body, ownerId, by } as RequestAccessInput
  return { status: 201, value: await access.request(input) }
}

const accept: Run = async (call) => {
  const { access, ownerId, by, body } = call
  const refusal = await outOfReach(call, [body])
  if (refusal !== undefined) return refusal
  const input = { ownerId, by, terms: body } as AcceptInput
  return { status: 201, value: shownAcceptance(await access.agreements.accept(input)) }
}

/** Terms of environments that the caller does not manage: they hold for others than it speaks for. */
async function outOfReach(
  { access, ownerId, managed, environments }: AccessCall,
  named: readonly unknown[],
): Promise<Refusal | undefined> {
  if (named.length === 0) return undefined
  const ids = named.map((one) => (one as { readonly id?: unknown } | null)?.id)
  const { terms } = await access.of(ownerId)
  const found = terms.find((one) => ids.includes(one.id) && !mayAccept(one, managed, environments))
  if (found === undefined) return undefined
  const needed = (found.environments ?? environments).map((name) => `'${name}'`).join(', ')
  return invalid(`'${found.id}' is accepted by callers that manage all of ${needed}.`)
}

const list: Run = async ({ access, managed, url }) => {
  const query = new URLSearchParams(queryOf(url))
  const asked = v.safeParse(listQuery, Object.fromEntries(query))
  if (!asked.success || new Set(query.keys()).size < query.size) {
    return invalid('The query knows state, ownerId, order, limit and cursor, each once.')
  }
  const { items, cursor } = await access.list(asked.output as AccessFilter)
  const requests = items.filter((each) => isManaged(each, managed))
  return { status: 200, value: { requests, cursor } }
}

const get: Run = async (call) => {
  const found = await visible(call)
  return found === undefined ? NOT_FOUND : { status: 200, value: shownTo(call, found) }
}

const end: Run = async (call) => {
  const { access, id, by, body } = call
  if ((await visible(call)) === undefined) return NOT_FOUND
  return { status: 200, value: shownTo(call, await access.end(id, { ...body, by })) }
}

const approve: Run = async (call) => {
  const { access, id, by, body } = call
  if ((await visible(call)) === undefined) return NOT_FOUND
  const parsed = v.safeParse(approveBody, body, told)
  if (!parsed.success) return invalid(describeIssue(parsed.issues, ['until']))
  return { status: 200, value: await access.approve(id, { ...parsed.output, by }) }
}

const decide =
  (action: 'deny' | 'suspend' | 'resume'): Run =>
  async (call) => {
    const { access, id, by, body } = call
    if ((await visible(call)) === undefined) return NOT_FOUND
    const input = { ...body, by } as StepInput & { readonly reason: string }
    return { status: 200, value: await access[action](id, input) }
  }

/** Of a request of another owner, nobody but an approver learns that it is there; and nobody who does not manage all of its environments. */
async function visible(call: AccessCall): Promise<AccessRequest | undefined> {
  const found = await call.access.get(call.id)
  if (found === undefined || !isManaged(found, call.managed)) return undefined
  return found.ownerId === call.ownerId || call.isApprover ? found : undefined
}

function shownTo({ isApprover }: AccessCall, request: AccessRequest): object {
  return isApprover ? request : shownRequest(request)
}

type Actions = Readonly<Record<string, Omit<AccessAction, 'id'>>>

const reading = (by: AccessAction['by'], run: Run) => ({
  by,
  readsBody: false,
  contains: true,
  run,
})
const changing = (by: AccessAction['by'], run: Run) => ({
  by,
  readsBody: true,
  contains: false,
  run,
})
const stopping = (by: AccessAction['by'], run: Run) => ({ ...changing(by, run), contains: true })

/** By path, with `*` for an id, and by method. */
const ACTIONS: Readonly<Record<string, Actions>> = {
  '': { GET: reading('owner', show) },
  '/agreements': { POST: changing('owner', accept) },
  '/requests': { GET: reading('approver', list), POST: changing('owner', request) },
  '/requests/*': { GET: reading('both', get) },
  '/requests/*/end': { POST: stopping('both', end) },
  '/requests/*/approve': { POST: changing('approver', approve) },
  '/requests/*/deny': { POST: changing('approver', decide('deny')) },
  '/requests/*/suspend': { POST: stopping('approver', decide('suspend')) },
  '/requests/*/resume': { POST: changing('approver', decide('resume')) },
}

export function actionFor(method: string, path: string): AccessAction | Refusal {
  const [, place = '', id = '', ...rest] = path.split('/')
  const form = [place && `/${place}`, id && '/*', ...rest.map((one) => `/${one}`)].join('')
  const actions = new Map(Object.entries(ACTIONS)).get(form)
  if (actions === undefined) return NOT_FOUND
  const action = new Map(Object.entries(actions)).get(method === 'HEAD' ? 'GET' : method)
  if (action !== undefined) return { ...action, id }
  const allow = Object.keys(actions).join(', ')
  return new Refusal('method_not_allowed', { headers: { allow } })
}
