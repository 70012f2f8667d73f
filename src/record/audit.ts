import type { Page } from '../keys/store.js'
import { MisuseError } from '../terms/misuse.js'
import type { AuditEvent } from './filter.js'
import { queryTrail, type AuditQuery } from './query.js'
import type { AuditSink, TrailReader } from './sink.js'
import type { Trail } from './trail.js'

/** The audit trail: `gate.audit`. */
export interface Audit {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /**
   * A page of what happened, newest first, from the first sink that can be read; as `queryTrail`.
   * @throws {MisuseError} also where no sink can be read @throws {AuditError}
   */
  query(query?: AuditQuery): Promise<Page<AuditEvent>>
}

export function createAudit(trail: Trail | undefined, sinks: readonly AuditSink[] = []): Audit {
  return Object.freeze<Audit>({
    flush: () => trail?.flush() ?? Promise.resolve(),
    async query(query) {
      const reader = sinks.find(isReader)
      if (reader !== undefined) return queryTrail(reader, query)
      const why =
        trail === undefined
          ? "there is no audit trail; give 'audit' to createGate"
          : "no sink of 'audit' can be read; files and PostgreSQL can"
      throw new MisuseError('not_supported', `gate.audit.query: ${why}`)
    },
  })
}

function isReader(sink: AuditSink): sink is AuditSink & TrailReader {
  return 'lines' in sink
}
