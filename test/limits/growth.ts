/**
 * `growth.ts <owners> <which> <where>`: tells its parent by how many bytes this process grows with so many owners, with half as many more, and when as many
 * have come anew after all windows have ended.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createMemoryLimitStore, type Limit } from 'sallyport'
import { createForgetfulStore } from './naive.js'

const AT = 1_900_000_000_000
const HOUR_MS = 3_600_000

const WINDOWS: readonly Limit[] = [
  { name: 'hourly', kind: 'quota', limit: 1_000, windowMs: HOUR_MS },
  { name: 'burst', kind: 'burst', limit: 50, windowMs: 600_000 },
]
const LIMITS: Readonly<Record<string, readonly Limit[]>> = {
  windows: WINDOWS,
  all: [...WINDOWS, { name: 'credits', kind: 'credit', limit: 1_000, windowMs: 0 }],
  slots: [{ name: 'slots', kind: 'concurrency', limit: 10, windowMs: 60_000 }],
}

const owners = Number(process.argv[2])
const limits = LIMITS[process.argv[3] ?? ''] ?? []
const store = process.argv[4] === 'map' ? createForgetfulStore() : createMemoryLimitStore()

/** Requests at an instant, of which those that take a slot are over at once. */
function ask(from: number, to: number, at = AT): void {
  for (let n = from; n < to; n++) {
    const request = { subject: `org_${String(n)}`, limits, cost: 1, at, slot: 'a' }
    const verdict = store.consume(request)
    if (limits[0]?.kind === 'concurrency' && !(verdict instanceof Promise)) {
      void store.release?.({ ...request, cost: 0 }, verdict)
    }
  }
}

/** What is in use: objects, and the buffers beside them. How much more the engine reserves differs between its versions. */
async function size(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await pause(50)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// What the engine needs for itself is there before it is measured.
for (let round = 0; round < 100; round++) ask(0, 1_000)
const idle = await size()
ask(0, owners)
const grown = (await size()) - idle
ask(owners, owners * 1.5)
const beyond = (await size()) - idle
ask(owners * 2, owners * 3, AT + HOUR_MS)
process.send?.({ grown, beyond, after: (await size()) - idle })
