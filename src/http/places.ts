import type { CredentialKind } from './options.js'

interface Accepting {
  readonly accepts: CredentialKind
}

export interface HeaderPlace extends Accepting {
  readonly kind: 'header'
  /** In lower case. */
  readonly name: string
  /** Absent: the header has nothing else. */
  readonly scheme?: string | undefined
}

export interface CookiePlace extends Accepting {
  readonly kind: 'cookie'
  readonly name: string
  /** Beside the origin of the request itself. `false`: it does not matter. */
  readonly origins: readonly string[] | false
}

export interface QueryPlace extends Accepting {
  readonly kind: 'query'
  readonly name: string
}

/** Where a gate reads credentials. */
export type Place = HeaderPlace | CookiePlace | QueryPlace

/** The headers in which these places are, in lower case. */
export function headersOf(places: readonly Place[]): readonly string[] {
  const names = places.flatMap((place) =>
    place.kind === 'header' ? [place.name] : place.kind === 'cookie' ? ['cookie'] : [],
  )
  return [...new Set(names)]
}

/** The scheme that a challenge names; `undefined`: none is accepted. */
export function schemeOf(places: readonly Place[]): string | undefined {
  const place = places.find(
    (one): one is HeaderPlace => one.kind === 'header' && one.name === 'authorization',
  )
  return place?.scheme
}
