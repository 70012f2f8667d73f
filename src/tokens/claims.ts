import { Refusal } from '../terms/denial.js'
import { MAX_ID } from './shape.js'
import type { JsonObject } from './strict-json.js'

export const MAX_AUDIENCES = 16
export const MAX_SCOPES = 64
export const MAX_SCOPE = 128

/** `'rfc9068'`: a JWT access token as RFC 9068 has it. `'any'`: any JWT that is meant for this API. */
export type TokenProfile = 'rfc9068' | 'any'

/** What one issuer's tokens must say. */
export interface ClaimRules {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly profile: TokenProfile
  /** How far clocks may be apart. */
  readonly toleranceMs: number
  readonly maxLifetimeMs: number
}

/** What a token says, once it is proven. */
export interface TokenClaims {
  readonly issuer: string
  readonly subject: string | undefined
  readonly clientId: string | undefined
  readonly tokenId: string | undefined
  readonly scopes: readonly string[]
  /** `exp`, in milliseconds since the epoch. */
  readonly expiresAt: number
  /** All of them. */
  readonly claims: JsonObject
}

/** RFC 9068 section 2.2. */
const REQUIRED: Readonly<Record<TokenProfile, readonly string[]>> = {
  rfc9068: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  any: ['iss', 'exp', 'aud'],
}

/**
 * RFC 9068 section 2.1, compared as RFC 7515 section 4.1.9 has it. Where any token is taken, one of another explicit type is not: a proof, a logout
 * token, an event.
 */
const TYPES: Readonly<Record<TokenProfile, readonly (string | undefined)[]>> = {
  rfc9068: ['at+jwt', 'application/at+jwt'],
  any: ['at+jwt', 'application/at+jwt', 'jwt', 'application/jwt', undefined],
}

const EXPIRED = new Refusal('token_expired')
const INVALID = new Refusal('token_invalid')

export function requiredClaims(profile: TokenProfile): string[] {
  return [...REQUIRED[profile]]
}

export function isTyped(typ: string | undefined, profile: TokenProfile): boolean {
  return TYPES[profile].includes(typ?.toLowerCase())
}

/**
 * Reads the claims of a token whose signature is good, and refuses what is not exactly of the type and within the bounds that RFC 7519 section 4.1
 * and RFC 9068 section 2.2 give it. `now` is in milliseconds.
 */
export function readClaims(
  claims: JsonObject,
  rules: ClaimRules,
  now: number,
): TokenClaims | Refusal {
  const { iss, aud, sub, jti, exp } = claims
  const clientId = claims['client_id'] ?? (rules.profile === 'any' ? claims['azp'] : undefined)
  const scopes = scopesOf(claims)
  const ids = [sub, clientId, jti]
  if (iss !== rules.issuer || !isAudience(aud, rules.audience)) return INVALID
  if (scopes === undefined || !ids.every(isIdOrAbsent)) return INVALID
  // A token that is bound to a key is worth nothing without the proof of it, which a bearer does not give (RFC 7800 section 3.1).
  if (claims['cnf'] !== undefined) return INVALID
  if (!isInstant(exp) || !isTimely(claims, exp, rules, now)) return INVALID
  const expiresAt = exp * 1_000
  if (now >= expiresAt + rules.toleranceMs) return EXPIRED
  const [subject, client, tokenId] = ids as (string | undefined)[]
  return { issuer: iss, subject, clientId: client, tokenId, scopes, expiresAt, claims }
}

function isTimely(
  { iat, nbf }: JsonObject,
  exp: number,
  { toleranceMs, maxLifetimeMs }: ClaimRules,
  now: number,
): boolean {
  const latest = (now + toleranceMs) / 1_000
  if (iat !== undefined && !(isInstant(iat) && iat <= latest)) return false
  if (nbf !== undefined && !(isInstant(nbf) && nbf <= latest)) return false
  return exp - (iat ?? now / 1_000) <= maxLifetimeMs / 1_000
}

/** A NumericDate that is a moment: `1e999` is read as Infinity. */
function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12
}

function isAudience(aud: unknown, own: readonly string[]): boolean {
  const all: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (all.length > MAX_AUDIENCES || !all.every(isId)) return false
  return all.some((one) => own.includes(one))
}

/** 1 to 256 bytes without control characters and lone surrogates: it may stand in a log. */
function isId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > MAX_ID) return false
  return !/[\p{Cc}\p{Cs}]/u.test(value)
}

function isIdOrAbsent(value: unknown): boolean {
  return value === undefined || isId(value)
}

/** `scope` (RFC 9068 section 2.2.3), or `scp`, which some issuers have in its place. Only a space parts them. */
function scopesOf({ scope, scp }: JsonObject): readonly string[] | undefined {
  const given = scope ?? scp ?? ''
  if (scope !== undefined && typeof scope !== 'string') return undefined
  const scopes: unknown = typeof given === 'string' ? given.split(' ').filter(Boolean) : given
  if (!Array.isArray(scopes) || scopes.length > MAX_SCOPES) return undefined
  const good = scopes.every((one) => typeof one === 'string' && Buffer.byteLength(one) <= MAX_SCOPE)
  return good ? (scopes as string[]) : undefined
}
