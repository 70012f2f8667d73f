import { createPrivateKey } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import { AuditError } from '../core/errors.js'
import { randomBase62 } from '../lib/base62.js'
import type { Clock } from '../lib/clock.js'
import { doAll } from '../lib/do-all.js'
import { withTimeout } from '../lib/maybe.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditSink } from './sink.js'
import { createWriter, type Writer } from './writer.js'

/**
 * What is published on the channel `sallyport:audit` of `node:diagnostics_channel`: when an outage of a sink begins or records begin to be dropped,
 * and when all that waited is written again.
 */
export interface AuditOutage {
  readonly state: 'failing' | 'recovered'
  readonly sink: AuditSink
  /** Of `'failing'`. */
  readonly error?: unknown
  /** Of `'recovered'`: how many records were dropped since it was told last. */
  readonly dropped?: number
}

export interface SinksContext {
  readonly sinks: readonly AuditSink[]
  /** PEM of the Ed25519 private key. */
  readonly key?: string | undefined
  readonly instance: string
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** All sinks of a trail: what one of them keeps is kept. */
export interface Sinks {
  readonly put: (pending: PendingRecord) => void
  /** Resolves once one of them has the record on durable storage. @throws {AuditError} after 250 ms */
  readonly commit: (pending: PendingRecord) => Promise<void>
  /** @throws {AuditError} where that takes more than 5 s */
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
}

const ACKNOWLEDGE_MS = 250
const outages = channel('sallyport:audit')

export function createSinks(context: SinksContext): Sinks {
  const key = context.key === undefined ? undefined : createPrivateKey(context.key)
  const { instance, clock, onError } = context
  const writers = context.sinks.map((sink, index) => {
    const suffix = index === 0 ? '' : `-${String(index)}`
    return createWriter({
      ...{ sink, key, clock, instance, tell: onError },
      newWriter: () => `${instance}.${randomBase62(12)}${suffix}`,
      alarm(error) {
        onError(error)
        tell({ state: 'failing', sink, error })
      },
      recovered(dropped) {
        tell({ state: 'recovered', sink, dropped })
      },
    })
  })

  const forEach = (work: (writer: Writer) => Promise<void>) =>
    doAll(writers.map((writer) => () => work(writer)))

  return {
    put(pending) {
      for (const writer of writers) writer.put(pending)
    },
    async commit(pending) {
      const first = Promise.any(writers.map((writer) => writer.commit(pending)))
      await withTimeout(first, ACKNOWLEDGE_MS, late, setImmediate)
    },
    flush: () => forEach((writer) => writer.flush()),
    close: () => forEach((writer) => writer.close()),
  }
}

function tell(outage: AuditOutage): void {
  if (outages.hasSubscribers) outages.publish(outage)
}

function late(): AuditError {
  return new AuditError(`No sink acknowledged a record within ${String(ACKNOWLEDGE_MS)} ms.`)
}
