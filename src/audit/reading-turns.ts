/** One reading that waits. */
interface Waiting {
  readonly ownerId: string
  readonly begin: () => void
}

/** Who reads next, where there is room for a few readings at once. */
export interface ReadingTurns {
  /**
   * Waits for a turn. False: none came in time, or nobody waits any more.
   * @param whenGone calls what it is given once nobody waits any more; it is asked where there is no turn at once
   */
  take(ownerId: string, whenGone: (leave: () => void) => void): Promise<boolean>
  /** A turn is over. */
  end(ownerId: string): void
}

/**
 * Gives turns to owners, not to readings: the next one goes to the owner with the fewest readings in progress, and of several to the one that has waited longest. Whoever reads a lot
 * waits for others, and keeps nobody out.
 * @param most readings in progress, of all owners together @param waitMs for how long one waits, in milliseconds
 */
export function createReadingTurns(most: number, waitMs: number): ReadingTurns {
  const inProgress = new Map<string, number>()
  const line = new Set<Waiting>()
  let total = 0
  const countOf = (ownerId: string) => inProgress.get(ownerId) ?? 0

  function begin(ownerId: string): void {
    total += 1
    inProgress.set(ownerId, countOf(ownerId) + 1)
  }

  function next(): Waiting | undefined {
    let best: Waiting | undefined
    for (const one of line) {
      if (best === undefined || countOf(one.ownerId) < countOf(best.ownerId)) best = one
    }
    return best
  }

  return {
    take(ownerId, whenGone) {
      if (total < most) {
        begin(ownerId)
        return Promise.resolve(true)
      }
      return new Promise((resolve) => {
        const waiting = {
          ownerId,
          begin() {
            clearTimeout(timer)
            resolve(true)
          },
        }
        const leave = () => {
          clearTimeout(timer)
          line.delete(waiting)
          resolve(false)
        }
        const timer = setTimeout(leave, waitMs)
        line.add(waiting)
        whenGone(leave)
      })
    },
    end(ownerId) {
      total -= 1
      const left = countOf(ownerId) - 1
      if (left > 0) inProgress.set(ownerId, left)
      else inProgress.delete(ownerId)
      const waiting = next()
      if (waiting === undefined) return
      line.delete(waiting)
      begin(waiting.ownerId)
      waiting.begin()
    },
  }
}
