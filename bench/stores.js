/**
 * Prints what calls of each key store cost with few keys and with many, and what a verification costs that has to ask the store. Sizes and
 * stores are arguments: `npm run bench:stores -- 1000 100000 sqlite`.
 */
import { measureCalls } from './store-calls.js'
import { KINDS } from './store-kinds.js'
import { measureVerification } from './store-verify.js'

const SIZES = [1_000, 10_000, 100_000, 1_000_000]

const given = process.argv.slice(2)
const sizes = given.filter((each) => /^\d+$/.test(each)).map(Number)
const names = given.filter((each) => !/^\d+$/.test(each))
if (sizes.some((size) => size < 1_000)) throw new Error('A size is a number from 1,000.')
if (sizes.length === 0) sizes.push(...SIZES)
sizes.sort((a, b) => a - b)

console.log(`Node ${process.version}; medians of alternating rounds; microseconds per call\n`)
const calls = []
const verifications = []
for (const [name, open] of Object.entries(KINDS)) {
  if (names.length > 0 && !names.includes(name)) continue
  const kind = await open().catch((error) => {
    console.log(`${name} is left out: ${error.message || error.code}\n`)
  })
  if (kind === undefined) continue
  const start = process.uptime()
  const stores = new Map()
  try {
    for (const size of sizes) stores.set(size, await kind.open(size))
    calls.push(...(await measureCalls(name, stores)))
    verifications.push(await measureVerification(name, stores.get(sizes.at(-1))))
  } finally {
    await kind.close()
  }
  console.log(`${name}: ${Math.round(process.uptime() - start)} s`)
}
console.table(calls)
console.log(`\nVerifications, with ${sizes.at(-1)} keys in the store\n`)
console.table(verifications)
