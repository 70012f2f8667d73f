import { createClient } from 'redis'
import { Redis, type Cluster } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createGate, type KeyChangeFeed } from 'sallyport'
import { createRedisKeyChanges } from 'sallyport/redis'
import { exactly } from '../equals.js'

export function feeds(cluster: Cluster) {
  const redis = new Redis()
  const valkey = new Valkey()
  const node = createClient()
  const older = createClient({ RESP: 2 })
  return [
    createRedisKeyChanges({ publisher: redis, subscriber: redis.duplicate() }),
    createRedisKeyChanges({ publisher: cluster, subscriber: redis }),
    createRedisKeyChanges({ publisher: valkey, subscriber: valkey.duplicate() }),
    createRedisKeyChanges({ publisher: node, subscriber: node.duplicate(), channel: 'keys' }),
    createRedisKeyChanges({ publisher: older, subscriber: older.duplicate() }),
    // @ts-expect-error one client is not enough
    createRedisKeyChanges({ publisher: redis }),
    // @ts-expect-error a client that cannot subscribe
    createRedisKeyChanges({ publisher: redis, subscriber: { on: () => undefined } }),
  ]
}

exactly<KeyChangeFeed[]>()(feeds({} as Cluster), true)
for (const changes of feeds({} as Cluster)) {
  createGate({ environment: 'live', keys: { prefix: 'acme', changes }, scopes: [] })
}
