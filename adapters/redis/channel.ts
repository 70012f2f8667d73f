import type { RedisPublisher, RedisSubscriber } from './clients.js'
import { plainly } from './plainly.js'

/** Longer than any message of ours; what is longer is not even looked at. */
const MAX_LENGTH = 256
/** What the clients emit when their connection is gone; messages may be lost from then on. */
const GONE = ['error', 'close', 'end', 'reconnecting']

/** For Redis to confirm a subscription. */
const JOIN_MS = 3_000
/** Subscriptions that were not confirmed: a client keeps them while it is offline, and must not keep ever more. */
const MAX_JOINING = 100
/** Where there are so many, one more is tried only now and then: the client may have lost the others without a word. */
const RETRY_MS = 30_000

/** One channel of Redis, whatever the client. */
export interface Channel {
  /** Resolves once messages are heard. Again is harmless. */
  readonly join: () => Promise<unknown>
  readonly send: (message: string) => Promise<unknown>
}

export function createChannel(
  name: string,
  publisher: RedisPublisher,
  subscriber: RedisSubscriber,
  hear: (message: string) => void,
  onLost: (cause: unknown) => void,
): Channel {
  let joined: Promise<void> | undefined
  /** Ends the waiting for a subscription; absent while nobody waits. */
  let giveUp: ((cause: Error) => void) | undefined
  let joining = 0
  let triedAt = -Infinity

  function listener(message: unknown): void {
    if (typeof message === 'string' && message.length <= MAX_LENGTH) hear(message)
  }

  // A client without this listener ends the process when its connection does. Whoever waits for an answer is told.
  publisher.on('error', () => undefined)
  subscriber.on('message', (channel, message) => {
    if (channel === name) listener(message)
  })
  for (const event of GONE) {
    subscriber.on(event, (cause) => {
      const why = cause instanceof Error ? { cause: plainly(cause) } : {}
      const interrupted = new Error(`The subscription to Redis was interrupted (${event}).`, why)
      giveUp?.(interrupted)
      onLost(interrupted)
    })
  }

  // A client that is closed may throw at once.
  const subscribed = async () => subscriber.subscribe(name, listener)

  /** Settles on each way in which a client can lose its connection, and within 3 s. */
  async function subscribe(): Promise<void> {
    const now = performance.now()
    if (joining >= MAX_JOINING && now - triedAt < RETRY_MS)
      throw new Error('Redis confirms no subscription.')
    triedAt = now
    joining += 1
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        giveUp = reject
        timer = setTimeout(() => {
          reject(new Error(`Redis did not confirm a subscription within ${String(JOIN_MS)} ms.`))
        }, JOIN_MS).unref()
        // Any confirmation shows that the client has none of the earlier ones left.
        subscribed().then(
          () => {
            joining = 0
            resolve()
          },
          (error: unknown) => {
            joining -= 1
            reject(plainly(error))
          },
        )
      })
    } finally {
      clearTimeout(timer)
      giveUp = undefined
    }
  }

  return {
    join() {
      joined ??= subscribe().catch((error: unknown) => {
        joined = undefined
        throw plainly(error)
      })
      return joined
    },
    // A client that is closed may throw at once.
    async send(message) {
      try {
        return await publisher.publish(name, message)
      } catch (error) {
        throw plainly(error)
      }
    },
  }
}
