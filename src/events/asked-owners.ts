import { withTimeout, type MaybePromise } from '../lib/maybe.js'

/** For how long the app may look up what one owner wants. */
const WANTS_MS = 5_000
/** Owners in a row for whom that may fail: the app does not know it for anybody then, and nobody else is asked about in this look. */
const MOST_IN_ROW = 10
/** Owners of one look for whom it may fail. */
const MOST_FAILED = 100

export interface AskOwners {
  /** Steps of an owner, in days before a key is due. Empty: it is not reminded. */
  readonly stepsOf: (ownerId: string) => MaybePromise<readonly number[]>
  /** They are kept in the store of the keys: what cannot be read of one owner says nothing of the others. */
  readonly areKept?: boolean
}

/**
 * Asks about owners, look after look. Those about whom nobody could say it come last in the next look, the ones that have waited longest first: they keep
 * back none of the others.
 */
export class AskedOwners {
  readonly #asking: AskOwners
  readonly #onError: (error: unknown) => void
  /** Those for whom it has failed, the last one at the end. */
  readonly #failing = new Set<string>()

  constructor(asking: AskOwners, onError: (error: unknown) => void) {
    this.#asking = asking
    this.#onError = onError
  }

  /** @returns what one look asks with */
  begin(): OwnersOfLook {
    return new OwnersOfLook(this.#asking, this.#failing, this.#onError)
  }
}

/** The owners of one look: each is asked about once. */
class OwnersOfLook {
  readonly #asking: AskOwners
  readonly #failing: Set<string>
  readonly #onError: (error: unknown) => void
  readonly #known = new Map<string, readonly number[]>()
  readonly #last = new Set<string>()
  readonly #late = new Error(`'reminders.wants' did not answer within ${String(WANTS_MS)} ms.`)
  #inRow = 0
  #failed = 0
  #isTold = false

  constructor(asking: AskOwners, failing: Set<string>, onError: (error: unknown) => void) {
    this.#asking = asking
    this.#failing = failing
    this.#onError = onError
  }

  /** Steps of an owner, ascending. None where nobody can say it, or it is to be asked about last. */
  async stepsOf(ownerId: string): Promise<readonly number[]> {
    const known = this.#known.get(ownerId)
    if (known !== undefined) return known
    if (!this.#failing.has(ownerId)) return this.#ask(ownerId)
    this.#last.add(ownerId)
    return []
  }

  /** Asks about those that came last, and names those that want reminders. */
  async *asLast(): AsyncGenerator<readonly [ownerId: string, steps: readonly number[]]> {
    for (const ownerId of [...this.#failing]) {
      if (this.#last.has(ownerId)) yield [ownerId, await this.#ask(ownerId)]
      // It has no key any more that has reached a step.
      else if (!this.#known.has(ownerId)) this.#failing.delete(ownerId)
    }
  }

  async #ask(ownerId: string): Promise<readonly number[]> {
    const steps = this.#isOver() ? [] : await this.#answerFor(ownerId)
    this.#known.set(ownerId, steps)
    return steps
  }

  #isOver(): boolean {
    if (this.#inRow < MOST_IN_ROW && this.#failed < MOST_FAILED) return false
    if (!this.#isTold) {
      const count = this.#inRow < MOST_IN_ROW ? MOST_FAILED : MOST_IN_ROW
      const text = `'reminders.wants' failed for ${String(count)} organizations: others are asked about in the next look.`
      this.#onError(new Error(text))
    }
    this.#isTold = true
    return true
  }

  async #answerFor(ownerId: string): Promise<readonly number[]> {
    this.#failing.delete(ownerId)
    try {
      const asked = (async () => this.#asking.stepsOf(ownerId))()
      const steps = await withTimeout(asked, WANTS_MS, () => this.#late)
      this.#inRow = 0
      return [...steps].sort((a, b) => a - b)
    } catch (error) {
      this.#onError(error)
      if (this.#asking.areKept !== true || error === this.#late) {
        this.#failing.add(ownerId)
        this.#inRow += 1
        this.#failed += 1
      }
      return []
    }
  }
}
