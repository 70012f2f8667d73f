import { StoreError } from '../core/errors.js'
import { holding, type MaybePromise } from '../lib/maybe.js'

const WAIT_MS = 250
/** A call that is given up goes on: its place is free when it ends, or when nobody can believe any more that it will. */
const HELD_MS = 4 * WAIT_MS

/** Makes a call when there is a place for it: at once, or in its turn. `source`: for whom. */
export type Bulkhead = <T>(call: () => MaybePromise<T>, source: string) => MaybePromise<T>

/**
 * So many calls at once. Those that wait have their turn by sources: of one with many calls, the others wait for one each time. A call that finds no place within 250 ms throws a
 * StoreError.
 */
export function createBulkhead(places: number): Bulkhead {
  let taken = 0
  /** Of each source in the order in which they came; the source that is next comes first. */
  const waiting = new Map<string, Set<() => void>>()

  /** Who leaves hands the place on, so that nobody slips in between. */
  function leave(): void {
    for (const [source, line] of waiting) {
      const [next] = line
      // Behind the others, with those that are left.
      waiting.delete(source)
      waiting.set(source, line)
      next?.()
      return
    }
    taken -= 1
  }

  function forget(source: string, admit: () => void): void {
    const line = waiting.get(source)
    line?.delete(admit)
    if (line?.size === 0) waiting.delete(source)
  }

  const inside = <T>(call: () => MaybePromise<T>) => holding(call, HELD_MS, leave)

  function wait(source: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const admit = () => {
        forget(source, admit)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        forget(source, admit)
        reject(crowded())
      }, WAIT_MS)
      const line = waiting.get(source) ?? new Set()
      waiting.set(source, line.add(admit))
    })
  }

  return (call, source) => {
    if (taken >= places) return wait(source).then(() => inside(call))
    taken += 1
    return inside(call)
  }
}

function crowded(): StoreError {
  return new StoreError(
    `Too many key lookups at once: this one got no turn within ${String(WAIT_MS)} ms.`,
  )
}
