import { DiagnosisError } from '../core/errors.js'
import { logError } from '../gate/options-schema.js'
import type { GateOptions } from '../gate/options.js'
import type { FindIssuer, IssuerOptions } from '../jwt/issuer-options.js'
import type { Jwk, JwkSet } from '../jwt/jwk.js'
import type { OutboundFetch } from '../jwt/outbound.js'
import type { Clock } from '../lib/clock.js'
import { then } from '../lib/maybe.js'
import { createMemoryLimitStore } from '../limits/memory-store.js'
import { tellsMistake } from '../telemetry/diagnosis.js'
import type { TestGateOptions } from './types.js'

/** Of what a test sends as an opaque token, every authorization server says this. */
const answerInactive: OutboundFetch = () =>
  Promise.resolve(
    new Response('{"active":false}', { headers: { 'content-type': 'application/json' } }),
  )

/** Tests reject requests all the time, and on purpose; what is wrong with the app itself is told all the same. */
function logFailure(error: unknown): void {
  if (!(error instanceof DiagnosisError) || tellsMistake(error)) logError(error)
}

/** The options of a gate whose keys and counts are in memory, that makes no requests, and that believes tokens of these keys. */
export function readTestOptions<S extends string>(
  options: TestGateOptions<S>,
  clock: Clock,
  tokenKeys: JwkSet,
): GateOptions<S> {
  const { keys = { prefix: 'test' }, environment = 'test', limits, tokens } = options
  const { introspection, issuers, plans, onError = logFailure, ...rest } = options
  return {
    ...rest,
    ...{ environment, clock, onError, bruteForce: false },
    keys: without(keys, 'store', 'changes'),
    ...(plans && { plans }),
    ...((plans ?? limits) && { limits: { ...limits, store: createMemoryLimitStore() } }),
    ...(tokens && { tokens: without(tokens, 'revocations', 'replayStore') }),
    ...(issuers && { issuers: withKeys(issuers, tokenKeys) }),
    ...(introspection && { introspection: { ...introspection, fetch: answerInactive } }),
  }
}

function without<T extends object, K extends keyof T>(given: T, ...names: K[]): Omit<T, K> {
  const rest = { ...given }
  for (const name of names) Reflect.deleteProperty(rest, name)
  return rest
}

function withKeys(
  issuers: readonly IssuerOptions[] | FindIssuer,
  keys: JwkSet,
): readonly IssuerOptions[] | FindIssuer {
  if (typeof issuers !== 'function') {
    // What is no list is told by its name, with the other options.
    const list: readonly IssuerOptions[] = issuers
    return Array.isArray(issuers) ? list.map((issuer) => withKeysOf(issuer, keys)) : issuers
  }
  // The same object stays the same issuer.
  const known = new WeakMap<IssuerOptions, IssuerOptions>()
  return (iss) =>
    then<IssuerOptions | undefined, IssuerOptions | undefined>(issuers(iss), (found) => {
      if (found === undefined) return undefined
      const same = known.get(found) ?? withKeysOf(found, keys)
      known.set(found, same)
      return same
    })
}

/** All its other rules stay. A secret is at hand, and is fetched from nowhere. */
function withKeysOf(issuer: IssuerOptions, jwks: { readonly keys: Jwk[] }): IssuerOptions {
  if ((issuer as Partial<IssuerOptions> | null)?.secret !== undefined) return issuer
  const rules = without(issuer, 'jwksUri', 'publicKey', 'headers', 'fetch')
  return { ...rules, jwks, algorithms: ['ES256'] }
}
