import type { IssuerOptions } from '../../src/index.js'
import { optionsOf, wrong } from './check.js'

export interface CognitoOptions {
  /** The id of the user pool, which begins with its region: `'eu-west-1_Example'`. */
  readonly userPool: string
  /** The app clients whose tokens are accepted. */
  readonly clients: readonly string[]
  /** `'access'`: access tokens, with the scopes of `scope`. `'id'`: ID tokens, with the groups of the user as scopes. Default `'access'`. */
  readonly token?: 'access' | 'id'
}

/**
 * Tokens of an Amazon Cognito user pool. Access tokens have no `aud`: the app client takes its place.
 * @example issuers: [cognito({ userPool: 'eu-west-1_Example', clients: ['client_1'] })]
 */
export function cognito(options: CognitoOptions): IssuerOptions {
  const {
    userPool,
    clients,
    token = 'access',
  } = optionsOf(options, 'cognito', ['userPool', 'clients', 'token'])
  const [, region] = /^([a-z]{2}(?:-[a-z]+)+-\d)_[0-9A-Za-z]{1,64}$/.exec(userPool) ?? []
  if (region === undefined) {
    throw wrong(
      "cognito: 'userPool' must be the id of a user pool",
      "cognito({ userPool: 'eu-west-1_Example', clients: ['client_1'] })",
    )
  }
  const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPool}`
  const common: Pick<IssuerOptions, 'algorithms' | 'profile' | 'claims'> = {
    ...{ algorithms: ['RS256'], profile: 'any', claims: { token_use: token } },
  }
  const keys = { issuer, jwksUri: `${issuer}/.well-known/jwks.json` }
  return token === 'access'
    ? { ...keys, ...common, audience: false, clients, scopes: 'scope' }
    : { ...keys, ...common, audience: clients, idTokens: true, scopes: 'cognito:groups' }
}
