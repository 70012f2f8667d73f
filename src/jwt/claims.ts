import type { DenialCheck } from '../core/cause.js'
import { isRefusal, type Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import { BOUNDS } from './bounds.js'
import { idRule, isId, tooLong } from './claim-id.js'
import { claimAt, textsIn } from './claim-path.js'
import type { ClaimRules, TokenClaims, TokenProfile, Wrong } from './claim-rules.js'
import { missOf, refuseTarget } from './claim-target.js'
import { endOf, refuseTimes } from './claim-times.js'
import type { JsonObject } from './strict-json.js'

/** RFC 9068 section 2.2; beside `iss`, `exp` and `aud`. */
const REQUIRED: Readonly<Record<TokenProfile, readonly DenialCheck[]>> = {
  rfc9068: ['sub', 'client_id', 'iat', 'jti'],
  any: [],
}

/**
 * RFC 9068 section 2.1, compared as RFC 7515 section 4.1.9 has it. Where any token is taken, one of another explicit type is not: a proof, a logout
 * token, an event.
 */
const TYPES: Readonly<Record<TokenProfile, readonly (string | undefined)[]>> = {
  rfc9068: ['at+jwt', 'application/at+jwt'],
  any: ['at+jwt', 'application/at+jwt', 'jwt', 'application/jwt', undefined],
}

/** Where issuers put the client that a token was given to; the last two are those of Okta and of Entra ID v1. */
export const CLIENT_CLAIMS = ['client_id', 'azp', 'cid', 'appid']

export function isTyped(typ: string | undefined, profile: TokenProfile): boolean {
  return TYPES[profile].includes(typ?.toLowerCase())
}

/** Why a token of this type is not taken. It is not proven yet. */
export function refuseType(typ: string | undefined, { profile, issuer }: ClaimRules): Refusal {
  const isOther = TYPES.any.includes(typ?.toLowerCase())
  return refuse('token_invalid', {
    ...{ check: 'typ', expected: TYPES[profile], got: typ, issuer, isUnproven: true },
    fix: isOther ? "The default profile wants 'at+jwt': set profile: 'any'." : undefined,
  })
}

/**
 * Reads the claims of a token whose signature is good, and refuses what is not exactly of the type and within the bounds that RFC 7519 section 4.1
 * and RFC 9068 section 2.2 give it. A claim that is null counts as absent, but for times. `now` is in milliseconds.
 */
export function readClaims(
  claims: JsonObject,
  rules: ClaimRules,
  now: number,
): TokenClaims | Refusal {
  const { issuer } = rules
  const wrong: Wrong = (check, expected, got, fix) =>
    refuse('token_invalid', { check, expected, got, fix, issuer })
  const ids = idsOf(claims, rules, wrong)
  const refusal =
    refuseNames(claims, rules, wrong) ??
    (isRefusal(ids) ? ids : refuseTarget(claims, ids.clientId, rules, wrong))
  if (refusal !== undefined) return refusal
  const scopes = scopesOf(claims, rules)
  const most = (rules.bounds ?? BOUNDS).scopes
  if (scopes.length > most) {
    return wrong(
      'scope',
      `${String(most)} scopes at most`,
      told(`${String(scopes.length)} scopes`),
      "Raise 'bounds.scopes'.",
    )
  }
  const late = refuseTimes(claims, rules, now, wrong)
  if (late !== undefined) return late
  const expiresAt = Number(endOf(claims, rules)) * 1_000
  return { issuer, ...(ids as Ids), scopes, expiresAt, claims }
}

/** Whether it names its issuer, has all that it must have, and each claim has the value that it must have. */
function refuseNames(claims: JsonObject, rules: ClaimRules, wrong: Wrong): Refusal | undefined {
  const { issuer, names = [issuer], profile, claims: wanted = {} } = rules
  const iss = claims['iss'] ?? undefined
  if (!names.some((name) => name === iss)) {
    return wrong('iss', names, iss, missOf(iss, names))
  }
  for (const name of REQUIRED[profile]) {
    if ((claims[name] ?? undefined) === undefined) {
      return wrong(
        name,
        'a value',
        undefined,
        `RFC 9068 requires '${name}': set profile: 'any' for tokens without it.`,
      )
    }
  }
  for (const [name, expected] of Object.entries(wanted)) {
    const got = claimAt(claims, name)
    if (!expected.some((value) => value === got)) {
      const fix = `The option 'claims' requires a value of '${name}'.`
      return refuse('token_invalid', { check: 'claims', name, expected, got, fix, issuer })
    }
  }
  // A token that is bound to a key is worth nothing without the proof of it, which a bearer does not give (RFC 7800 section 3.1).
  if (claims['cnf'] === undefined) return undefined
  return wrong(
    'cnf',
    'nothing',
    told('a key that the token is bound to'),
    'Ask the issuer for bearer tokens: those that are bound to a key are not accepted.',
  )
}

type Ids = Pick<TokenClaims, 'subject' | 'clientId' | 'tokenId'>

function idsOf(
  claims: JsonObject,
  { profile, bounds = BOUNDS, subjectClaim = 'sub' }: ClaimRules,
  wrong: Wrong,
): Ids | Refusal {
  const clientClaim = CLIENT_CLAIMS.find((name) => (claims[name] ?? undefined) !== undefined)
  const sub = subjectClaim === 'sub' ? claims['sub'] : claimAt(claims, subjectClaim)
  const ids = {
    sub: profile === 'any' ? loosely(sub) : sub,
    client_id: clientClaim && claims[clientClaim],
    jti: claims['jti'],
  }
  for (const check of ['sub', 'client_id', 'jti'] as const) {
    const id = ids[check] ?? undefined
    if (id !== undefined && !isId(id, bounds.id))
      return wrong(check, idRule(bounds), ...tooLong(id, bounds))
  }
  const [subject, clientId, tokenId] = [ids.sub, ids.client_id, ids.jti].map(
    (id) => id ?? undefined,
  )
  return { subject, clientId, tokenId } as Ids
}

/** A subject as some issuers write it: the number of a row in their database; an empty text where there is none. */
function loosely(sub: unknown): unknown {
  if (sub === '') return undefined
  return Number.isSafeInteger(sub) ? String(sub) : sub
}

/** Where the rules say; else `scope` (RFC 9068 section 2.2.3), or `scp`, which some issuers have in its place. */
function scopesOf(claims: JsonObject, rules: ClaimRules): readonly string[] {
  const { issuer, scopes: places, known, tellUnknown } = rules
  const values = places?.map((name) => claimAt(claims, name)) ?? [claims['scope'] ?? claims['scp']]
  const said = new Set(values.flatMap(textsIn))
  return [...said].filter((scope) => {
    if (known?.has(scope) !== false) return true
    tellUnknown?.(scope, issuer, `A token of the issuer '${issuer}'`)
    return false
  })
}
