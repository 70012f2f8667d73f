/** A test that closes nothing but its server. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { gateRequestOf } from 'sallyport'
import { createTestGate } from 'sallyport/testing'

const gate = createTestGate({
  scopes: ['orders:read'],
  plans: { pro: { quota: { limit: 9, window: '1h' }, concurrency: 3 } },
})
const server = createServer((request, response) => {
  void Promise.resolve(gate.check(gateRequestOf(request, request.url, response))).then(
    (decision) => {
      response.statusCode = decision.allowed ? 200 : decision.status
      response.end()
    },
  )
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const ask = async (headers: Record<string, string>) => {
  const { status } = await fetch(`http://127.0.0.1:${String(port)}`, { headers })
  return status
}
const statuses = [
  await ask({ 'x-api-key': await gate.keyFor('orders:read') }),
  await ask({ authorization: `Bearer ${gate.tokenFor()}` }),
  await ask({ ...gate.signInAs({ scopes: ['orders:read'] }) }),
]
gate.rejectNext('issuer_unavailable')
console.log([...statuses, await ask({})].join(' '))
server.close()
server.closeAllConnections()
