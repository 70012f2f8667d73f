import type { RedisPublisher, RedisSubscriber } from './clients.js'
import { plainly } from './plain-error.js'
import { createSubscription } from './subscription.js'

/** Longer than any message of ours; what is longer is not even looked at. */
const MAX_LENGTH = 256
/** What the clients emit when their connection is gone; messages may be lost from then on. */
const GONE = ['error', 'close', 'end', 'reconnecting']

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
  function listener(message: unknown): void {
    if (typeof message === 'string' && message.length <= MAX_LENGTH) hear(message)
  }

  // A client that is closed may throw at once.
  const subscription = createSubscription(async () => subscriber.subscribe(name, listener))

  // A client without this listener ends the process when its connection does. Whoever waits for an answer is told.
  publisher.on('error', () => undefined)
  subscriber.on('message', (channel, message) => {
    if (channel === name) listener(message)
  })
  for (const event of GONE) {
    subscriber.on(event, (cause) => {
      const why = cause instanceof Error ? { cause: plainly(cause) } : {}
      const interrupted = new Error(`The subscription to Redis was interrupted (${event}).`, why)
      subscription.giveUp(interrupted)
      onLost(interrupted)
    })
  }

  return {
    join: subscription.join,
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
