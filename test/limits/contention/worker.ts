/** One of several processes that ask for the same limit at once: `worker.ts <url>`. Tells its parent what was admitted. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
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

async function ask(): Promise<void> {
  while (Date.now() < untilMs) {
    asked += 1
    try {
      const verdict = await store.consume({ subject, limits: [limit], cost: 1, at: Date.now() })
      if (verdict.allowed) admitted.push(verdict.at)
    } catch {
      failed += 1
      await pause(5)
    }
  }
}

await Promise.all(Array.from({ length: clients }, ask))
process.send?.({ admitted, asked, failed })
redis.disconnect()
process.disconnect()
