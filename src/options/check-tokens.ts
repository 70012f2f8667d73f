import type { Clock } from '../lib/clock.js'
import type { Catalogue } from '../terms/catalogue.js'
import { MisuseError } from '../terms/misuse.js'
import type { OwnIssuerDescription } from '../tokens/own-issuer.js'
import { createMemoryReplayStore } from '../tokens/replay-store.js'
import { createMemoryRevocations } from '../tokens/revocations.js'
import type { ServiceAccount } from '../tokens/service-accounts.js'
import type { CheckedTokens } from './token-schema.js'

export interface Surroundings {
  readonly environments: readonly string[]
  readonly catalogue: Catalogue
  readonly clock: Clock
  /** All others whose tokens are taken. */
  readonly issuers: readonly { readonly issuer: string }[]
}

/** What is wrong with `tokens` beside the other options, else all of it with its defaults. @throws {MisuseError} */
export function checkTokens(given: CheckedTokens, around: Surroundings): OwnIssuerDescription {
  const { clock, issuers } = around
  if (issuers.some(({ issuer }) => issuer === given.issuer)) {
    throw misuse(
      "'tokens.issuer' is one of 'issuers' too, or that of 'introspection'; a gate takes its own tokens anyway",
    )
  }
  if (given.signingKeys.length === 0 && process.env['NODE_ENV'] === 'production') {
    throw misuse(
      "'tokens.signingKeys' must be given in production: a key that a process makes up ends with it, and no other process knows it",
    )
  }
  const { serviceAccounts, revocations, replayStore } = given
  if (typeof serviceAccounts !== 'function') {
    checkAccounts(serviceAccounts as readonly ServiceAccount[], around)
  }
  return Object.freeze({
    ...given,
    environments: around.environments,
    serviceAccounts: serviceAccounts as OwnIssuerDescription['serviceAccounts'],
    revocations: revocations ?? createMemoryRevocations(clock),
    replayStore: replayStore ?? createMemoryReplayStore(clock),
  })
}

function checkAccounts(
  accounts: readonly ServiceAccount[],
  { environments, catalogue }: Surroundings,
): void {
  if (new Set(accounts.map(({ id }) => id)).size < accounts.length) {
    throw misuse("'tokens.serviceAccounts' has one id twice")
  }
  for (const { id, environment, scopes } of accounts) {
    catalogue.check(scopes, `createGate: tokens.serviceAccounts '${id}'`)
    if (environment === undefined || environments.includes(environment)) continue
    const known = environments.map((name) => `'${name}'`).join(', ')
    throw misuse(
      `'tokens.serviceAccounts' has '${id}' for '${environment}'; it must be one of ${known}`,
    )
  }
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `createGate: ${message}`)
}
