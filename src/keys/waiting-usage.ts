import { collectInto, createTally, noCounts, type Tally } from '../core/tally.js'
import { FairCache, type Portion } from '../lib/fair-cache.js'

/** Callers, environments and days that wait to be written while the store is away; those of owners with more than an eighth give way first. */
const MAX_WAITING = 50_000

/** What waits of one caller for one day. */
export interface Waiting extends Portion {
  readonly tally: Tally
  readonly day: string
  /** The store has refused it when it came alone: it is written alone until it is taken. */
  readonly isApart: boolean
  /** `onError` knows of it. */
  readonly isTold: boolean
}

/** What is counted and not written yet, by caller, environment and day. */
export class WaitingUsage {
  /** All keys of an API may be of one owner. */
  readonly #entries = new FairCache<Waiting>({
    ...{ maxWeight: MAX_WAITING, maxEntries: MAX_WAITING, lendsRoom: true },
  })

  /** Takes what a tally has counted, and begins it anew. */
  add(tally: Tally, day: string, as?: Pick<Waiting, 'isApart' | 'isTold'>): void {
    const { ownerId, environment, keyId, uses, lastUsedAt } = tally
    const name = JSON.stringify([keyId, environment, day, keyId === undefined && ownerId])
    const known = this.#entries.peek(name)
    const counts = { ...(known?.tally.counts ?? noCounts()) }
    collectInto(counts, tally)
    const sum = {
      ...{ ...createTally(tally), counts },
      uses: uses + (known?.tally.uses ?? 0),
      lastUsedAt: Math.max(lastUsedAt, known?.tally.lastUsedAt ?? 0),
    }
    const { isApart = false, isTold = false } = as ?? known ?? {}
    this.#entries.set(name, { whose: ownerId, weight: 1, tally: sum, day, isApart, isTold })
  }

  /** Lets these wait again. */
  keep(entries: readonly Waiting[], as: Partial<Pick<Waiting, 'isApart' | 'isTold'>> = {}): void {
    for (const one of entries) this.add(one.tally, one.day, { ...one, ...as })
  }

  /** So many of those that wait with the others, which wait no more. */
  take(most: number): readonly Waiting[] {
    const taken: Waiting[] = []
    this.#entries.deleteWhere((one) => !one.isApart && taken.length < most && taken.push(one) > 0)
    return taken.reverse()
  }

  /** All that are apart, the one that was tried last at the end. They wait no more. */
  takeApart(): readonly Waiting[] {
    const taken: Waiting[] = []
    this.#entries.deleteWhere((one) => one.isApart && taken.push(one) > 0)
    return taken.reverse()
  }

  get hasApart(): boolean {
    return this.#entries.some(({ isApart }) => isApart)
  }
}
