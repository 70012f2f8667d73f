import { plainly } from './plain-error.js'

/** For Redis to confirm a subscription. */
const JOIN_MS = 3_000
/** Subscriptions that were not confirmed: a client keeps them while it is offline, and must not keep ever more. */
const MAX_JOINING = 100
/** Where there are so many, one more is tried only now and then: the client may have lost the others without a word. */
const RETRY_MS = 30_000

/** A subscription that a client makes, again after each failure. */
export interface Subscription {
  /** Subscribes, and resolves once Redis has confirmed it. Calling it again is harmless. @throws {Error} after 3 s without a confirmation, or where the connection is lost */
  readonly join: () => Promise<void>
  /** The connection was lost: nobody waits for it any more. */
  readonly giveUp: (cause: Error) => void
}

export function createSubscription(subscribe: () => Promise<unknown>): Subscription {
  let joined: Promise<void> | undefined
  /** Ends the waiting; absent while nobody waits. */
  let reject: ((cause: Error) => void) | undefined
  let joining = 0
  let triedAt = -Infinity

  /** Any confirmation shows that the client has none of the earlier ones left. */
  async function confirmed(): Promise<void> {
    joining += 1
    try {
      await subscribe()
      joining = 0
    } catch (error) {
      joining -= 1
      throw error
    }
  }

  async function attempt(): Promise<void> {
    const now = performance.now()
    if (joining >= MAX_JOINING && now - triedAt < RETRY_MS)
      throw new Error('Redis confirms no subscription.')
    triedAt = now
    let timer: NodeJS.Timeout | undefined
    const ended = new Promise<never>((_, end) => {
      reject = end
      timer = setTimeout(() => {
        end(new Error(`Redis did not confirm a subscription within ${String(JOIN_MS)} ms.`))
      }, JOIN_MS).unref()
    })
    try {
      await Promise.race([confirmed(), ended])
    } finally {
      clearTimeout(timer)
      reject = undefined
    }
  }

  return {
    join() {
      joined ??= attempt().catch((error: unknown) => {
        joined = undefined
        throw plainly(error)
      })
      return joined
    },
    giveUp(cause) {
      reject?.(cause)
    },
  }
}
