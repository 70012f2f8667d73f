import type { AuditNote, Decision } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import type { MaybePromise } from '../lib/maybe.js'
import { createAccesses, type TrailContext } from './accesses.js'
import { createDenialAggregator } from './denial-aggregator.js'
import { createJournals, type Journals } from './key-journal.js'
import { createSinks } from './sinks.js'
import { createWatcher, type WatcherContext } from './watcher.js'

/** What the pipeline tells of each request. */
export interface Trail extends Journals {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /** A request has come, or a call without one from an address. An earlier guard may have begun with it, and left a note. */
  begin(request: GateRequest | undefined, earlier?: AuditNote, address?: string): AuditNote
  /** It was decided; where that must be on durable storage before anything else happens and cannot be, something else is. */
  decided<D extends Decision>(
    context: RequestContext,
    decision: D,
    unrecorded: () => D,
  ): MaybePromise<D>
  /** An endpoint of the gate refuses what its guard has let in. */
  refused(note: AuditNote | undefined, reason: Reason): void
  /** Records that the audit log itself was read, also where it is said that the request is not recorded. Resolves once that is on durable storage. @throws {AuditError} */
  readonly noteReading: (note: AuditNote) => Promise<void>
  close(): Promise<void>
}

/** What a trail is made from. */
export interface TrailOptions extends Omit<TrailContext, 'watcher'> {
  /** Told of what is unusual. Absent: nobody watches. */
  readonly tellUnusual?: WatcherContext['tell']
}

export function createTrail(options: TrailOptions): Trail {
  const { mode, clock, tellUnusual: tell, onError } = options
  const watcher = tell && createWatcher({ ...options, tell })
  const context: TrailContext = { ...options, watcher }
  const sinks = createSinks(context)
  const { put, commit } = sinks
  const aggregator = createDenialAggregator(put)
  const accesses = createAccesses(context, sinks, aggregator)
  const { clean, newId } = accesses
  const journals = createJournals({ ...{ mode, clock, clean, put, commit, onError }, newId })

  return {
    begin: accesses.begin,
    decided(asking, decision, unrecorded) {
      const access = accesses.noted(asking.note)
      if (access === undefined || !accesses.mustWait(access, asking, decision)) return decision
      return commit(access).then(
        () => decision,
        (error: unknown) => {
          onError(error)
          if (decision.allowed) decision.end()
          const denial = unrecorded()
          accesses.mustWait(access, asking, denial)
          return denial
        },
      )
    },
    refused(note, reason) {
      const access = accesses.noted(note)
      if (access === undefined) return
      access.refused(reason)
      // It was written as one that was let in. Refusals do not wait.
      if (access.recorded && (access.ended || access.committed)) put(access)
    },
    ...journals,
    async noteReading(note) {
      const access = accesses.noted(note)
      if (access === undefined) return
      if (!access.required) {
        access.recorded = true
        access.facts.settle()
        access.committed = true
        access.required = true
      }
      await access.phi({ action: 'read', resource: 'AuditEvent' })
    },
    async flush() {
      aggregator.flush()
      await sinks.flush()
    },
    async close() {
      watcher?.close()
      aggregator.flush()
      await sinks.close()
    },
  }
}
