import type { Keys } from '../keys/keys.js'
import { KeyError, StoreError } from '../keys/store.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Catalogue } from '../terms/catalogue.js'
import type { Answer, Decision, Denial, Grant } from '../terms/decision.js'
import type { Demand } from '../terms/demand.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { MisuseError } from '../terms/misuse.js'
import type { GateRequest } from '../terms/request.js'
import { authorityOf } from './authority.js'
import { invalid, readJsonObject, type EndpointRequest } from './body.js'
import {
  COLLECTION,
  ITEM,
  NOT_FOUND,
  ROTATION,
  type Action,
  type Call,
  type Result,
} from './key-actions.js'

/**
 * Keys over HTTP, under the path where they are mounted: `POST /`, `GET /`, `GET /:id`, `PATCH /:id`, `DELETE /:id`,
 * `POST /:id/rotate`. A caller sees and touches only keys of its own owner.
 */
export type KeyEndpoints<S extends string = string> = (
  call: EndpointRequest,
  demand: Demand<S>,
) => Promise<Answer | Denial>

export interface KeyEndpointsContext<S extends string> {
  readonly keys: Keys<S>
  readonly catalogue: Catalogue
  readonly environments: readonly string[]
  readonly check: (request: GateRequest, demand: Demand<S>) => MaybePromise<Decision<S>>
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  readonly onError: (error: unknown) => void
}

export function createKeyEndpoints<S extends string>(
  context: KeyEndpointsContext<S>,
): KeyEndpoints<S> {
  const { catalogue, environments, keys, refuse } = context

  return async function answerKeyRequest(endpointRequest, demand) {
    const { request, path } = endpointRequest
    const decision = await context.check(request, demand)
    if (!decision.allowed) return decision
    const action = actionFor(request.method, path)
    if (isRefusal(action)) return refuse(action, request)
    const outcome = await attempt(action, {
      keys,
      grant: decision,
      authority: authorityOf(decision.auth, catalogue, environments),
      id: path.split('/')[1] ?? '',
      url: request.url,
      body: () => readJsonObject(endpointRequest),
    })
    return isRefusal(outcome) ? refuse(outcome, request) : answerWith(outcome, decision)
  }

  async function attempt(action: Action, call: Call): Promise<Result | Refusal> {
    try {
      return await action(call)
    } catch (error) {
      if (error instanceof StoreError) context.onError(error)
      return refusalFor(error)
    }
  }
}

function actionFor(method: string, path: string): Action | Refusal {
  const [, id = '', verb, more] = path.replace(/\/$/, '').split('/')
  if (more !== undefined || (verb !== undefined && verb !== 'rotate')) return NOT_FOUND
  const actions = id === '' ? COLLECTION : verb === undefined ? ITEM : ROTATION
  const action = new Map(Object.entries(actions)).get(method === 'HEAD' ? 'GET' : method)
  const allow = Object.keys(actions).join(', ')
  return action ?? new Refusal('method_not_allowed', { headers: { allow } })
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof StoreError) return new Refusal('store_unavailable')
  // The part before the colon names the call inside the server: no business of the client's.
  if (error instanceof MisuseError) return invalid(error.message.replace(/^gate\.keys\.\w+: /, ''))
  if (!(error instanceof KeyError)) throw error
  return error.code === 'unknown_key'
    ? NOT_FOUND
    : new Refusal('key_conflict', { detail: error.message })
}

function answerWith({ status, value }: Result, grant: Grant): Answer {
  const headers = { ...grant.headers, 'cache-control': 'no-store' }
  if (value === undefined) return { status, headers }
  const body = JSON.stringify(value)
  return {
    status,
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  }
}
