import { performance } from 'node:perf_hooks'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { createLeasedLimitStore } from '../dist/index.js'
import { createRedisLimitStore } from '../dist/redis.js'
import { median } from './rounds.js'

const ROUNDS = 7
const CALLS = 6_000
const AT_ONCE = 50
const PREFIX = `sallyport-bench-${process.pid}`
const OWNERS = Array.from({ length: 100 }, (_, n) => `org_${n}`)

const quota = { name: 'hourly', kind: 'quota', limit: 1_000_000, windowMs: 3_600_000 }
const burst = { name: 'burst', kind: 'burst', limit: 1_000_000, windowMs: 60_000 }

function contenders(redis) {
  const store = (name) => createRedisLimitStore(redis, { prefix: `${PREFIX}:${name}` })
  const ask = (counted, limits) => (subject) =>
    counted.consume({ subject, limits, cost: 1, at: Date.now() })
  const flexible = new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `${PREFIX}:flexible`,
    points: 1_000_000,
    duration: 3_600,
  })
  return {
    'sallyport, a quota': ask(store('quota'), [quota]),
    'sallyport, a quota and a burst': ask(store('both'), [quota, burst]),
    'sallyport, both, leased': ask(createLeasedLimitStore(store('leased')), [quota, burst]),
    'rate-limiter-flexible, a window': (owner) => flexible.consume(owner),
  }
}

/** One round of one contender: how long it took, what it cost this process, what it sent, and how long each request waited. */
async function measure(run, sent) {
  const waits = []
  const before = sent()
  const cpu = process.cpuUsage()
  const start = performance.now()
  let next = 0
  async function client() {
    while (next < CALLS) {
      const owner = OWNERS[next++ % OWNERS.length]
      const asked = performance.now()
      const answer = run(owner)
      if (typeof answer.then === 'function') await answer
      waits.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client))
  const took = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  waits.sort((a, b) => a - b)
  return {
    perSecond: (CALLS * 1_000) / took,
    cpu: (user + system) / CALLS,
    trips: (sent() - before) / CALLS,
    p50: waits[CALLS >> 1],
    p99: waits[Math.floor(CALLS * 0.99)],
  }
}

export async function measureRedisLimits(redis) {
  let count = 0
  const send = redis.sendCommand
  redis.sendCommand = function (...command) {
    count += 1
    return send.apply(this, command)
  }
  const all = Object.entries(contenders(redis))
  const rounds = new Map(all.map(([name]) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of all) {
      const measured = await measure(run, () => count)
      // The first round warms up.
      if (round > 0) rounds.get(name).push(measured)
    }
  }
  await clear(redis)
  const middle = (name, field) => median(rounds.get(name).map((one) => one[field]))
  const [[first]] = all
  return all.map(([limiter]) => ({
    limiter,
    'decisions/s': Math.round(middle(limiter, 'perSecond')),
    'x sallyport': Number((middle(limiter, 'perSecond') / middle(first, 'perSecond')).toFixed(2)),
    'commands each': Number(middle(limiter, 'trips').toFixed(3)),
    'CPU us': Number(middle(limiter, 'cpu').toFixed(1)),
    'p50 ms': Number(middle(limiter, 'p50').toFixed(3)),
    'p99 ms': Number(middle(limiter, 'p99').toFixed(3)),
  }))
}

async function clear(redis) {
  for await (const keys of redis.scanStream({ match: `${PREFIX}:*`, count: 1_000 })) {
    if (keys.length > 0) await redis.del(...keys)
  }
}
