import { channel } from 'node:diagnostics_channel'

/**
 * What is published on the channel `sallyport:outages` of `node:diagnostics_channel`: once when an outage begins, with the `error` that it began
 * with, and once when it is over.
 */
export interface Outage {
  /**
   * `'key_store'`: it failed, or did not answer within 250 ms. `'key_changes'`: changes of keys are not heard, and each key is read anew.
   * `'limit_store'`: `limits.onStoreError` says what becomes of requests. `'token_revocations'`, `'replay_store'`: it failed, or did not answer within
   * 50 ms. `'issuer'`: its keys, or what it says of tokens, cannot be had. `'peppers'`, `'signing_keys'`: the function that answers them failed. `'access_store'`, `'agreement_store'`: as `'key_store'`.
   */
  readonly part:
    | 'key_store'
    | 'key_changes'
    | 'limit_store'
    | 'token_revocations'
    | 'replay_store'
    | 'issuer'
    | 'peppers'
    | 'signing_keys'
    | 'access_store'
    | 'agreement_store'
  readonly state: 'failing' | 'recovered'
  /** Of `'issuer'`: which one, as the option has it. */
  readonly issuer?: string
  /** Of all others: which one, the very object that the option has. It tells gates of one process apart. */
  readonly store?: unknown
  readonly error?: unknown
}

const outages = channel('sallyport:outages')

/** Tells of the outages of one part. What has begun does not begin again. */
export class OutageReporter {
  readonly #part: Outage['part']
  readonly #which: Pick<Outage, 'issuer' | 'store'>
  #failing = false

  constructor(part: Outage['part'], which: Pick<Outage, 'issuer' | 'store'>) {
    this.#part = part
    this.#which = which
  }

  begun(error: unknown): void {
    if (this.#failing) return
    this.#failing = true
    this.#publish({ state: 'failing', error })
  }

  over(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#publish({ state: 'recovered' })
  }

  #publish(told: Pick<Outage, 'state' | 'error'>): void {
    if (!outages.hasSubscribers) return
    outages.publish({ part: this.#part, ...this.#which, ...told })
  }
}
