import { isRefusal, Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { createElapsed } from '../lib/elapsed.js'
import { Shares } from '../lib/shares.js'
import type { TellUnknownScope } from '../telemetry/unknown-scopes.js'
import type { TokenBounds } from './bounds.js'
import { Breaker, type Question } from './breaker.js'
import { ISSUER_BUSY } from './caller-refusals.js'
import { readClaims } from './claims.js'
import type { ClaimRules, TokenClaims } from './claim-rules.js'
import { createFetchJson, StatusError } from './fetch-json.js'
import { IntrospectionOutage } from './introspection-outage.js'
import { addressesFor, isPlainAllowed, type OutboundFetch } from './outbound.js'
import { refuseSize } from './parse.js'
import type { JsonObject } from './strict-json.js'

const LIMIT_MS = 2_000
const MAX_BYTES = 65_536
/** Questions that are under way at once. */
const MAX_ASKED = 64
/** Of them, those about tokens that were not good before: a flood of what nobody issued leaves room for the others. */
const MAX_UNKNOWN = 32
/** Statuses by which a server says that it does not like what it was sent: it is up. */
const ABOUT_THE_TOKEN = [400, 413, 414, 422]

/** How opaque tokens are asked about, with every default. */
export interface IntrospectionDescription {
  readonly endpoint: string
  readonly issuer: string
  /** `false`: whoever answers has seen to it. */
  readonly audience: readonly string[] | false
  readonly clients?: ClaimRules['clients']
  readonly claims?: ClaimRules['claims']
  readonly scopes?: ClaimRules['scopes']
  readonly bounds: TokenBounds
  readonly clientId: string
  readonly clientSecret: string
  readonly clockTolerance: Duration
  readonly cacheFor: Duration
  readonly allowPrivateAddresses: boolean
  readonly allowHttp: boolean
  readonly fetch?: OutboundFetch | undefined
}

export interface IntrospectionContext {
  /** The scopes that the gate knows: others are dropped. */
  readonly scopes: Pick<ReadonlySet<string>, 'has'>
  /** Told of others that come. Absent: nobody is. */
  readonly tellUnknown?: TellUnknownScope | undefined
  readonly clock: Clock
  readonly fetch?: OutboundFetch | undefined
  readonly onError: (error: unknown) => void
}

/** Asks the authorization server what a token is. */
export interface Introspector {
  readonly rules: ClaimRules
  ask(token: string, question: Question): Promise<TokenClaims | Refusal>
}

const UNAVAILABLE = new Refusal('issuer_unavailable', { retryAfter: 1 })

/** RFC 7662: one question for one token, with this API's own credentials. What it cannot be told is no verdict on the token. */
export function createIntrospector(
  description: IntrospectionDescription,
  { scopes: known, tellUnknown, clock, fetch: common, onError }: IntrospectionContext,
): Introspector {
  const { endpoint, issuer, audience, clientId, clientSecret, clockTolerance } = description
  const { clients, claims, scopes, bounds } = description
  const url = new URL(endpoint)
  const fetchJson = fetcherOf(url, description, common)
  const authorization = basic(clientId, clientSecret)
  const rules: ClaimRules = {
    issuer,
    audience: audience === false ? [issuer] : audience,
    ...{ clients, claims, scopes, bounds, known, tellUnknown },
    profile: 'any',
    toleranceMs: milliseconds(clockTolerance),
    maxLifetimeMs: Infinity,
  }
  const asked = new Shares(MAX_ASKED)
  const unknown = new Shares(MAX_UNKNOWN)
  const elapsed = createElapsed(clock)
  const breaker = new Breaker(elapsed)
  const outage = new IntrospectionOutage(issuer, elapsed, onError)

  function read(answer: JsonObject): TokenClaims | Refusal {
    const { active, token_type: type } = answer
    // Another kind of token needs a proof that a bearer does not give.
    const bearer = type === undefined || (typeof type === 'string' && /^bearer$/i.test(type))
    if (active !== true) return wrong(issuer, 'active', [true], active)
    if (!bearer) return wrong(issuer, 'token_type', ['Bearer'], type)
    const aud = audience === false ? issuer : answer['aud']
    const claims = readClaims({ iss: issuer, ...answer, aud }, rules, clock())
    return isRefusal(claims) ? claims : { ...claims, claims: answer }
  }

  function answered(): void {
    breaker.answered()
    outage.over()
  }

  async function post(token: string, question: Question): Promise<TokenClaims | Refusal> {
    try {
      const body = String(new URLSearchParams({ token, token_type_hint: 'access_token' }))
      const form = { body, authorization }
      const answer = await fetchJson(url, { form, limitMs: LIMIT_MS, maxBytes: MAX_BYTES })
      answered()
      return read(answer)
    } catch (cause) {
      if (cause instanceof StatusError && ABOUT_THE_TOKEN.includes(cause.status)) {
        answered()
        const got = told(`status ${String(cause.status)}`)
        return wrong(issuer, 'active', 'an answer about the token', got)
      }
      outage.tell(cause, breaker.failed(question))
      return UNAVAILABLE
    }
  }

  return {
    rules,
    async ask(token, question) {
      if (token.length > bounds.token) return refuseSize(token, bounds.token, issuer)
      if (!isOpaque(token)) return refuseForm()
      const { source, known } = question
      const places = known ? [asked] : [asked, unknown]
      if (!places.every((each) => each.hasRoom(source))) return ISSUER_BUSY
      if (!breaker.admits(question)) return UNAVAILABLE
      for (const each of places) each.take(source)
      try {
        return await post(token, question)
      } finally {
        for (const each of places) each.leave(source)
      }
    },
  }
}

function fetcherOf(
  url: URL,
  { allowPrivateAddresses, allowHttp, fetch }: IntrospectionDescription,
  common: OutboundFetch | undefined,
) {
  return createFetchJson({
    ...{ allows: addressesFor(url, allowPrivateAddresses), fetch: fetch ?? common },
    allowsPlain: (asked) => isPlainAllowed(asked, allowHttp),
  })
}

function wrong(
  issuer: string,
  check: 'active' | 'token_type',
  expected: string | unknown[],
  got: unknown,
): Refusal {
  return refuse('token_invalid', { check, expected, got, issuer })
}

function refuseForm(): Refusal {
  const finding = { check: 'format', expected: 'A-Z a-z 0-9 - . _ ~ + / and = at the end' } as const
  return refuse('token_malformed', { ...finding, got: told('another character') })
}

/** RFC 6750 section 2.1. */
function isOpaque(token: string): boolean {
  return /^[\w.~+/-]+=*$/.test(token)
}

/** RFC 6749 section 2.3.1: each part is encoded as in a form. */
function basic(id: string, secret: string): string {
  const encode = (part: string) => String(new URLSearchParams({ '': part })).slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}
