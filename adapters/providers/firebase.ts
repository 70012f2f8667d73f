import type { IssuerOptions } from '../../src/index.js'
import { optionsOf, segment } from './check.js'

export interface FirebaseOptions {
  /** The id of the project. */
  readonly project: string
  /** Custom claims that count as a scope of their own name where they are `true`: `['admin']`. Default: none. */
  readonly flags?: readonly string[]
}

const KEYS =
  'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com'

/**
 * ID tokens of Firebase Authentication, which are what its clients send to an API. Scopes are the custom claims of `flags`.
 * @example issuers: [firebase({ project: 'acme-prod', flags: ['admin'] })]
 */
export function firebase(options: FirebaseOptions): IssuerOptions {
  const { project, flags } = optionsOf(options, 'firebase', ['project', 'flags'])
  const name = segment(project, "firebase: 'project'", "firebase({ project: 'acme-prod' })")
  return {
    ...{ issuer: `https://securetoken.google.com/${name}`, audience: name, jwksUri: KEYS },
    ...{ algorithms: ['RS256'], profile: 'any', idTokens: true },
    ...(flags && {
      identify: (claims) => ({ scopes: flags.filter((flag) => claims[flag] === true) }),
    }),
  }
}
