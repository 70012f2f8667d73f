import type { IssuerOptions } from '../../src/index.js'
import { optionsOf, segment } from './check.js'

export interface CloudflareAccessOptions {
  /** The name of the team, as in `https://acme.cloudflareaccess.com`. */
  readonly team: string
  /** The Application Audience (AUD) tag of the application. */
  readonly audience: string | readonly string[]
}

/**
 * Application tokens of Cloudflare Access, of users and of service tokens. They have no scopes.
 * @example issuers: [cloudflareAccess({ team: 'acme', audience: 'f861...' })]
 */
export function cloudflareAccess(options: CloudflareAccessOptions): IssuerOptions {
  const { team, audience } = optionsOf(options, 'cloudflareAccess', ['team', 'audience'])
  const example = "cloudflareAccess({ team: 'acme', audience: 'f861...' })"
  const issuer = `https://${segment(team, "cloudflareAccess: 'team'", example)}.cloudflareaccess.com`
  return {
    ...{ issuer, audience, jwksUri: `${issuer}/cdn-cgi/access/certs`, algorithms: ['RS256'] },
    ...{ profile: 'any', claims: { type: 'app' } },
    // A service token has an empty subject, and the name of its client.
    identify: ({ sub, common_name: service }) => {
      if (sub !== '' && sub !== undefined && sub !== null) return {}
      return typeof service === 'string' ? { ownerId: `${issuer}#client:${service}` } : undefined
    },
  }
}
