/** Compares an allowed decision of this build with that of an earlier one: `npm run bench:before -- FOLDER`, where FOLDER is the `dist` of the other. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { medianCost } from './rounds.js'

const TURNS = 8
const [other] = process.argv.slice(2)
if (other === undefined) throw new Error('Say which build to compare with: the path of its dist.')

const ratios = []
const [before, now] = [await allowedBy(resolve(other)), await allowedBy(resolve('dist'))]
for (let turn = 0; turn < TURNS; turn++) {
  // What is measured second has a machine that is warm: they take turns in that as well.
  const order = turn % 2 === 0 ? { before, now } : { now, before }
  const costs = medianCost(order, { rounds: 25, calls: 50_000 })
  ratios.push(costs.get('now') / costs.get('before'))
}
ratios.sort((a, b) => a - b)
console.log(
  `an allowed decision, now to before: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`,
)
console.log(`median ${ratios[TURNS / 2].toFixed(2)}`)
process.exit()

/** A call that lets in a request with a remembered key, for whichever names the options had. */
async function allowedBy(folder) {
  const { createGate } = await import(pathToFileURL(resolve(folder, 'index.js')).href)
  const options = { environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] }
  const gate = unhindered(createGate, options)
  const key = { name: 'Bench', ownerId: 'org_1', scopes: ['read:orders'] }
  const { secret } = await gate.keys.create(key)
  const requirement = (gate.requirement ?? gate.demand)({ scopes: ['read:orders'] })
  const peer = { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' }
  const rawHeaders = [
    'Host',
    'api.example.com',
    'Accept',
    '*/*',
    'Authorization',
    `Bearer ${secret}`,
  ]
  const request = { method: 'GET', url: '/v1/orders?limit=20', rawHeaders, peer }
  return () => gate.check(request, requirement)
}

function unhindered(createGate, options) {
  try {
    return createGate({ ...options, bruteForce: false })
  } catch {
    return createGate({ ...options, penalties: false })
  }
}
