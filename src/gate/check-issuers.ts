import { MisuseError } from '../core/errors.js'
import type { FindIssuer } from '../jwt/issuer-options.js'
import { checkIssuer, ISSUER_NAMES, type CheckedIssuer } from '../jwt/issuer-schema.js'
import { describeIssue } from '../lib/issue.js'
import { then } from '../lib/maybe.js'
import { warnOfAsked } from './asked-nearby.js'
import { inEnvironment } from './environment.js'
import type { FindIssuer as FindKnown, KnownIssuer } from '../jwt/issuer-book.js'

/** Issuers with their environments; those that a function finds are checked when it has found them. @throws {MisuseError} */
export function checkIssuers(
  given: readonly CheckedIssuer[] | FindIssuer,
  environments: readonly string[],
): readonly KnownIssuer[] | FindKnown {
  if (typeof given !== 'function') {
    warnOfIssuers(given)
    return Object.freeze(given.map((each) => inEnvironment(each, environments, 'issuers')))
  }
  // The same object stays the same issuer, and keeps its keys.
  const known = new WeakMap<object, KnownIssuer>()
  const read = (found: unknown): KnownIssuer | undefined => {
    if (found === undefined) return undefined
    const before = known.get(Object(found) as object)
    if (before !== undefined) return before
    const issuer = inEnvironment(checked(found), environments, 'issuers')
    known.set(found as object, issuer)
    return issuer
  }
  return (iss) => then(given(iss), read)
}

function checked(found: unknown): CheckedIssuer {
  const parsed = checkIssuer(found)
  if (!parsed.success) throw wrong(describeIssue(parsed.issues, ISSUER_NAMES()))
  const { issuer, tenants } = parsed.output
  if (issuer === false || tenants !== undefined) {
    throw wrong("'issuer' must be the one that was asked for; give the others as a list")
  }
  return parsed.output
}

function wrong(what: string): MisuseError {
  return new MisuseError('invalid_option', `'issuers' has returned an issuer that is none: ${what}`)
}

function warnOfIssuers(issuers: readonly CheckedIssuer[]): void {
  if (issuers.some(({ issuer }) => issuer === false)) {
    process.emitWarning(
      "createGate: 'issuers' has one with 'issuer: false': the gate checks neither who made a token nor for whom; anything signed with its secret is accepted",
      { code: 'SALLYPORT_UNNAMED_TOKENS' },
    )
  }
  warnOfAsked(
    issuers.map((one) => ({
      what: `the issuer '${String(one.issuer)}'`,
      url: askedAt(one),
      allowPrivateAddresses: one.allowPrivateAddresses,
    })),
  )
}

/** Where its keys are fetched. `undefined`: they are given, and fetched from nowhere. */
function askedAt({ issuer, jwksUri, jwks, publicKey, secret }: CheckedIssuer): string | undefined {
  return (jwks ?? publicKey ?? secret) === undefined ? (jwksUri ?? String(issuer)) : undefined
}
