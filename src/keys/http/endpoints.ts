import type { Auth } from '../../core/auth.js'
import type { Catalogue } from '../../core/catalogue.js'
import type { Credential } from '../../core/credential.js'
import type { Answer, Decision, Denial, Grant } from '../../core/decision.js'
import { isRefusal, Refusal } from '../../core/denial.js'
import { KeyError, StoreError, AuditError, MisuseError } from '../../core/errors.js'
import { pathOf, type GateRequest } from '../../core/request.js'
import type { RequirementReader } from '../../core/requirement-reader.js'
import type { CheckedRequirement } from '../../core/requirement.js'
import { invalid, readJsonObject, type EndpointRequest } from '../../http/body.js'
import type { MaybePromise } from '../../lib/maybe.js'
import type { IssuedKey } from '../create.js'
import type { CreateKeyInput } from '../input.js'
import type { Judge } from '../key-context.js'
import type { CallerCondition } from '../key-store.js'
import type { Keys } from '../keys.js'
import type { ActingOnKeys, StoredCaller } from '../runtime.js'
import { COLLECTION, ITEM, ROTATION, SELF } from './actions.js'
import { authorityOf, type Restrictions } from './authority.js'
import { NOT_FOUND, RefusedChange, type Action, type Call, type Result } from './call.js'
import { occasionOf } from './idempotency.js'
import { readManagingRequirement, type KeyEndpointsRequirement } from './settings.js'

const GONE: Restrictions = { allowedIps: [], expiresAt: new Date(0) }

/** How often a change is tried while its caller or its key changes at the same time. */
const ATTEMPTS = 3
const CHANGED_MEANWHILE = new Refusal('key_conflict', {
  detail: 'The key, or yours, was changed at the same time. Try again.',
})

/** Codes of a KeyError that are reasons as well. */
const OWN_REASONS = ['idempotency_key_reused', 'access_not_approved', 'terms_not_accepted'] as const

/** Where a key stands for itself. */
const SELF_PATH = '/self'

/**
 * Keys over HTTP, under the path where they are mounted: `POST /`, `GET /`, `GET /:id`, `PATCH /:id`, `DELETE /:id`,
 * `POST /:id/rotate`; and for whoever holds a key, `GET /self` and `DELETE /self`. A caller sees and touches only keys of its own owner.
 * @throws {MisuseError} at start-up
 */
export type KeyEndpoints<S extends string = string> = (
  requirement: KeyEndpointsRequirement<S>,
) => (call: EndpointRequest) => Promise<Answer | Denial>

type Decide<S extends string> = (
  request: GateRequest,
  requirement: CheckedRequirement<S>,
) => MaybePromise<Decision<S>>

export interface KeyEndpointsContext<S extends string> {
  readonly keys: Keys<S>
  /** What whoever was let in does with keys. */
  readonly acting: (by: Grant, provided?: CallerCondition) => ActingOnKeys
  /** What is stored now of the key behind a caller. @throws {StoreError} */
  readonly lookAgain: (auth: Auth) => Promise<StoredCaller>
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly catalogue: Catalogue
  readonly environments: readonly string[]
  /** Those whose keys a caller of this environment manages. */
  readonly managedBy: (environment: string) => readonly string[]
  readonly readRequirement: RequirementReader<S>
  readonly check: Decide<S>
  /** The same anew, whatever was decided before, without counting the request twice. */
  readonly checkAgain: Decide<S>
  /** For a caller that ends its own credential: it is neither charged nor held to its address list. */
  readonly checkEnd: (request: GateRequest) => MaybePromise<Decision<S>>
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  readonly onError: (error: unknown) => void
}

