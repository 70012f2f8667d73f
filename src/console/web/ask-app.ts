import { withTimeout } from '../../lib/maybe.js'

/** For how long a function of the app may think, in milliseconds. */
const ASK_MS = 5_000

/** What a function of the app says. @throws {Error} also where it says nothing in 5 seconds */
export async function askApp<T>(name: string, ask: () => T | Promise<T>): Promise<T> {
  const late = () => new Error(`${name} of the console did not answer within ${String(ASK_MS)} ms.`)
  return withTimeout((async () => ask())(), ASK_MS, late)
}
