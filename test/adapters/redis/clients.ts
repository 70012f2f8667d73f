import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import type { RedisPublisher, RedisSubscriber } from 'sallyport/redis'

export interface Clients {
  readonly publisher: RedisPublisher
  readonly subscriber: RedisSubscriber
  close(): void
}

/** Two connections each, as the libraries make them by default, and without listeners for their errors. */
export const CLIENTS: Readonly<Record<string, (url: string) => Promise<Clients>>> = {
  ioredis: (url) => Promise.resolve(pair(new Redis(url))),
  iovalkey: (url) => Promise.resolve(pair(new Valkey(url))),
  async 'node-redis'(url) {
    const publisher = createClient({ url })
    const subscriber = publisher.duplicate()
    await Promise.all([publisher.connect(), subscriber.connect()])
    return {
      publisher,
      subscriber,
      close() {
        publisher.destroy()
        subscriber.destroy()
      },
    }
  },
}

function pair(publisher: Redis | Valkey): Clients {
  const subscriber = publisher.duplicate()
  return {
    publisher,
    subscriber,
    close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}
