import type { DenialCheck } from '../core/cause.js'
import type { Refusal } from '../core/denial.js'
import type { TellUnknownScope } from '../telemetry/unknown-scopes.js'
import type { TokenBounds } from './bounds.js'
import type { JsonObject } from './strict-json.js'

/** `'rfc9068'`: a JWT access token as RFC 9068 has it. `'any'`: any JWT that is meant for this API. */
export type TokenProfile = 'rfc9068' | 'any'

/** What a claim may be held to. */
export type ClaimValue = string | number | boolean

/** What one issuer's tokens must say. */
export interface ClaimRules {
  readonly issuer: string
  /** What `iss` of its tokens may be; `undefined` among them: it may be missing. Absent: the issuer. */
  readonly names?: readonly (string | undefined)[] | undefined
  /** `false`: `aud` is not looked at, and `clients` says whose tokens count. */
  readonly audience: readonly string[] | false
  /** The clients whose tokens count. Absent, or `false`: those of all. `'named'`: of all, if the token names one. */
  readonly clients?: readonly string[] | 'named' | false | undefined
  /** Whether what only an ID token has may be there. */
  readonly idTokens?: boolean | undefined
  /** Claims that must have one of these values. */
  readonly claims?: Readonly<Record<string, readonly ClaimValue[]>> | undefined
  /** The claims that scopes are read from. Absent: `scope`, else `scp`. */
  readonly scopes?: readonly string[] | undefined
  /** The claim that names the subject. Absent: `sub`. */
  readonly subjectClaim?: string | undefined
  readonly profile: TokenProfile
  /** How far clocks may be apart. */
  readonly toleranceMs: number
  readonly maxLifetimeMs: number
  /** `false`: a token without `exp` ends `maxLifetimeMs` after its `iat`. Absent: each must have `exp`. */
  readonly needsExpiry?: boolean | undefined
  /** Absent: the default ones. */
  readonly bounds?: TokenBounds | undefined
  /** The scopes that the gate knows: others are dropped. Absent: none are dropped here. */
  readonly known?: Pick<ReadonlySet<string>, 'has'> | undefined
  /** Told of those that are dropped. Absent: nobody is. */
  readonly tellUnknown?: TellUnknownScope | undefined
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

/** One way in which claims are not what they must be. */
export type Wrong = (
  check: DenialCheck,
  expected: string | readonly unknown[],
  got: unknown,
  fix?: string,
) => Refusal
