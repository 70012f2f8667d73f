import type { Catalogue } from '../core/catalogue.js'
import { MisuseError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import type { CheckedTokens } from './options-schema.js'
import { createMemoryReplayStore } from './replay-store.js'
import { createMemoryRevocations } from './revocations.js'
import type { ServiceAccount } from './service-accounts.js'
import type { TokenServiceDescription } from './token-service.js'

export interface TokenCheckContext {
  readonly environments: readonly string[]
  readonly catalogue: Catalogue
  readonly clock: Clock
  /** All others whose tokens are taken. */
  readonly issuers: readonly { readonly issuer: string | false }[]
}

/** What is wrong with `tokens` beside the other options, else all of it with its defaults. @throws {MisuseError} */
export function checkTokens(
  given: CheckedTokens,
  around: TokenCheckContext,
): TokenServiceDescription {
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
  const { serviceAccounts, revocations, replayStore, audience } = given
  const stranger = given.accepts.find((name) => !audience.includes(name))
  if (stranger !== undefined) {
    throw misuse(`'tokens.accepts' has '${stranger}', which 'tokens.audience' does not have`)
  }
  if (typeof serviceAccounts !== 'function') {
    checkAccounts(serviceAccounts as readonly ServiceAccount[], around)
  }
  return Object.freeze({
    ...given,
    environments: around.environments,
    serviceAccounts: serviceAccounts as TokenServiceDescription['serviceAccounts'],
    revocations: revocations ?? createMemoryRevocations(clock),
    replayStore: replayStore ?? createMemoryReplayStore(clock),
  })
}

function checkAccounts(
  accounts: readonly ServiceAccount[],
  { environments, catalogue }: TokenCheckContext,
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
