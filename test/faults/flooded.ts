/** A process that is flooded, and says what came of it. */
import { flood, rememberAll, type Flood } from './flood.js'

const plan = JSON.parse(process.argv[2] ?? '') as Flood
const meterMiB = plan.prefix === 'acme' && plan.store === 'sound' ? rememberAll(1_000_000) : 0
console.log(JSON.stringify({ ...(await flood(plan)), meterMiB }))
