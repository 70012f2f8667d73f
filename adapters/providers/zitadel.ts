import type { IssuerOptions } from '../../src/index.js'
import { optionsOf, segment, url } from './check.js'

export interface ZitadelOptions {
  /** The URL of the instance, which is the value of `iss`: `'https://acme.zitadel.cloud'`. */
  readonly url: string
  /** The id of the project that the API belongs to. Tokens must be for it. */
  readonly project: string
}

/**
 * Access tokens of Zitadel, of clients whose token type is JWT. Scopes are those of `scope` and the roles of the project. ID tokens are rejected.
 * @example issuers: [zitadel({ url: 'https://acme.zitadel.cloud', project: '12345' })]
 */
export function zitadel(options: ZitadelOptions): IssuerOptions {
  const { url: given, project } = optionsOf(options, 'zitadel', ['url', 'project'])
  const example = "zitadel({ url: 'https://acme.zitadel.cloud', project: '12345' })"
  const issuer = url(given, "zitadel: 'url'", example)
  const id = segment(project, "zitadel: 'project'", example)
  const roles = 'urn:zitadel:iam:org:project'
  return {
    ...{ issuer, audience: id, jwksUri: `${issuer}/oauth/v2/keys`, algorithms: ['RS256'] },
    ...{ profile: 'any', clients: 'named' },
    scopes: ['scope', `${roles}:roles`, `${roles}:${id}:roles`],
  }
}
