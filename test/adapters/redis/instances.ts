import { setTimeout as delay } from 'node:timers/promises'
import { createGate, createMemoryKeyStore, type KeyChangeFeed, type KeyRecord } from 'sallyport'

/** One instance of an API, with what its store was asked and what it complained of. */
export interface Instance {
  readonly gate: ReturnType<typeof open>
  readonly errors: readonly unknown[]
  /** Whether the secret is let in. */
  accepts(secret: string): Promise<boolean>
  /** Whether two requests in a row needed no store. */
  remembers(secret: string): Promise<boolean>
  /** Whether each of two requests in a row read the store. */
  readsAnew(secret: string): Promise<boolean>
}

function open(
  store: ReturnType<typeof createMemoryKeyStore>,
  changes: KeyChangeFeed,
  onError: (error: unknown) => void,
) {
  return createGate({
    environment: 'live',
    keys: { prefix: 'acme', store, changes },
    scopes: [],
    onError,
  })
}

/** Instances that share a store, which tells nobody anything: each feed is another instance's way to hear of changes. */
export function startInstances(feeds: readonly KeyChangeFeed[]): Instance[] {
  const { changes: _changes, ...memory } = createMemoryKeyStore()
  return feeds.map((feed) => {
    const errors: unknown[] = []
    let reads = 0
    const store = {
      ...memory,
      findByDigest(digest: string) {
        reads += 1
        return memory.findByDigest(digest) as KeyRecord | undefined
      },
    }
    const gate = open(store, feed, (error) => errors.push(error))
    const accepts = async (secret: string) => (await gate.verify(secret)).allowed
    const readsOf = async (secret: string) => {
      const before = reads
      await accepts(secret)
      return reads - before
    }
    return {
      gate,
      errors,
      accepts,
      remembers: async (secret) => (await readsOf(secret)) + (await readsOf(secret)) === 0,
      readsAnew: async (secret) => (await readsOf(secret)) > 0 && (await readsOf(secret)) > 0,
    }
  })
}

/** How many milliseconds it takes until something is so; `undefined` where it is not within the limit. */
export async function timeUntil(
  isSo: () => Promise<boolean>,
  limitMs: number,
): Promise<number | undefined> {
  const start = performance.now()
  do {
    if (await isSo()) return performance.now() - start
    await delay(20)
  } while (performance.now() - start < limitMs)
  return undefined
}
