import type { IssuerOptions } from '../../src/index.js'
import { flag, optionsOf, segment, texts, url, wrong } from './check.js'

interface KeycloakCommon {
  /** Where Keycloak is, with its relative path where it has one: `'https://sso.acme.example'`. */
  readonly url: string
  readonly realm: string
  /** Counts the roles of the realm as scopes. Default false. */
  readonly realmRoles?: boolean
  /** Counts the roles of this client, or of these, as scopes. Default: of none. */
  readonly clientRoles?: string | readonly string[]
}

/** One of `audience` and `clients`, or both. */
export type KeycloakOptions = KeycloakCommon &
  (
    | {
        /** What the API is called in `aud`, as its audience mapper says. */
        readonly audience: string | readonly string[]
        readonly clients?: readonly string[]
      }
    | {
        readonly audience?: undefined
        /** Without an audience mapper: the clients whose tokens are accepted. */
        readonly clients: readonly string[]
      }
  )

/**
 * Access tokens of a realm of Keycloak. ID tokens and refresh tokens are rejected.
 * @example issuers: [keycloak({ url: 'https://sso.acme.example', realm: 'shop', clients: ['web-app'], realmRoles: true })]
 */
export function keycloak(options: KeycloakOptions): IssuerOptions {
  const {
    realm,
    audience,
    clients,
    realmRoles = false,
    clientRoles,
  } = optionsOf(options, 'keycloak', [
    'url',
    'realm',
    'realmRoles',
    'clientRoles',
    'audience',
    'clients',
  ])
  const example =
    "keycloak({ url: 'https://sso.acme.example', realm: 'shop', clients: ['web-app'] })"
  if ([audience, clients].every((each) => each === undefined)) {
    throw wrong("keycloak: 'audience' or 'clients' must be given", example)
  }
  const counts = flag(realmRoles, "keycloak: 'realmRoles'", example)
  const base = url(options.url, "keycloak: 'url'", example)
  if (base.includes('/realms/')) throw wrong("keycloak: 'url' must end before '/realms'", example)
  const issuer = `${base}/realms/${segment(realm, "keycloak: 'realm'", example)}`
  const ofClients = texts(clientRoles).map((client) => `resource_access.${client}.roles`)
  return {
    ...{ issuer, audience: audience ?? false, ...(clients && { clients }) },
    ...{ jwksUri: `${issuer}/protocol/openid-connect/certs`, claims: { typ: 'Bearer' } },
    ...{ algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'], profile: 'any' },
    scopes: ['scope', ...(counts ? ['realm_access.roles'] : []), ...ofClients],
  }
}
