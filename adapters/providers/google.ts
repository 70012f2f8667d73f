import type { IssuerOptions } from '../../src/index.js'
import { optionsOf } from './check.js'

export interface GoogleOptions {
  /** The OAuth client that users sign in with, or the audience that a service account has asked for, such as the URL of a service. */
  readonly audience: string | readonly string[]
  /** The Google Workspace domain that users must be of (`hd`). Default: any account. */
  readonly domain?: string
}

/**
 * ID tokens of Google, of users and of service accounts; access tokens of Google are opaque. They have no scopes.
 * @example issuers: [google({ audience: '1.apps.googleusercontent.com' })]
 */
export function google(options: GoogleOptions): IssuerOptions {
  const { audience, domain } = optionsOf(options, 'google', ['audience', 'domain'])
  return {
    ...{ issuer: 'https://accounts.google.com', aliases: ['accounts.google.com'], audience },
    ...{ jwksUri: 'https://www.googleapis.com/oauth2/v3/certs', algorithms: ['RS256'] },
    ...{ profile: 'any', idTokens: true, ...(domain !== undefined && { claims: { hd: domain } }) },
  }
}
