/** One of several processes that ask for the same limit at once: `worker.ts <url>`. Tells its parent what was admitted. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { LimitRequest, LimitVerdict } from 'sallyport'
import { openStore, type Setup } from './stores.js'

const redis = new Redis(process.argv[2] ?? '', { maxRetriesPerRequest: 1 })
redis.on('error', () => undefined)
await redis.ping()
process.send?.('ready')
const [setup] = (await once(process, 'message')) as [Setup]
const { kind, clients, limit, subject, untilMs } = setup
const store = openStore(kind, redis)

const admitted: number[] = []
let asked = 0
let failed = 0
let most = 0

/** Holds what it was let in for, and counts all who do at the same time, until it gives it back. */
async function hold(request: LimitRequest, verdict: LimitVerdict): Promise<void> {
  most = Math.max(most, await redis.incr(`under-way:${subject}`))
  await pause(2)
  await redis.decr(`under-way:${subject}`)
  await store.release?.({ ...request, cost: 0 }, verdict)
}

async function ask(): Promise<void> {
  while (Date.now() < untilMs) {
    asked += 1
    try {
      const slot = `${String(process.pid)}-${String(asked)}`
      const request = { subject, limits: [limit], cost: 1, at: Date.now(), slot }
      const verdict = await store.consume(request)
      if (verdict.allowed) admitted.push(verdict.at)
      if (verdict.allowed && limit.kind === 'concurrency') await hold(request, verdict)
    } catch {
      failed += 1
      await pause(5)
    }
  }
}

await Promise.all(Array.from({ length: clients }, ask))
redis.disconnect()
// A long report takes its time on the way: what is not through when the channel is closed is lost.
process.send?.({ admitted, asked, failed, most }, () => {
  process.disconnect()
})
