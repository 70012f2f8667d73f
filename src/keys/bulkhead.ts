import { holding, type MaybePromise } from '../lib/maybe.js'

const WAIT_MS = 250
/** A call that is given up goes on: its place is free when it ends, or when nobody can believe any more that it will. */
const HELD_MS = 4 * WAIT_MS

/** Keeps calls to so many at once. */
export interface Bulkhead {
  /** Takes a place when there is one: at once, or in its turn. `source`: for whom. @throws {CrowdedError} */
  readonly enter: (source: string) => MaybePromise<void>
  /** Makes the call for which a place was taken, and leaves when it has ended. */
  readonly hold: <T>(call: () => MaybePromise<T>) => MaybePromise<T>
}

/** A call had no turn, as too many others came: nothing was asked, so nothing has failed. */
class CrowdedError extends Error {
  override readonly name = 'CrowdedError'
}

export function isCrowd(error: unknown): boolean {
  return error instanceof CrowdedError
}

/**
 * So many calls at once. Those that wait have their turn by sources: of one with many calls, the others wait for one each time. A call has 250 ms to find a place.
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

  function wait(source: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const admit = () => {
        forget(source, admit)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        forget(source, admit)
        reject(new CrowdedError())
      }, WAIT_MS)
      const line = waiting.get(source) ?? new Set()
      waiting.set(source, line.add(admit))
    })
  }

  return {
    enter(source) {
      if (taken >= places) return wait(source)
      taken += 1
      return undefined
    },
    hold: (call) => holding(call, HELD_MS, leave),
  }
}
