import type { IssuedKey } from '../keys/create.js'
import type { CreateKeyInput } from '../keys/input.js'
import type { Keys } from '../keys/keys.js'
import type { ActingOnKeys } from '../keys/open.js'
import { KeyError, StoreError } from '../keys/store.js'
import type { MaybePromise } from '../lib/maybe.js'
import { AuditError } from '../record/sink.js'
import type { Auth } from '../terms/auth.js'
import type { Catalogue } from '../terms/catalogue.js'
import type { Credential } from '../terms/credential.js'
import type { Answer, Decision, Denial, Grant } from '../terms/decision.js'
import type { CheckedDemand, Demand } from '../terms/demand.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { MisuseError } from '../terms/misuse.js'
import { pathOf, type GateRequest } from '../terms/request.js'
import { authorityOf } from './authority.js'
import { invalid, readJsonObject, type EndpointRequest } from './body.js'
import { occasionOf } from './idempotency.js'
import {
  COLLECTION,
  ITEM,
  NOT_FOUND,
  RefusedChange,
  ROTATION,
  SELF,
  type Action,
  type Call,
  type Result,
} from './key-actions.js'

/** Where a key stands for itself. */
const SELF_PATH = '/self'

/** What the key endpoints demand of their callers: at least one scope, or every key could manage keys. */
export type KeyEndpointsDemand<S extends string = string, R = never> = Demand<S, R> & {
  readonly scopes: readonly S[]
}

/**
 * Keys over HTTP, under the path where they are mounted: `POST /`, `GET /`, `GET /:id`, `PATCH /:id`, `DELETE /:id`,
 * `POST /:id/rotate`; and for whoever holds a key, `GET /self` and `DELETE /self`. A caller sees and touches only keys of its own owner.
 * @throws {MisuseError} at start-up
 */
export type KeyEndpoints<S extends string = string> = (
  demand: KeyEndpointsDemand<S>,
) => (call: EndpointRequest) => Promise<Answer | Denial>

type Decide<S extends string> = (
  request: GateRequest,
  demand: CheckedDemand<S>,
) => MaybePromise<Decision<S>>

export interface KeyEndpointsContext<S extends string> {
  readonly keys: Keys<S>
  /** What whoever was let in does with keys. */
  readonly acting: (by: Grant) => ActingOnKeys
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly catalogue: Catalogue
  readonly environments: readonly string[]
  readonly readDemand: (demand: Demand<S>) => CheckedDemand<S>
  readonly check: Decide<S>
  /** The same anew, whatever was decided before, without counting the request twice. */
  readonly checkAgain: Decide<S>
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  readonly onError: (error: unknown) => void
}

export function createKeyEndpoints<S extends string>(
  context: KeyEndpointsContext<S>,
): KeyEndpoints<S> {
  const { catalogue, environments, keys, refuse } = context

  return function keyEndpoints(demand) {
    const asked = readManagingDemand(context.readDemand, demand)

    const nothing = context.readDemand({})

    return async function answerKeyRequest(endpointRequest) {
      const path = pathOf(endpointRequest.target).replace(/\/$/, '')
      const needed = path === SELF_PATH ? nothing : asked
      const decision = await context.check(endpointRequest.request, needed)
      if (!decision.allowed) return decision
      const request = { ...endpointRequest.request, grant: decision }
      const action = actionFor(request.method, path)
      if (isRefusal(action)) return refuse(action, request)
      const body = action.readsBody ? await readJsonObject(endpointRequest) : {}
      // Until its body was here, the caller could wait for its key to be revoked.
      const grant = action.readsBody ? await context.checkAgain(request, needed) : decision
      if (!grant.allowed) return grant
      if (isRefusal(body)) return refuse(body, request)
      const outcome = await attempt(action, {
        keys,
        judged: context.acting(grant).judged,
        grant,
        create: (input) => create(request, grant, input),
        authority: authorityOf(grant.auth, catalogue, environments),
        id: path === SELF_PATH ? ownKeyId(grant.auth) : (path.split('/')[1] ?? ''),
        url: request.url,
        body,
      })
      return isRefusal(outcome) ? refuse(outcome, request) : answerWith(outcome, grant)
    }
  }

  async function create(
    request: GateRequest,
    grant: Grant,
    input: CreateKeyInput,
  ): Promise<IssuedKey | Refusal> {
    const credential = context.readCredential(request)
    if (isRefusal(credential)) return credential
    const occasion = occasionOf(request, grant, credential.value)
    const acting = context.acting(grant)
    if (occasion === undefined) return acting.keys.create(input)
    if (isRefusal(occasion)) return occasion
    const key = await acting.createOnce(input, occasion)
    // Since it was made, it may have been given more than its creator can hand out.
    return authorityOf(grant.auth, catalogue, environments).refuseToHandOver(key) ?? key
  }

  async function attempt(action: Action, call: Call): Promise<Result | Refusal> {
    try {
      return await action.run(call)
    } catch (error) {
      if (error instanceof StoreError) context.onError(error)
      return refusalFor(error)
    }
  }
}

/** A token is no key of the store: it finds none. */
function ownKeyId(auth: Auth): string {
  return auth.kind === 'key' ? auth.keyId : ''
}

function readManagingDemand<S extends string>(
  readDemand: (demand: Demand<S>) => CheckedDemand<S>,
  demand: KeyEndpointsDemand<S>,
): CheckedDemand<S> {
  const asked = readDemand(demand)
  if (asked.scopes.length > 0) return asked
  throw new MisuseError(
    'invalid_option',
    "keyEndpoints: 'scopes' must name who may manage keys, such as ['manage:keys']; else, every key could",
  )
}

function actionFor(method: string, path: string): Action | Refusal {
  const [, id = '', verb, more] = path.split('/')
  if (more !== undefined || (verb !== undefined && verb !== 'rotate')) return NOT_FOUND
  const ofItem = path === SELF_PATH ? SELF : ITEM
  const actions = id === '' ? COLLECTION : verb === undefined ? ofItem : ROTATION
  const action = new Map(Object.entries(actions)).get(method === 'HEAD' ? 'GET' : method)
  const allow = Object.keys(actions).join(', ')
  return action ?? new Refusal('method_not_allowed', { headers: { allow } })
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof RefusedChange) return error.refusal
  if (error instanceof StoreError) return new Refusal('store_unavailable')
  if (error instanceof AuditError) return new Refusal('audit_unavailable')
  // The part before the colon names the call inside the server: no business of the client's.
  if (error instanceof MisuseError) return invalid(error.message.replace(/^gate\.keys\.\w+: /, ''))
  if (!(error instanceof KeyError)) throw error
  if (error.code === 'unknown_key') return NOT_FOUND
  const reason = error.code === 'idempotency_key_reused' ? error.code : 'key_conflict'
  return new Refusal(reason, { detail: error.message })
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
