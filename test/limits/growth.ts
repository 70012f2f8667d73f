/** `growth.ts <owners>`: tells its parent by how many bytes this process grows with so many owners, and with half as many more. */
import { createMemoryLimitStore, type Limit } from 'sallyport'

const owners = Number(process.argv[2])
const limits: Limit[] = [
  { name: 'hourly', kind: 'quota', limit: 1_000, windowMs: 3_600_000 },
  { name: 'burst', kind: 'burst', limit: 50, windowMs: 600_000 },
]
const store = createMemoryLimitStore()

function ask(from: number, to: number): void {
  for (let n = from; n < to; n++) {
    void store.consume({ subject: `org_${String(n)}`, limits, cost: 1, at: 1_900_000_000_000 })
  }
}

function size(): number {
  globalThis.gc?.()
  return process.memoryUsage().rss
}

// What the engine needs for itself is there before it is measured.
for (let round = 0; round < 100; round++) ask(0, 1_000)
const idle = size()
ask(0, owners)
const grown = size() - idle
ask(owners, owners * 1.5)
process.send?.({ grown, beyond: size() - idle })
