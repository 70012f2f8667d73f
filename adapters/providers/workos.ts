import type { IssuerOptions } from '../../src/index.js'
import { optionsOf, segment } from './check.js'

export interface WorkosOptions {
  /** The client id of the environment: `'client_01H...'`. Its keys sign for it alone. */
  readonly client: string
  /** The exact value of `iss`. Default `'https://api.workos.com'`; newer environments have their client or an authentication domain in it. */
  readonly issuer?: string
}

/**
 * Access tokens of WorkOS AuthKit. They name neither an audience nor a client: the keys are those of one client. Scopes are those of `permissions`.
 * @example issuers: [workos({ client: 'client_01H' })]
 */
export function workos(options: WorkosOptions): IssuerOptions {
  const { client, issuer = 'https://api.workos.com' } = optionsOf(options, 'workos', [
    'client',
    'issuer',
  ])
  const id = segment(client, "workos: 'client'", "workos({ client: 'client_01H' })")
  return {
    ...{
      issuer,
      audience: false,
      clients: false,
      jwksUri: `https://api.workos.com/sso/jwks/${id}`,
    },
    ...{ algorithms: ['RS256'], profile: 'any', scopes: 'permissions' },
  }
}
