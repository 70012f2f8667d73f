import { gzipSync } from 'node:zlib'
import { createGate, gateRequestOf } from 'sallyport'
import { createConsole } from 'sallyport/console'
import { openSqliteKeyStore } from 'sallyport/sqlite'

/** The weight of the page of keys with all its assets, and the CPU time of the server for it with 10,000 keys in SQLite: `npm run bench:console`. */
const KEYS = 10_000
const RUNS = 100
const [MOST_BYTES, MOST_MS] = [30_000, 20]

const store = await openSqliteKeyStore(':memory:')
const gate = createGate({
  environment: ['live'],
  keys: { prefix: 'acme', store },
  scopes: ['read:orders'],
})
for (let made = 0; made < KEYS; made++) {
  await gate.keys.create({ name: `Key ${String(made)}`, ownerId: 'acme', scopes: ['read:orders'] })
}
const portal = createConsole(gate, {
  user: () => ({
    ...{ id: 'ann', sessionId: 'session', ownerId: 'acme', role: 'admin' },
    ...{ environments: ['live'], scopes: ['read:orders'] as const },
  }),
})

async function open(path: string): Promise<string> {
  const request = gateRequestOf({
    ...{ method: 'GET', url: path, headers: { host: 'acme.example' } },
    socket: { remoteAddress: '203.0.113.7', encrypted: true },
  })
  const stream = new Blob([]).stream()
  const { body = '' } = await portal({ request, target: path, parsed: undefined, stream })
  return body
}

const page = await open('/keys')
const assets = [...page.matchAll(/(?:href|src)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => path)
const texts = [page, ...(await Promise.all(assets.map((path) => open(`/${path ?? ''}`))))]
const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0)

const before = process.cpuUsage()
for (let run = 0; run < RUNS; run++) await open('/keys')
const { user, system } = process.cpuUsage(before)
const ms = (user + system) / 1_000 / RUNS
await gate.close()
store.close()

console.log(
  `page of keys with all assets: ${String(bytes)} bytes gzipped, at most ${String(MOST_BYTES)}`,
)
console.log(`CPU for it with ${String(KEYS)} keys: ${ms.toFixed(1)} ms, at most ${String(MOST_MS)}`)
if (bytes > MOST_BYTES || ms > MOST_MS) process.exitCode = 1
