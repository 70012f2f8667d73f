import type { ResetOptions } from './reset-options.js'

/** One environment of a gate that tells them apart. */
export interface EnvironmentOptions {
  /**
   * The host names under which it is served: compared whole, without case and port. A host belongs to one environment. Default: none; the environment is
   * then served on every host where no environment has hosts, and else only as the `default`.
   * @example ['api.acme.example']
   */
  readonly hosts?: readonly string[]
  /**
   * The other environments whose keys its callers manage through the key endpoints. Default: none; where no environment says it, the first manages all.
   * @example ['sandbox']
   */
  readonly manages?: readonly string[]
  /**
   * Resets its data every day, once over all instances. Its keys stay. The key store must have `jobs`. Default: its data is never reset.
   * @example { every: 'day', at: '03:00Z', run: async () => wipeSandbox() }
   */
  readonly reset?: ResetOptions
}

/**
 * The environments of a gate, by name. The member `default` is no environment: it names the one that is served on hosts that none has.
 *
 * @example
 * const environment: EnvironmentMap = {
 *   live: { hosts: ['api.acme.example'] },
 *   sandbox: { hosts: ['api-sandbox.acme.example'] },
 * }
 */
export interface EnvironmentMap {
  readonly [name: string]: EnvironmentOptions | string | undefined
  /** The environment of a host that is not listed. Default: none, and such a request is rejected with 421 `unknown_host`. */
  readonly default?: string
}
