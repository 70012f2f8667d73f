import type { IssuerOptions } from '../../src/index.js'
import { optionsOf, wrong } from './check.js'

export interface GithubActionsOptions {
  /** What the workflow asks its token for. */
  readonly audience: string
  /** The repositories whose workflows are accepted: `'octo-org/octo-repo'`, or a list. */
  readonly repository: string | readonly string[]
  /** The branches or tags whose workflows are accepted: `'refs/heads/main'`, or a list. Default: all, those of pull requests too. */
  readonly ref?: string | readonly string[]
  /** The environments whose jobs are accepted: `'prod'`, or a list. Default: all, and jobs without one. */
  readonly environment?: string | readonly string[]
  /** What these workflows may do: the tokens have no scopes themselves. */
  readonly scopes: readonly string[]
}

/**
 * ID tokens of jobs of GitHub Actions, with `permissions: id-token: write`.
 * @example issuers: [githubActions({ audience: 'https://api.acme.example', repository: 'octo-org/octo-repo', ref: 'refs/heads/main', scopes: ['write:orders'] })]
 */
export function githubActions(options: GithubActionsOptions): IssuerOptions {
  const { audience, repository, ref, environment, scopes } = optionsOf(options, 'githubActions', [
    'audience',
    'repository',
    'ref',
    'environment',
    'scopes',
  ])
  const repositories = [repository].flat()
  if (repositories.length === 0 || !repositories.every((name) => /^[\w.-]+\/[\w.-]+$/.test(name))) {
    throw wrong(
      "githubActions: 'repository' must be an owner and a repository",
      "githubActions({ audience, repository: 'octo-org/octo-repo', scopes: [] })",
    )
  }
  return {
    ...{ issuer: 'https://token.actions.githubusercontent.com', audience },
    jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks',
    ...{ algorithms: ['RS256'], profile: 'any', idTokens: true },
    claims: {
      repository: repositories,
      ...(ref !== undefined && { ref }),
      ...(environment !== undefined && { environment }),
    },
    identify: () => ({ scopes }),
  }
}
