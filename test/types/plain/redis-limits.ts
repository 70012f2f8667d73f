import { createClient, createCluster } from 'redis'
import { Redis, type Cluster } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import type { LimitStore } from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { exactly } from '../equals.js'

export function stores(cluster: Cluster) {
  return [
    createRedisLimitStore(new Redis()),
    createRedisLimitStore(cluster),
    createRedisLimitStore(new Valkey(), { prefix: 'acme' }),
    createRedisLimitStore(createClient()),
    createRedisLimitStore(createClient({ RESP: 2 })),
    createRedisLimitStore(createCluster({ rootNodes: [] })),
    // @ts-expect-error a client that runs no scripts
    createRedisLimitStore({ on: () => undefined }),
  ]
}

exactly<LimitStore[]>()(stores({} as Cluster), true)
