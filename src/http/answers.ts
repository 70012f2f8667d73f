import type { Auth, Headers } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import type { Answer, AnyGrant, AuditNote, Denial } from '../core/decision.js'
import type { DenialCause } from '../core/cause.js'
import type { Reason, Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import { fieldLines, type GateRequest } from '../core/request.js'
import { hasSecret } from '../core/secrets.js'
import { randomBase62 } from '../lib/base62.js'
import { refusalAnswer, type RefusalOptions } from './error-answer.js'
import { REASONS } from './reasons.js'

/** How a gate answers. */
export interface AnswerOptions extends RefusalOptions {
  /** The header whose request id is taken over; absent: none is. */
  readonly incomingId: string | undefined
  /** In lower case: where credentials stand. */
  readonly credentialHeaders: readonly string[]
  /** The same, for caches. */
  readonly vary: string
  /** The same where the app may know the caller, as by its session. */
  readonly varyWithSession: string
  /** What a caller of an environment is told of it. Absent: nothing of any. */
  readonly environmentHeaders: ((environment: string) => Headers | undefined) | undefined
  /** Of requests that no trail follows. */
  readonly unaudited: AuditNote
}

/** A property that spread and JSON see, and that is made when it is first read. */
const REQUEST_ID = {
  enumerable: true,
  get(this: LazyDenial) {
    return this.headers['x-request-id'] ?? ''
  },
}

const CAUSE = {
  enumerable: true,
  get(this: LazyDenial) {
    return LazyDenial.causeOf(this)
  },
}

/** Request ids that are taken over. */
const ACCEPTABLE_ID = /^[A-Za-z0-9._~-]{8,128}$/

/** What Node shows of a decision. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Words for a refusal: the answer is made when it is first read. */
export class LazyDenial implements Denial {
  readonly allowed = false
  readonly status: number
  readonly code: string
  readonly reason: Reason
  declare readonly requestId: string
  declare readonly cause?: DenialCause | undefined
  readonly #refusal: Refusal
  readonly #request: GateRequest | undefined
  readonly #options: AnswerOptions
  readonly #charge: Charge | undefined
  /** It must not be found in the cause. */
  readonly #presented: string | undefined
  #cause: DenialCause | undefined
  #answer: Required<Answer> | undefined

  constructor(
    refusal: Refusal,
    request: GateRequest | undefined,
    options: AnswerOptions,
    charge?: Charge,
    presented?: string,
  ) {
    const { reason, details } = refusal
    const { status, code } = REASONS[reason]
    this.status = details.status ?? status
    this.code = code
    this.reason = reason
    Object.defineProperty(this, 'requestId', REQUEST_ID)
    if (refusal.diagnose) Object.defineProperty(this, 'cause', CAUSE)
    this.#refusal = refusal
    this.#request = request
    this.#options = options
    this.#charge = charge
    this.#presented = presented
  }

  get headers(): Headers {
    return LazyDenial.answer(this).headers
  }

  get body(): string {
    return LazyDenial.answer(this).body
  }

  [INSPECT](): object {
    return Object.fromEntries(Object.entries(this))
  }

  /** The same of a request that was counted since. */
  static counted(denial: LazyDenial, charge: Charge): LazyDenial {
    return new LazyDenial(
      ...([denial.#refusal, denial.#request, denial.#options, charge, denial.#presented] as const),
    )
  }

  static causeOf(denial: LazyDenial): DenialCause | undefined {
    denial.#cause ??= denial.#refusal.diagnose?.(denial.#presented).cause
    return denial.#cause
  }

  static answer(denial: LazyDenial): Required<Answer> {
    return (denial.#answer ??= refusalAnswer(
      denial.#refusal,
      idOf(denial.#request, denial.#options),
      denial.#options,
      denial.#charge,
    ))
  }
}

/** Let in; what was found out stays for later guards on the same request. */
export class LazyGrant implements AnyGrant {
  readonly allowed = true
  readonly #context: RequestContext
  readonly #options: AnswerOptions
  #requestId: string | undefined

  constructor(context: RequestContext, options: AnswerOptions) {
    this.#context = context
    this.#options = options
  }

  get auth(): Auth | undefined {
    return this.#context.known?.auth
  }

  get tenantId(): string | undefined {
    return this.#context.tenantId
  }

  get audit(): AuditNote {
    return this.#context.note ?? this.#options.unaudited
  }

  get requestId(): string {
    return (this.#requestId ??= idOf(this.#context.request, this.#options))
  }

  /** A shared cache must not serve one caller's answer to another; the app may say otherwise. */
  get headers(): Headers {
    const { known, charge, askedOtherwise } = this.#context
    const { limitHeaders, environmentHeaders, vary, varyWithSession } = this.#options
    const varies = askedOtherwise === undefined ? vary : varyWithSession
    return {
      ...known?.headers,
      ...(known && environmentHeaders?.(known.auth.environment)),
      ...(charge && limitHeaders(charge)),
      'x-request-id': this.requestId,
      'cache-control': 'private',
      ...(varies !== '' && { vary: varies }),
    }
  }

  end(): void {
    this.#context.charge?.slot?.end()
  }

  toJSON(): object {
    const { allowed, requestId, auth, tenantId } = this
    return {
      ...{ allowed, requestId },
      ...(auth !== undefined && { auth }),
      ...(tenantId !== undefined && { tenantId }),
    }
  }

  [INSPECT](): object {
    return this.toJSON()
  }

  /** What was found out, if the gate with these options let it in. */
  contextFor(options: AnswerOptions): RequestContext | undefined {
    return this.#options === options ? this.#context : undefined
  }
}

/** What an earlier guard of the gate with these options has found out of this request, if it let it in. */
export function earlierContext(
  { grant }: GateRequest,
  options: AnswerOptions,
): RequestContext | undefined {
  return grant instanceof LazyGrant ? grant.contextFor(options) : undefined
}

/** One request has one id, however many guards of a gate it meets. */
export function idOf(request: GateRequest | undefined, options: AnswerOptions): string {
  if (request?.grant !== undefined && earlierContext(request, options) !== undefined)
    return request.grant.requestId
  return requestIdOf(request, options.incomingId, options.credentialHeaders)
}

/**
 * The id that came in `header`, where the API takes ids over and this one is well formed and has no secret in it; else `req_` and 22 base62 characters.
 * It stands in answers, records and logs: so it must not be a part of what came in a header for credentials.
 */
export function requestIdOf(
  request: GateRequest | undefined,
  header: string | undefined,
  credentialHeaders: readonly string[],
): string {
  if (request !== undefined && header !== undefined) {
    const [incoming = '', more] = fieldLines(request, header)
    const isFit = more === undefined && ACCEPTABLE_ID.test(incoming) && !hasSecret(incoming)
    const presented = (name: string) =>
      fieldLines(request, name).some((line) => line.includes(incoming))
    if (isFit && !credentialHeaders.some(presented)) return incoming
  }
  return `req_${randomBase62(22)}`
}
