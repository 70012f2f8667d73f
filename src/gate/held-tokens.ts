import { MisuseError } from '../core/errors.js'
import { isTokenId } from '../oauth/token-id.js'
import type { Tokens } from '../oauth/tokens.js'

/** The secret of a key and a token themselves say that their holder may use them; an id is in logs that others read. */
export function heldTokens<S extends string>(tokens: Tokens<S>): Tokens<S> {
  return Object.freeze<Tokens<S>>({
    ...tokens,
    async revoke(token) {
      if (isTokenId(token)) throw notSupported('tokens.revoke: give the token itself')
      return tokens.revoke(token)
    },
    forget() {
      throw notSupported('tokens.forget: is for code and operators')
    },
  })
}

/** What only others may do. */
export function notSupported(what: string): MisuseError {
  return new MisuseError('not_supported', `gate.as(...).${what}`)
}
