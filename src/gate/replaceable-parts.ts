import type { Trail } from '../audit/trail.js'
import type { Proxies } from '../http/client-address.js'
import { createCredentialReader } from '../http/credential.js'
import { createHosts } from '../http/hosts.js'
import type { CheckedOptions } from './check-options.js'
import type { OpenOptions } from './features.js'
import type { StepServices } from './steps.js'

/** Parts of a gate that a gate for tests replaces. */
export interface ReplaceableParts extends Omit<StepServices, 'takeCharge' | 'takeAnonymous'> {
  /** Absent: nothing is recorded. */
  readonly trail: Pick<Trail, 'begin' | 'decided'> | undefined
}

/** What a gate for tests does in another way. No option reaches it. */
export interface GateReplacements {
  /** Whose tokens are accepted. */
  readonly issuers: CheckedOptions['issuers']
  readonly parts: (own: ReplaceableParts) => ReplaceableParts
}

/** What reads requests: for which host they came, and with which credential. */
export function createReaders(
  { served, credentials }: OpenOptions,
  proxies: Proxies,
): Pick<ReplaceableParts, 'hosts' | 'readCredential'> {
  return {
    hosts: served.hosts.size === 0 ? undefined : createHosts(proxies, served.hosts, served.default),
    readCredential: createCredentialReader(credentials.from),
  }
}
