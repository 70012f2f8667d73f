import type { Charge } from '../limits/charge.js'
import type { Auth, Identity } from '../terms/auth.js'
import type { Answer, AuditNote, Denial, Grant } from '../terms/decision.js'
import type { Reason, Refusal } from '../terms/denial.js'
import type { Findings } from '../terms/findings.js'
import type { Headers } from '../terms/headers.js'
import { MisuseError } from '../terms/misuse.js'
import type { GateRequest } from '../terms/request.js'
import { withoutSecrets } from '../terms/secrets.js'
import { challengeOf } from './challenge.js'
import { problemDetails, type ErrorContext, type ErrorFormat } from './error-formats.js'
import { REASONS } from './reasons.js'
import { rateFields, type RateFields } from './rate-fields.js'
import { requestIdOf } from './request-id.js'

export interface AnswerOptions {
  readonly format: ErrorFormat
  readonly scheme: 'Bearer' | 'ApiKey'
  readonly realm: string
  /** The header whose request id is taken over; absent: none is. */
  readonly incomingId: string | undefined
  /** In lower case: where credentials stand. */
  readonly credentialHeaders: readonly string[]
  /** How answers tell of limits. */
  readonly rateFields: readonly RateFields[]
  /** Told when the error format throws; the default format answers then. */
  readonly onError: (error: unknown) => void
}

const FALLBACK = problemDetails()

/** What a guard found out of a request, for the answer and for guards after it. */
export interface Entry {
  readonly identity: Identity
  /** Absent where nothing is limited. */
  readonly charge: Charge | undefined
  readonly findings: Readonly<Findings>
  /** What the audit trail has of it; absent where there is none. */
  readonly note?: AuditNote | undefined
}

/** @throws {MisuseError} for what nobody would record */
const UNAUDITED: AuditNote = Object.freeze({
  phi: () => {
    throw new MisuseError(
      'not_supported',
      "auditOf(req).phi: there is no audit trail; give 'audit' to createGate",
    )
  },
})

/** Words for a refusal: everything is made when it is first read. */
export class LazyDenial implements Denial {
  readonly allowed = false
  readonly reason: Reason
  readonly #refusal: Refusal
  readonly #request: GateRequest | undefined
  readonly #options: AnswerOptions
  readonly #charge: Charge | undefined
  #answer: Required<Answer> | undefined

  constructor(
    refusal: Refusal,
    request: GateRequest | undefined,
    options: AnswerOptions,
    charge?: Charge,
  ) {
    this.reason = refusal.reason
    this.#refusal = refusal
    this.#request = request
    this.#options = options
    this.#charge = charge
  }

  get status(): number {
    return this.#refusal.details.status ?? REASONS[this.reason].status
  }

  get code(): string {
    return REASONS[this.reason].code
  }

  get requestId(): string {
    return this.headers['x-request-id'] ?? ''
  }

  get headers(): Headers {
    return LazyDenial.answer(this).headers
  }

  get body(): string {
    return LazyDenial.answer(this).body
  }

  static answer(denial: LazyDenial): Required<Answer> {
    return (denial.#answer ??= compose(
      denial.#refusal,
      denial.#request,
      denial.#options,
      denial.#charge,
    ))
  }
}

/** Let in; what was found out stays for later guards on the same request. */
export class LazyGrant implements Grant {
  readonly allowed = true
  readonly #entry: Entry
  readonly #request: GateRequest | undefined
  readonly #options: AnswerOptions
  #requestId: string | undefined

  constructor(entry: Entry, request: GateRequest | undefined, options: AnswerOptions) {
    this.#entry = entry
    this.#request = request
    this.#options = options
  }

  get auth(): Auth {
    return this.#entry.identity.auth
  }

  get tenantId(): string | undefined {
    return this.#entry.findings.tenantId
  }

  get audit(): AuditNote {
    return this.#entry.note ?? UNAUDITED
  }

  get requestId(): string {
    return (this.#requestId ??= idOf(this.#request, this.#options))
  }

  /** A shared cache must not serve one caller's answer to another; the app may say otherwise. */
  get headers(): Headers {
    return {
      ...this.#entry.identity.headers,
      ...rateFields(this.#entry.charge, this.#options.rateFields),
      'x-request-id': this.requestId,
      'cache-control': 'private',
    }
  }

  end(): void {
    this.#entry.charge?.slot?.end()
  }

  /** What was found out, if the gate with these options let it in. */
  entryFor(options: AnswerOptions): Entry | undefined {
    return this.#options === options ? this.#entry : undefined
  }
}

/** What an earlier guard of the gate with these options has found out of this request, if it let it in. */
export function earlierEntry({ grant }: GateRequest, options: AnswerOptions): Entry | undefined {
  return grant instanceof LazyGrant ? grant.entryFor(options) : undefined
}

/** One request has one id, however many guards of a gate it meets. */
function idOf(request: GateRequest | undefined, options: AnswerOptions): string {
  if (request?.grant !== undefined && earlierEntry(request, options) !== undefined)
    return request.grant.requestId
  return requestIdOf(request, options.incomingId, options.credentialHeaders)
}

function compose(
  refusal: Refusal,
  request: GateRequest | undefined,
  options: AnswerOptions,
  charge: Charge | undefined,
): Required<Answer> {
  const requestId = idOf(request, options)
  const row = REASONS[refusal.reason]
  const { code } = row
  const { detail, retryAfter = row.retryAfter } = refusal.details
  // It may quote what a client has sent.
  const message = detail === undefined ? row.message : withoutSecrets(detail)
  const { status = row.status } = refusal.details
  const told = { status, reason: refusal.reason, code, message, requestId }
  const { type, body } = format({ ...told, ...(retryAfter && { retryAfter }) }, options)
  const challenge = challengeOf(row, options.scheme, options.realm, refusal.details.scopes)
  const headers = {
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...rateFields(charge, options.rateFields),
    ...refusal.details.headers,
  }
  return { status, headers, body }
}

function format(context: ErrorContext, { format, onError }: AnswerOptions) {
  try {
    const body: unknown = JSON.stringify(format.body(context))
    if (typeof body !== 'string') throw new TypeError('The error format made nothing for a body.')
    return { type: format.contentType, body }
  } catch (error) {
    // A format that fails must not turn a refusal into a crash.
    onError(error)
    return { type: FALLBACK.contentType, body: JSON.stringify(FALLBACK.body(context)) }
  }
}
