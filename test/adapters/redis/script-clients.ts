import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'
import type { RedisScripts } from 'sallyport/redis'

export interface ScriptClient {
  readonly client: RedisScripts
  close(): void
}

/** One connection each, as the libraries make it by default, and without a listener for its errors. It may not be there yet. */
export const SCRIPT_CLIENTS: Readonly<Record<string, (url: string) => ScriptClient>> = {
  ioredis(url) {
    const client = new Redis(url)
    return {
      client,
      close: () => {
        client.disconnect()
      },
    }
  },
  iovalkey(url) {
    const client = new Valkey(url)
    return {
      client,
      close: () => {
        client.disconnect()
      },
    }
  },
  'node-redis'(url) {
    const client = createClient({ url })
    void client.connect().catch(() => undefined)
    return {
      client,
      close: () => {
        client.destroy()
      },
    }
  },
}
