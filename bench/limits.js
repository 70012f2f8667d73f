/**
 * Prints what it costs to count a request against a limit, beside express-rate-limit and rate-limiter-flexible, in memory and in Redis.
 * Needs Redis at `REDIS_URL` or its standard port; without one, that part is left out.
 */
import { Redis } from 'ioredis'
import { measureMemoryLimits } from './limits-memory.js'
import { measureRedisLimits } from './limits-redis.js'

console.log(`Node ${process.version}; medians of alternating rounds\n`)
console.log('In memory; CPU time, one owner after the other of 10,000\n')
console.table(await measureMemoryLimits())

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: null })
redis.on('error', () => undefined)
try {
  await redis.connect()
  console.log('\nIn Redis; 50 requests at a time over one connection, 100 owners\n')
  console.table(await measureRedisLimits(redis))
} catch (error) {
  console.log(`Redis is left out: ${error.message}`)
} finally {
  redis.disconnect()
}
