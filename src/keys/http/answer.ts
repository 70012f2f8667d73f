import type { Auth } from '../../core/auth.js'
import type { Answer, Denial, Grant } from '../../core/decision.js'
import { isRefusal, type Refusal } from '../../core/denial.js'
import { StoreError } from '../../core/errors.js'
import type { GateRequest } from '../../core/request.js'
import type { EndpointRequest } from '../../http/body.js'
import { authorityOf, type Restrictions } from '../authority.js'
import { createHeldKeys, type AskedKey, type HeldKeys } from '../held-keys.js'
import type { IssuedKey } from '../create.js'
import type { StoredCaller } from '../runtime.js'
import { createAdmission, type Admitted, type CheckAgain } from './admission.js'
import type { Result } from './call.js'
import type { KeyEndpointsContext } from './context.js'
import { CHANGED_MEANWHILE, refusalFor } from './failure.js'
import { occasionOf } from './idempotency.js'
import { SELF_PATH } from './routes.js'
import type { ManagingRequirement } from './settings.js'

const GONE: Restrictions = { allowedIps: [], expiresAt: new Date(0) }

/** How often a change is tried while its caller or its key changes at the same time. */
const ATTEMPTS = 3

/** Answers requests for keys. */
export function createKeyAnswer<S extends string>(
  context: KeyEndpointsContext<S>,
  { requirement: asked, settings }: ManagingRequirement<S>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { catalogue, managedBy, refuse, onError } = context
  const admit = createAdmission(context, asked)

  return async function answerKeyRequest(call) {
    const grants: Grant<S>[] = []
    try {
      const admitted = await admit(call, (grant) => void grants.push(grant))
      return admitted.allowed ? await answerCaller(admitted) : admitted
    } finally {
      const grant = grants.at(-1)
      if (grant !== undefined) context.done({ ...call.request, grant })
      // Without a response, the answer is the only end that the gate sees.
      if (call.request.response === undefined) for (const grant of grants) grant.end()
    }
  }

  async function answerCaller(admitted: Admitted<S>): Promise<Answer | Denial> {
    const { request, decision, action, path, body, checkAgain } = admitted
    const client = context.clientOf(request)
    const act = (grant: Grant, caller?: StoredCaller) =>
      attempt(() => {
        const restrictions = caller === undefined ? {} : restrictionsOf(caller)
        const authority = authorityOf(grant.auth, restrictions, catalogue, managedBy)
        const holder = { auth: grant.auth, authority, ...settings }
        const { auth, requestId } = grant
        const by = { auth, requestId, ...(client !== undefined && { address: client }) }
        const own = context.heldContextFor(by, caller?.provided)
        const keys = createHeldKeys(own, holder)
        return action.run({
          ...{ body, keys },
          inForce: (key) => ({ ...key, ...context.inForce(key) }),
          create: (asked) => create(request, grant, keys, asked, context.readCredential),
          id: path === SELF_PATH ? ownKeyId(grant.auth) : (path.split('/')[1] ?? ''),
          url: request.url,
        })
      }, onError)
    if (!action.readsBody) return answerWith(await act(decision), decision, request)
    return change(request, decision, checkAgain, act)
  }

  /**
   * A change lasts: its caller is judged by what the store has now that the body is here, and the change is made only if that has not changed.
   * Where it has, the caller is judged once more.
   */
  async function change(
    request: GateRequest,
    decision: Grant<S>,
    checkAgain: CheckAgain<S>,
    act: (grant: Grant, caller: StoredCaller) => Promise<Result | Refusal>,
  ): Promise<Answer | Denial> {
    for (let left = ATTEMPTS; ; left--) {
      const caller = await attempt(() => context.lookAgain(decision.auth), onError)
      if (isRefusal(caller)) return refuse(caller, request)
      const grant = await checkAgain(request)
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
  grant: Grant,
  keys: HeldKeys,
  asked: AskedKey,
  readCredential: KeyEndpointsContext<string>['readCredential'],
): Promise<IssuedKey | Refusal> {
  const presented = grant.auth.kind === 'app' ? undefined : readCredential(request)
  if (presented !== undefined && isRefusal(presented)) return presented
  const occasion = occasionOf(request, grant, presented?.value)
  if (occasion === undefined) return keys.create(asked)
  return isRefusal(occasion) ? occasion : keys.createOnce(asked, occasion)
}

async function attempt<T>(
  run: () => Promise<T>,
  onError: (error: unknown) => void,
): Promise<T | Refusal> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof StoreError) onError(error)
    return refusalFor(error, onError)
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
