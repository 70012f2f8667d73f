/** Prints what a decision costs, as ratios to the floor of the same run, and what a guard adds to a request. */
import { measureDecisions } from './decisions.js'
import { measureServers } from './servers.js'

console.log(`Node ${process.version}; medians of alternating rounds; CPU time, not wall time\n`)
console.table(await measureDecisions())
console.table(await measureServers())
