import { jest } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type Gate,
  type GateOptions,
  type KeyStore,
} from 'sallyport'
import { failuresInto } from '../failures.js'

export interface Instance {
  readonly gate: Gate
  readonly errors: unknown[]
  /** How often the store was asked for a digest. */
  readonly reads: () => number
  readonly verdict: (secret: string) => Promise<string>
}

export const CI = { name: 'CI', ownerId: 'org_1' } as const

/** One instance of an API. */
export function openInstance(
  store: KeyStore = createMemoryKeyStore(),
  options: Partial<GateOptions> & { readonly changes?: GateOptions['keys']['changes'] } = {},
): Instance {
  const { changes, ...others } = options
  const errors: unknown[] = []
  let reads = 0
  const findByDigest: KeyStore['findByDigest'] = (digest) => {
    reads += 1
    return store.findByDigest(digest)
  }
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: { ...store, findByDigest }, ...(changes && { changes }) },
    scopes: [],
    onError: failuresInto(errors),
    ...others,
  })
  const verdict = async (secret: string) => {
    const decision = await gate.verify(secret)
    return decision.allowed ? 'allowed' : decision.reason
  }
  return { gate, errors, reads: () => reads, verdict }
}

/** A store of others that tells nobody of its changes. */
export function createSilentStore(): KeyStore {
  const { changes: _, ...store } = createMemoryKeyStore()
  return store
}

/** The process is suspended for so long: time passes, and nothing happens. */
export function suspend(ms: number): void {
  const now = performance.now.bind(performance)
  jest.spyOn(performance, 'now').mockImplementation(() => now() + ms)
}
