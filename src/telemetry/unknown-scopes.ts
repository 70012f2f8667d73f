import { printable } from '../core/refuse.js'
import { nearest } from '../lib/nearest.js'

/**
 * Told of each scope that the gate leaves out because it does not know it.
 * @param issuer whose it is: an issuer, or what of the app has said it
 * @param from who has said it, for the message
 */
export type TellUnknownScope = (scope: string, issuer: string, from: string) => void

/** So many are told: an issuer may make up a scope for each token, as `launch/123`. */
const MAX_TOLD = 100
const MAX_LENGTH = 128
/** They are for the issuer: OpenID Connect Core 1.0 sections 5.4 and 11. */
const OF_ISSUERS = new Set(['openid', 'profile', 'email', 'address', 'phone', 'offline_access'])

/** Warns the developer once of each scope of each issuer: a role that is mistyped looks like one that is missing. */
export function createUnknownScopes(known: ReadonlyMap<string, unknown>): TellUnknownScope {
  const told = new Set<string>()

  return (scope, issuer, from) => {
    if (told.size >= MAX_TOLD || OF_ISSUERS.has(scope)) return
    const what = JSON.stringify([issuer, scope.slice(0, MAX_LENGTH)])
    if (told.has(what)) return
    told.add(what)
    // A secret that is cut would not be found any more.
    const start = printable(scope).slice(0, MAX_LENGTH)
    const meant = nearest(start, known.keys())
    const advice =
      meant === undefined ? "Add it to 'scopes', or ignore this." : `Did you mean '${meant}'?`
    process.emitWarning(
      printable(
        `${from} has the scope '${start}', which the gate does not know: it is left out. ${advice}`,
      ),
      { code: 'SALLYPORT_UNKNOWN_SCOPE' },
    )
  }
}
