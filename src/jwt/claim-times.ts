import type { Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import type { ClaimRules, Wrong } from './claim-rules.js'
import type { JsonObject } from './strict-json.js'

/** When a token ends, in seconds: its `exp`, or else `maxLifetime` after its `iat` where the rules allow that. */
export function endOf(
  { exp, iat }: JsonObject,
  { needsExpiry = true, maxLifetimeMs }: ClaimRules,
): unknown {
  if (needsExpiry || (exp ?? undefined) !== undefined || !isInstant(iat)) return exp
  return iat + maxLifetimeMs / 1_000
}

export function refuseTimes(
  claims: JsonObject,
  rules: ClaimRules,
  now: number,
  wrong: Wrong,
): Refusal | undefined {
  const { toleranceMs, maxLifetimeMs, issuer } = rules
  const { iat, nbf } = claims
  const exp = endOf(claims, rules)
  const latest = (now + toleranceMs) / 1_000
  if (!isInstant(exp)) return wrong('exp', INSTANT, exp, NO_EXPIRY)
  for (const [check, value] of [
    ['iat', iat],
    ['nbf', nbf],
  ] as const) {
    if (value !== undefined && !isInstant(value)) return wrong(check, INSTANT, value)
    if (value !== undefined && value > latest) {
      return wrong(
        check,
        `${timeOf(latest)} or earlier`,
        told(timeOf(value)),
        "The clocks differ: set this one by NTP, or raise 'clockTolerance'.",
      )
    }
  }
  const seconds = exp - (isInstant(iat) ? iat : now / 1_000)
  if (seconds > maxLifetimeMs / 1_000) {
    const [most, got] = [maxLifetimeMs / 1_000, Math.ceil(seconds)].map(
      (each) => `${String(each)} seconds`,
    )
    return wrong(
      'lifetime',
      `${most ?? ''} at most`,
      told(got ?? ''),
      "Let the issuer make tokens with a shorter lifetime, or raise 'maxLifetime'.",
    )
  }
  if (now < exp * 1_000 + toleranceMs) return undefined
  return refuseExpired(claims, exp * 1_000 + toleranceMs, issuer)
}

/** @param endsAt in milliseconds, the tolerance for clocks included */
export function refuseExpired({ exp, iat }: JsonObject, endsAt: number, issuer: string): Refusal {
  if ((exp ?? undefined) === undefined && isInstant(iat)) {
    return refuse('token_expired', {
      check: 'iat',
      expected: "a time less than 'maxLifetime' ago",
      got: told(timeOf(iat)),
      fix: "The token has no 'exp': raise 'maxLifetime' to accept it.",
      issuer,
    })
  }
  // That of the token, as whoever decodes it sees it.
  const got = told(
    isInstant(exp) ? timeOf(exp) : `${timeOf(endsAt / 1_000)}, the tolerance for clocks included`,
  )
  return refuse('token_expired', {
    check: 'exp',
    expected: 'a time that has not come',
    got,
    issuer,
  })
}

const NO_EXPIRY =
  "Let the issuer set 'exp'. With 'issuer: false', a token without 'exp' that has 'iat' ends 'maxLifetime' after it."
const INSTANT = 'a number of seconds since 1970'

function timeOf(seconds: number): string {
  return new Date(seconds * 1_000).toISOString()
}

/** A NumericDate that is a moment: `1e999` is read as Infinity. */
function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12
}
