/**
 * How much code one request passes: files and functions of `src/` and `adapters/` that run for an allowed request with a remembered key, counted by V8
 * between the request and its answer. Run with `npm run bench:request`. Ends with 1 above 25 files or 80 functions.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Session } from 'node:inspector/promises'
import { request } from 'node:http'
import express from 'express'
import { createGate, createMemoryKeyStore } from '../src/index.js'
import { guard } from '../adapters/express/index.js'

const MOST = { files: 25, functions: 80 }

const gate = createGate({
  environment: 'live',
  scopes: ['read:orders'],
  keys: { prefix: 'acme', store: createMemoryKeyStore() },
})
const { secret } = await gate.keys.create({
  name: 'CI',
  ownerId: 'org_1',
  scopes: ['read:orders'],
})
const app = express().get('/orders', guard(gate, { scopes: ['read:orders'] }), (_req, res) => {
  res.json([])
})
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

async function ask(): Promise<void> {
  const sent = request({ port, path: '/orders', headers: { 'x-api-key': secret } }).end()
  const [answer] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }]
  answer.resume()
  await once(answer as never, 'end')
  if (answer.statusCode !== 200) throw new Error(`Status ${String(answer.statusCode)}`)
}

await ask()
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
await session.post('Profiler.takePreciseCoverage')
await ask()
const { result } = await session.post('Profiler.takePreciseCoverage')
const ran = result
  .filter(({ url }) => /\/(?:src|adapters)\/[^?]*\.ts/.test(url))
  .map(({ url, functions }) => ({
    file: url.replace(/^.*?\/(?=(?:src|adapters)\/)/, '').replace(/\?.*/, ''),
    names: functions
      .filter(({ ranges: [range], functionName }) => (range?.count ?? 0) > 0 && functionName !== '')
      .map(({ functionName }) => functionName),
    count: functions.filter(({ ranges: [range] }) => (range?.count ?? 0) > 0).length,
  }))
  .filter(({ count }) => count > 0)
for (const { file, count, names } of ran.sort((a, b) => b.count - a.count)) {
  console.log(`${String(count).padStart(4)}  ${file}  ${names.join(' ')}`)
}
const functions = ran.reduce((sum, { count }) => sum + count, 0)
console.log(`${String(ran.length)} files, ${String(functions)} functions`)
process.exit(ran.length > MOST.files || functions > MOST.functions ? 1 : 0)
