import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { OutageReporter } from '../terms/outages.js'
import { readClaims, type ClaimRules, type TokenClaims } from './claims.js'
import { fetchJson, StatusError, type AddressCheck } from './fetch-json.js'
import { IssuerError } from './issuers.js'
import { MAX_TOKEN } from './shape.js'
import type { JsonObject } from './strict-json.js'

const LIMIT_MS = 2_000
const MAX_BYTES = 65_536
/** Questions that are under way at once. */
const MAX_ASKED = 64
/** Of them, those about tokens that were not good before: a flood of what nobody issued leaves room for the others. */
const MAX_UNKNOWN = 32
/** After so many failures in a row, one question a second finds out whether it is over. */
const FAILURES = 3
/** Statuses by which a server says that it does not like what it was sent. */
const ABOUT_THE_TOKEN = [400, 413, 414, 422]
const PAUSE_MS = 1_000

/** How opaque tokens are asked about, with every default. */
export interface IntrospectionDescription {
  readonly endpoint: string
  readonly issuer: string
  /** `false`: whoever answers has seen to it. */
  readonly audience: readonly string[] | false
  readonly clientId: string
  readonly clientSecret: string
  readonly clockTolerance: Duration
  readonly cacheFor: Duration
  readonly allowPrivateAddresses: boolean
}

export interface IntrospectionContext {
  readonly clock: Clock
  readonly isPublic: AddressCheck
  readonly onError: (error: unknown) => void
}

/** Asks the authorization server what a token is. */
export interface Introspector {
  readonly rules: ClaimRules
  /** `known`: it was good before. */
  ask(token: string, known: boolean): Promise<TokenClaims | Refusal>
}

/** Whoever tries tokens gets this. */
const INVALID = new Refusal('token_invalid')
const MALFORMED = new Refusal('token_malformed')
const UNAVAILABLE = new Refusal('issuer_unavailable', { retryAfter: 1 })

/** RFC 7662: one question for one token, with this API's own credentials. What it cannot be told is no verdict on the token. */
export function createIntrospector(
  description: IntrospectionDescription,
  { clock, isPublic, onError }: IntrospectionContext,
): Introspector {
  const { endpoint, issuer, audience, clientId, clientSecret, clockTolerance } = description
  const url = new URL(endpoint)
  const allows = description.allowPrivateAddresses ? () => true : isPublic
  const authorization = basic(clientId, clientSecret)
  const rules: ClaimRules = {
    issuer,
    audience: audience === false ? [issuer] : audience,
    profile: 'any',
    toleranceMs: milliseconds(clockTolerance),
    maxLifetimeMs: Infinity,
  }
  let asked = 0
  let unknown = 0
  let failures = 0
  const outage = new OutageReporter('issuer', { issuer })
  // On the monotonic clock.
  let nextAt = -Infinity

  function read(answer: JsonObject): TokenClaims | Refusal {
    const { active, token_type: type } = answer
    // Another kind of token needs a proof that a bearer does not give.
    const bearer = type === undefined || (typeof type === 'string' && /^bearer$/i.test(type))
    if (active !== true || !bearer) return INVALID
    const aud = audience === false ? issuer : answer['aud']
    const claims = readClaims({ iss: issuer, ...answer, aud }, rules, clock())
    return isRefusal(claims) ? claims : { ...claims, claims: answer }
  }

  async function post(token: string, known: boolean): Promise<TokenClaims | Refusal> {
    asked += 1
    if (!known) unknown += 1
    try {
      const body = String(new URLSearchParams({ token, token_type_hint: 'access_token' }))
      const form = { body, authorization }
      const answer = await fetchJson(url, allows, { form, limitMs: LIMIT_MS, maxBytes: MAX_BYTES })
      failures = 0
      outage.over()
      return read(answer)
    } catch (cause) {
      // What is wrong with one token must not keep the others from being asked about.
      if (cause instanceof StatusError && ABOUT_THE_TOKEN.includes(cause.status)) return INVALID
      failures += 1
      if (failures >= FAILURES) nextAt = performance.now() + PAUSE_MS
      // Once for each outage, and not once for each token.
      if (failures === 1 || failures === FAILURES) {
        const error = new IssuerError('The introspection', issuer, cause)
        onError(error)
        outage.begun(error)
      }
      return UNAVAILABLE
    } finally {
      asked -= 1
      if (!known) unknown -= 1
    }
  }

  return {
    rules,
    async ask(token, known) {
      if (!isOpaque(token)) return MALFORMED
      if (asked >= MAX_ASKED || (!known && unknown >= MAX_UNKNOWN)) return UNAVAILABLE
      if (failures >= FAILURES) {
        const now = performance.now()
        if (now < nextAt) return UNAVAILABLE
        nextAt = now + PAUSE_MS
      }
      return post(token, known)
    },
  }
}

/** RFC 6750 section 2.1. */
function isOpaque(token: string): boolean {
  return token.length <= MAX_TOKEN && /^[\w.~+/-]+=*$/.test(token)
}

/** RFC 6749 section 2.3.1: each part is encoded as in a form. */
function basic(id: string, secret: string): string {
  const encode = (part: string) => String(new URLSearchParams({ '': part })).slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}
