import { StoreError } from '../core/errors.js'
import { lastly, recover, withTimeout, type MaybePromise } from '../lib/maybe.js'

const WAIT_MS = 250
/** A call that is given up goes on: its place is free when it ends, or when nobody can believe any more that it will. */
const HELD_MS = 4 * WAIT_MS

/** Makes a call when there is a place for it: at once, or in its turn. */
export type Bulkhead = <T>(call: () => MaybePromise<T>) => MaybePromise<T>

/** So many calls at once. A call that finds no place within 250 ms throws a StoreError. */
export function createBulkhead(places: number): Bulkhead {
  let taken = 0
  /** In the order in which they came. */
  const waiting = new Set<() => void>()

  /** Who leaves hands the place on, so that nobody slips in between. */
  function leave(): void {
    const [next] = waiting
    if (next === undefined) taken -= 1
    else next()
  }

  function inside<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    let result: MaybePromise<T>
    try {
      result = call()
    } catch (error) {
      leave()
      throw error
    }
    // What becomes of the call is for its caller.
    void lastly(
      recover(
        () => withTimeout(result, HELD_MS, crowded),
        () => undefined,
      ),
      leave,
    )
    return result
  }

  function wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const admit = () => {
        waiting.delete(admit)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(admit)
        reject(crowded())
      }, WAIT_MS)
      waiting.add(admit)
    })
  }

  return (call) => {
    if (taken >= places) return wait().then(() => inside(call))
    taken += 1
    return inside(call)
  }
}

function crowded(): StoreError {
  return new StoreError(`So many keys are looked for that none is within ${String(WAIT_MS)} ms.`)
}
