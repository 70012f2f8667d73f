/** `hostile.ts <url> <token>`: asks a hostile issuer for its keys, again and again, and tells its parent by how many bytes this process has grown at its highest. */
import { createGate } from 'sallyport'

const [url = '', token = ''] = process.argv.slice(2)

async function ask(path: string): Promise<string> {
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    issuers: [
      {
        ...{ issuer: 'https://login.example.com', audience: 'https://api.example.com' },
        ...{ algorithms: ['ES256'], jwksUri: url + path, allowPrivateAddresses: true },
      },
    ],
    onError: () => undefined,
  })
  const decision = await gate.verify(token)
  return decision.allowed ? 'allowed' : decision.reason
}

// What the engine and TLS need for themselves is there before it is measured.
for (let round = 0; round < 30; round++) await ask('/small')
globalThis.gc?.()
const before = process.resourceUsage().maxRSS
const reasons: string[] = []
for (const path of ['/body', '/keys', '/deep', '/body', '/keys', '/deep']) {
  reasons.push(await ask(path))
}
process.send?.({ reasons, grownKiB: process.resourceUsage().maxRSS - before })
process.disconnect()
