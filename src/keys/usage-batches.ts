import { USAGE_OUTCOMES, type Tally } from '../core/tally.js'
import { StoreError } from '../core/errors.js'
import { DividedWriting } from './divided-writing.js'
import type { KeyStore, KeyUsage, OutcomeCount, UsageAdded } from './key-store.js'
import { WaitingUsage, type Waiting } from './waiting-usage.js'

const BATCH = 1_000
/** What is refused alone is tried less and less often, once an hour in the end: each try is an error in the log of the database. */
const MAX_REST = 360

/** Counts on their way to the store, in batches. */
export class UsageBatches {
  readonly #store: Pick<KeyStore, 'recordUsage'>
  readonly #onError: (error: unknown) => void
  readonly #waiting = new WaitingUsage()
  /** Writings until what is apart is tried again, and how many it will be after that. */
  #rest = 0
  #nextRest = 1

  constructor(store: Pick<KeyStore, 'recordUsage'>, onError: (error: unknown) => void) {
    this.#store = store
    this.#onError = onError
  }

  /** Takes what a tally has counted, and begins it anew. */
  add(tally: Tally, day: string): void {
    this.#waiting.add(tally, day)
  }

  /** Whether something waits that the store has refused. */
  get hasApart(): boolean {
    return this.#waiting.hasApart
  }

  /** Writes up to the first batch that fails. It is kept, with all that is behind it. */
  async write(): Promise<void> {
    for (const batch of this.#batches()) {
      try {
        await this.#record(batch)
      } catch (error) {
        this.#waiting.keep(batch)
        throw error
      }
    }
  }

  /**
   * Writes all but what the store refuses, which is told once.
   * @param isLast tries what is apart in any case
   * @throws what the store threw, where nothing could be written, or more is refused than one writing goes past
   */
  async writeDivided(isLast: boolean): Promise<void> {
    const divided = new DividedWriting<Waiting>((batch) => this.#record(batch))
    for (const batch of this.#batches()) {
      this.#waiting.keep(await divided.write(batch))
      if (divided.isOver) break
    }
    if (isLast || this.#rest === 0) await this.#tryApart(divided)
    else this.#rest -= 1
    const { refused, isWritten, isOver, failures, error } = divided
    // Where nothing was written, the store is away: that says nothing of those that came alone.
    const news = refused.filter(({ isTold }) => isWritten && !isTold)
    this.#waiting.keep(refused, { isApart: true, ...(isWritten && { isTold: true }) })
    if (news.length > 0) this.#onError(refusedError(news, error))
    if (isOver || (!isWritten && failures > 0)) throw error
  }

  *#batches(): Iterable<readonly Waiting[]> {
    for (;;) {
      const batch = this.#waiting.take(BATCH)
      if (batch.length === 0) return
      yield batch
    }
  }

  async #record(batch: readonly Waiting[]): Promise<void> {
    const told = await this.#store.recordUsage(batch.flatMap(usageIn), batch.flatMap(outcomesIn))
    const full = Number(Reflect.get(Object(told) as Partial<UsageAdded>, 'full'))
    if (full > 0) this.#onError(new StoreError(`Counts of usage at their end: ${String(full)}.`))
  }

  /** Up to the first that is refused again: the next time begins behind it. */
  async #tryApart(divided: DividedWriting<Waiting>): Promise<void> {
    const before = divided.failures
    for (const one of this.#waiting.takeApart()) {
      this.#waiting.keep(divided.failures > before ? [one] : await divided.write([one]))
    }
    if (divided.failures === before) this.#nextRest = 1
    else if (divided.isWritten) {
      this.#rest = this.#nextRest
      this.#nextRest = Math.min(this.#nextRest * 2, MAX_REST)
    }
  }
}

function refusedError(entries: readonly Waiting[], cause: unknown): StoreError {
  const [first] = entries.map(({ tally: { ownerId, environment, keyId }, day }) => {
    const who = keyId === undefined ? `owner '${ownerId}'` : `key '${keyId}'`
    return `${who} in '${environment}' on ${day}`
  })
  const others = entries.length - 1
  const more = others === 0 ? '' : `, and ${String(others)} more`
  return new StoreError(
    `The key store refuses counts of usage, which are set apart and tried again: ${first ?? ''}${more}. All others are written.`,
    { cause },
  )
}

/** Of nobody without a key: uses are those of keys. */
function usageIn({ tally, day }: Waiting): KeyUsage[] {
  const { keyId, environment, uses, lastUsedAt } = tally
  if (keyId === undefined || uses === 0) return []
  return [{ keyId, environment, day, count: uses, lastUsedAt: new Date(lastUsedAt) }]
}

function outcomesIn({ tally, day }: Waiting): OutcomeCount[] {
  const { ownerId, environment, keyId, counts } = tally
  return USAGE_OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => ({
    ...{ ownerId, environment, day, outcome, count: counts[outcome] },
    ...(keyId !== undefined && { keyId }),
  }))
}
