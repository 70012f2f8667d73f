import type { KeyOutbox } from '../keys/outbox.js'
import { patientCall } from '../keys/patient-call.js'
import type { MaybePromise } from '../lib/maybe.js'

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

function inTime<T>(call: () => MaybePromise<T>): Promise<T> {
  return patientCall('The outbox did not answer', call)
}
