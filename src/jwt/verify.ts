import type { Refusal } from '../core/denial.js'
import { isRefusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import type { Clock } from '../lib/clock.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { ISSUER_UNAVAILABLE } from './caller-refusals.js'
import { BOUNDS } from './bounds.js'
import { ALGORITHMS } from './algorithms.js'
import { missOf } from './claim-target.js'
import { isTyped, readClaims, refuseType } from './claims.js'
import type { ClaimRules, TokenClaims } from './claim-rules.js'
import type { Issuer } from './issuers.js'
import { loadJose } from './jose.js'
import type { KeySet } from './key-set.js'
import { readShape, refuseSize, type TokenHeader, type TokenShape } from './parse.js'

/** A token that is what it says, and what this was found out with. */
export interface VerifiedToken {
  readonly token: TokenClaims
  readonly issuer: Issuer
  readonly keys: KeySet
}

/** Whose tokens are taken. */
export interface IssuerBook {
  /**
   * Whose token it is, by its `iss`, which is not proven; `undefined`: that of nobody. `source`: who brings it; absent where that is not known. `anew`: whether the app
   * is asked again, where it is asked.
   */
  find(
    iss: string | undefined,
    source?: string,
    anew?: boolean,
  ): MaybePromise<Issuer | Refusal | undefined>
  /** The names that count, for people. */
  readonly names: readonly string[]
  /** Bytes that the longest token of any of them may have. */
  readonly longest: number
}

export interface VerifyContext {
  readonly issuers: IssuerBook
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** `source`: who brings the token; absent where that is not known. `anew`: whether the app is asked again whose tokens count. */
export type VerifyToken = (
  token: string,
  source?: string,
  anew?: boolean,
) => MaybePromise<VerifiedToken | Refusal>

/**
 * Verifies tokens: first how one is written, then whose it is, then its signature, then its claims. The issuer comes before its keys: a
 * key of one issuer never verifies a token of another (RFC 8725 section 3.8).
 */
export function createTokenVerifier(context: VerifyContext): VerifyToken {
  const { issuers } = context

  function verify(token: string, shape: TokenShape, issuer: Issuer) {
    const { header } = shape
    const most = (issuer.bounds ?? BOUNDS).token
    if (token.length > most) return refuseSize(token, most, issuer.issuer)
    if (!isTyped(header.typ, issuer.profile)) return refuseType(header.typ, issuer)
    if (!issuer.algorithms.some((algorithm) => algorithm === header.alg)) {
      return refuseAlgorithm(header, issuer)
    }
    return then(issuer.keys.find(header), async (keys) => {
      if (keys === undefined) return refuseKey(header, issuer)
      if (isRefusal(keys)) return keys
      const claims = await proveToken(token, shape, issuer, keys, context)
      return isRefusal(claims) ? claims : { token: claims, issuer, keys }
    })
  }

  return (token, source, anew) => {
    const shape = readShape(token, issuers.longest)
    if (isRefusal(shape)) return shape
    const iss = shape.claims['iss'] ?? undefined
    if (iss !== undefined && typeof iss !== 'string') return refuseIssuer(iss, issuers)
    return then<Issuer | Refusal | undefined, VerifiedToken | Refusal>(
      issuers.find(iss, source, anew),
      (issuer) => {
        if (issuer === undefined) return refuseIssuer(iss, issuers)
        return isRefusal(issuer) ? issuer : verify(token, shape, issuer)
      },
    )
  }
}

function refuseIssuer(iss: unknown, { names }: IssuerBook): Refusal {
  const fix =
    missOf(iss, names) ?? "Add the issuer to 'issuers' if its tokens are meant for this API."
  return refuse('token_invalid', { check: 'iss', expected: names, got: iss, fix, isUnproven: true })
}

function refuseAlgorithm({ alg }: TokenHeader, { algorithms, issuer }: Issuer): Refusal {
  const fix = ALGORITHMS.some((known) => known === alg)
    ? `Add '${alg}' to 'algorithms' if the issuer signs with it.`
    : undefined
  const finding = { check: 'alg', expected: algorithms, got: alg, fix, issuer } as const
  return refuse('token_invalid', { ...finding, isUnproven: true })
}

function refuseKey({ alg, kid }: TokenHeader, { keys, issuer }: Issuer): Refusal {
  const kids = keys.current()?.kids ?? []
  return refuse('token_invalid', {
    ...{ check: 'kid', issuer, isUnproven: true },
    expected: kids.length === 0 ? `a key for ${alg}` : kids,
    got: kid ?? told(`a token without kid, for ${JSON.stringify(alg)}`),
    fix: 'The issuer has no such key: is the token of another issuer or realm, or was the key replaced?',
  })
}

/** Those issuers and no others. */
export function createIssuerBook(issuers: readonly Issuer[]): IssuerBook {
  const named = new Map(
    issuers.flatMap((issuer) => namesOf(issuer).map((name) => [name, issuer] as const)),
  )
  return {
    find: (iss) => named.get(iss),
    names: [...named.keys()].filter((name) => name !== undefined),
    longest: Math.max(0, ...issuers.map(({ bounds = BOUNDS }) => bounds.token)),
  }
}

function namesOf({ issuer, names = [issuer] }: Issuer): ClaimRules['names'] & object {
  return names
}

/** Checks the signature of a token, then its claims. */
export async function proveToken(
  token: string,
  shape: TokenShape,
  rules: Omit<Issuer, 'keys'>,
  keys: KeySet,
  { clock, onError }: Pick<VerifyContext, 'clock' | 'onError'>,
): Promise<TokenClaims | Refusal> {
  const now = clock()
  let jose: Awaited<ReturnType<typeof loadJose>>
  try {
    jose = await loadJose()
  } catch (error) {
    // That the library is not there says nothing about the token.
    onError(error)
    return ISSUER_UNAVAILABLE
  }
  for (const key of keys.keys) {
    try {
      await jose.compactVerify(token, key, { algorithms: [...rules.algorithms] })
      return readClaims(shape.claims, rules, now)
    } catch (error) {
      // Keys are checked before they are used: whatever else fails here is no verdict on the token, and it is not let in.
      if (!(error instanceof jose.errors.JOSEError)) onError(error)
    }
  }
  const fix =
    "Is the token of another issuer with the same name, or was it changed? With 'secret': is it that of the issuer?"
  const got = told(`one that none of them has made, by alg ${shape.header.alg}`)
  const expected = `a signature by one of ${String(keys.keys.length)} keys`
  return refuse('token_invalid', {
    check: 'signature',
    expected,
    got,
    fix,
    issuer: rules.issuer,
    isUnproven: true,
  })
}
