import { StoreError } from '../core/errors.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { withTimeout, type MaybePromise } from '../lib/maybe.js'

/** For one call: what never answers is asked anew at the next look. */
const STORE_MS = 10_000

/** An outbox whose calls end: each has 10 s. @throws {StoreError} */
export function timedOutbox(outbox: KeyOutbox): KeyOutbox {
  return {
    subscribe: (targets) => inTime(() => outbox.subscribe(targets)),
    add: (events) => inTime(() => outbox.add(events)),
    claim: (claim) => inTime(() => outbox.claim(claim)),
    delivered: (seq, holder) => inTime(() => outbox.delivered(seq, holder)),
    failed: (seq, holder, fault) => inTime(() => outbox.failed(seq, holder, fault)),
    release: (holder) => inTime(() => outbox.release(holder)),
    failures: (page) => inTime(() => outbox.failures(page)),
    retry: (seq) => inTime(() => outbox.retry(seq)),
  }
}

async function inTime<T>(call: () => MaybePromise<T>): Promise<T> {
  const late = () => new StoreError(`The outbox did not answer within ${String(STORE_MS)} ms.`)
  return withTimeout(call(), STORE_MS, late)
}
