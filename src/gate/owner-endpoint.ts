import type { ActingAudit } from '../audit/audit.js'
import type { ShareReading } from '../audit/reading-shares.js'
import type { Auth } from '../core/auth.js'
import type { Answer, AuditNote, Decision, Denial, Grant } from '../core/decision.js'
import { isRefusal, Refusal } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import { pathOf, queryOf, type GateRequest, type NodeResponse } from '../core/request.js'
import type { Requirement } from '../core/requirement.js'
import { invalid, type EndpointRequest } from '../http/body.js'
import { refusalFor } from '../keys/http/failure.js'
import type { Keys } from '../keys/keys.js'
import type { ApiKey } from '../keys/record.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { PlanOverride } from '../limits/plans.js'

/** What a gate lends to the endpoints where owners read what is theirs. */
export interface OwnerServices {
  /** @throws {MisuseError} for a requirement that is wrong in itself */
  readonly guardWith: (requirement: Requirement) => (request: GateRequest) => MaybePromise<Decision>
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  /** A request with a grant is answered. */
  readonly done: (request: GateRequest) => void
  /** The keys that a caller may know of. */
  readonly keysOf: (auth: Auth) => Pick<Keys, 'usageOfOwner'>
  /** The records that a caller may read. */
  readonly auditOf: (auth: Auth) => Pick<ActingAudit, 'query'>
  /** The plan and the limit of a key that are in force, where `limits.override` says others than the key has. */
  readonly inForce: (key: ApiKey) => PlanOverride
  /** Brings a reading of the audit log to durable storage, also where `audit.when` leaves it out. Absent: there is no audit log. @throws {AuditError} */
  readonly noteReading: ((note: AuditNote) => Promise<void>) | undefined
  /** Reads the audit log, if the caller and its owner have room for one more reading. */
  readonly shareReading: ShareReading
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Of a gate, what these endpoints need. */
export interface OwnerGate {
  readonly endpoints: { readonly owner: OwnerServices }
}

/** What those endpoints ask of their callers: at least one scope, or every key could read. */
export type ReadingRequirement<S extends string = string, R = never> = Requirement<S, R> & {
  readonly scopes: readonly S[]
}

/** One request of a caller who may read. */
export interface OwnerCall {
  readonly grant: Grant
  /** The parameters of the query, each once. */
  readonly query: Readonly<Record<string, string>>
  /** What the answer goes to. */
  readonly response: NodeResponse | undefined
}

/** What is answered. */
export interface Reading {
  readonly type: 'application/json' | 'application/x-ndjson' | 'text/csv'
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** By path below the place where the endpoint is mounted. */
type Readings = Readonly<Record<string, (call: OwnerCall) => Promise<Reading | Refusal>>>

const NOT_FOUND = new Refusal('not_found', { detail: 'There is no such page.' })
const ONLY_GET = new Refusal('method_not_allowed', { headers: { allow: 'GET' } })

/** @throws {MisuseError} for a requirement that is wrong in itself */
export function createOwnerEndpoint<S extends string>(
  { endpoints: { owner } }: OwnerGate,
  name: string,
  given: ReadingRequirement<S>,
  readings: Readings,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { guardWith, refuse, done, onError } = owner
  // In JavaScript, it may have been left out.
  if ((given as Partial<typeof given> | undefined)?.scopes?.[0] === undefined) {
    const message = `${name}: 'scopes' must name who may read, such as ['read:usage']; else, every key could`
    throw new MisuseError('invalid_option', message)
  }
  const guard = guardWith(given)

  async function read(call: EndpointRequest, grant: Grant): Promise<Answer | Denial> {
    const request = { ...call.request, grant }
    const run = new Map(Object.entries(readings)).get(pathOf(call.target).replace(/\/$/, ''))
    if (run === undefined) return refuse(NOT_FOUND, request)
    if (!['GET', 'HEAD'].includes(request.method)) return refuse(ONLY_GET, request)
    const query = new URLSearchParams(queryOf(request.url))
    if (new Set(query.keys()).size < query.size) {
      return refuse(invalid('Each parameter of the query may be there once.'), request)
    }
    try {
      const { response } = request
      const result = await run({ grant, query: Object.fromEntries(query), response })
      return isRefusal(result) ? refuse(result, request) : answerOf(result, grant)
    } catch (error) {
      return refuse(refusalFor(error, onError), request)
    }
  }

  return async (call) => {
    const decision = await guard(call.request)
    if (!decision.allowed) return decision
    try {
      return await read(call, decision)
    } finally {
      done({ ...call.request, grant: decision })
      // Without a response, the answer is the only end that the gate sees.
      if (call.request.response === undefined) decision.end()
    }
  }
}

function answerOf({ type, body, headers }: Reading, grant: Grant): Answer {
  return {
    status: 200,
    headers: {
      ...{ ...grant.headers, ...headers },
      'cache-control': 'no-store',
      'content-type': `${type}; charset=utf-8`,
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  }
}

/** A table to be saved, and not shown. */
export function csvReading(file: string, body: string): Reading {
  return {
    type: 'text/csv',
    body,
    headers: { 'content-disposition': `attachment; filename="${file}"` },
  }
}