export function createKeyEndpoints<S extends string>(
  context: KeyEndpointsContext<S>,
): KeyEndpoints<S> {
  const { catalogue, environments, keys, managedBy, refuse } = context

  return function keyEndpoints(requirement) {
    const { requirement: asked, settings } = readManagingRequirement(
      context.readRequirement,
      requirement,
      environments,
    )

    const nothing = context.readRequirement({})

    return async function answerKeyRequest(endpointRequest) {
      const path = pathOf(endpointRequest.target).replace(/\/$/, '')
      const needed = path === SELF_PATH ? nothing : asked
      const ending = path === SELF_PATH && endpointRequest.request.method === 'DELETE'
      const decision = ending
        ? await context.checkEnd(endpointRequest.request)
        : await context.check(endpointRequest.request, needed)
      if (!decision.allowed) return decision
      try {
        const again = ending
          ? context.checkEnd
          : (request: GateRequest) => context.checkAgain(request, needed)
        return await answerCaller(endpointRequest, decision, path, again)
      } finally {
        // Without a response, the answer is the only end that the gate sees.
        if (endpointRequest.request.response === undefined) decision.end()
      }
    }

    async function answerCaller(
      endpointRequest: EndpointRequest,
      decision: Grant<S>,
      path: string,
      again: (request: GateRequest) => MaybePromise<Decision<S>>,
    ): Promise<Answer | Denial> {
      const request = { ...endpointRequest.request, grant: decision }
      const action = actionFor(request.method, path)
      if (isRefusal(action)) return refuse(action, request)
      const body = action.readsBody ? await readJsonObject(endpointRequest) : {}
      if (isRefusal(body)) return refuse(body, request)
      const act = (grant: Grant, caller?: StoredCaller) =>
        attempt(() => {
          const restrictions = caller === undefined ? {} : restrictionsOf(caller)
          const authority = authorityOf(grant.auth, restrictions, catalogue, managedBy)
          const { authorized } = context.acting(grant, caller?.provided)
          return action.run({
            ...{ keys, grant, authority, settings, body, authorized },
            create: (input, judge) =>
              create(request, { grant, authority, authorized }, input, judge),
            id: path === SELF_PATH ? ownKeyId(grant.auth) : (path.split('/')[1] ?? ''),
            url: request.url,
          })
        })
      if (!action.readsBody) return answerWith(await act(decision), decision, request)
      return change(request, decision, again, act)
    }

    /**
     * A change lasts: its caller is judged by what the store has now that the body is here, and the change is made only if that has not changed.
     * Where it has, the caller is judged once more.
     */
    async function change(
      request: GateRequest,
      decision: Grant<S>,
      again: (request: GateRequest) => MaybePromise<Decision<S>>,
      act: (grant: Grant, caller: StoredCaller) => Promise<Result | Refusal>,
    ): Promise<Answer | Denial> {
      for (let left = ATTEMPTS; ; left--) {
        const caller = await attempt(() => context.lookAgain(decision.auth))
        if (isRefusal(caller)) return refuse(caller, request)
        const grant = await again(request)
        if (!grant.allowed) return grant
        const outcome = await act(grant, caller)
        if (outcome !== CHANGED_MEANWHILE || left === 1) return answerWith(outcome, grant, request)
      }
    }

    function answerWith(
      outcome: Result | Refusal,
      grant: Grant,
      request: GateRequest,
    ): Answer | Denial {
      return isRefusal(outcome) ? refuse(outcome, request) : answerOf(outcome, grant)
    }
  }

  async function create(
    request: GateRequest,
    { grant, authority, authorized }: Pick<Call, 'grant' | 'authority' | 'authorized'>,
    input: CreateKeyInput,
    judge: Judge,
  ): Promise<IssuedKey | Refusal> {
    const presented = grant.auth.kind === 'app' ? undefined : context.readCredential(request)
    if (presented !== undefined && isRefusal(presented)) return presented
    const occasion = occasionOf(request, grant, presented?.value)
    if (occasion === undefined) return authorized.create(input, judge)
    if (isRefusal(occasion)) return occasion
    const key = await authorized.createOnce(input, occasion, judge)
    // Since it was made, it may have been given more than its creator can hand out.
    return authority.refuseToHandOver(key) ?? key
  }

  async function attempt<T>(run: () => Promise<T>): Promise<T | Refusal> {
    try {
      return await run()
    } catch (error) {
      if (error instanceof StoreError) context.onError(error)
      return refusalFor(error, context.onError)
    }
  }
}

/** Of the key of a caller, or of the key that its token was made from, in the version on which the change is made. */
function restrictionsOf({ provided, record }: StoredCaller): Restrictions {
  if (provided.key === undefined) return {}
  // A key that is not there any more hands out nothing that works.
  const { allowedIps, expiresAt } = record ?? GONE
  return {
    ...(allowedIps !== undefined && { allowedIps }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

/** A token is no key of the store: it finds none. */
function ownKeyId(auth: Auth): string {
  return auth.kind === 'key' ? auth.keyId : ''
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

function refusalFor(error: unknown, onError: (error: unknown) => void): Refusal {
  if (error instanceof RefusedChange) return error.refusal
  if (error instanceof StoreError) return new Refusal('store_unavailable')
  if (error instanceof AuditError) return new Refusal('audit_unavailable')
  if (error instanceof MisuseError && error.code !== 'invalid_key_input') {
    // The gate's own configuration is at fault, and its words are for the operator: a plan of the caller that is not there any more, for one.
    onError(error)
    return invalid('No key can be made or changed like this at the moment.')
  }
  // The part before the colon names the call inside the server: no business of the client's.
  if (error instanceof MisuseError) return invalid(error.message.replace(/^gate\.keys\.\w+: /, ''))
  if (!(error instanceof KeyError)) throw error
  if (error.code === 'unknown_key') return NOT_FOUND
  if (error.code === 'changed_meanwhile') return CHANGED_MEANWHILE
  return new Refusal(OWN_REASONS.find((one) => one === error.code) ?? 'key_conflict', {
    detail: error.message,
  })
}

function answerOf({ status, value }: Result, grant: Grant): Answer {
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
