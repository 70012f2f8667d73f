import { MemoryStore } from 'express-rate-limit'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { createMemoryLimitStore } from '../dist/index.js'
import { median } from './rounds.js'

const ROUNDS = 9
const CALLS = 50_000
const OWNERS = Array.from({ length: 10_000 }, (_, n) => `org_${n}`)

const quota = { name: 'hourly', kind: 'quota', limit: 1_000_000, windowMs: 3_600_000 }
const burst = { name: 'burst', kind: 'burst', limit: 1_000_000, windowMs: 60_000 }

function contenders() {
  const [one, bucket, both] = [[quota], [burst], [quota, burst]]
  const store = createMemoryLimitStore()
  const ask = (limits) => (subject) => store.consume({ subject, limits, cost: 1, at: Date.now() })
  const flexible = new RateLimiterMemory({ points: 1_000_000, duration: 3_600 })
  const express = new MemoryStore()
  express.init({ windowMs: 3_600_000 })
  return {
    'sallyport, a quota': ask(one),
    'sallyport, a burst': ask(bucket),
    'sallyport, both': ask(both),
    'rate-limiter-flexible, a window': (owner) => flexible.consume(owner),
    'express-rate-limit, a window': (owner) => express.increment(owner),
  }
}

/** CPU nanoseconds per decision; a promise is waited for, as whoever needs the decision does. */
export async function measureMemoryLimits() {
  const all = Object.entries(contenders())
  const costs = new Map(all.map(([name]) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, run] of all) {
      const start = process.cpuUsage()
      for (let call = 0; call < CALLS; call++) {
        const answer = run(OWNERS[call % OWNERS.length])
        if (typeof answer.then === 'function') await answer
      }
      const { user, system } = process.cpuUsage(start)
      // The first round warms up.
      if (round > 0) costs.get(name).push(((user + system) * 1_000) / CALLS)
    }
  }
  const [first] = [...costs.values()].map(median)
  return [...costs].map(([limiter, values]) => ({
    limiter,
    ns: Math.round(median(values)),
    'x sallyport': Number((median(values) / first).toFixed(2)),
  }))
}
