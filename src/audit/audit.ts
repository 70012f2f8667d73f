import { createPublicKey } from 'node:crypto'
import { MisuseError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import type { ReadOptions } from './events.js'
import {
  checkArguments,
  querySeen,
  type AuditPage,
  type AuditQuery,
  type AuditView,
} from './query.js'
import type { Sight } from './visible-records.js'
import type { AuditSink, TrailReader } from './sink.js'
import type { OwnAuditEvent } from './filter.js'
import type { Trail } from './trail.js'

/** The audit trail: `gate.audit`. */
export interface Audit {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /**
   * A page of what happened, newest first, from the first sink that can be read; as `queryTrail`. Checkpoints count that are signed with the gate's own key,
   * and with those of `publicKeys`.
   * @throws {MisuseError} also where no sink can be read @throws {AuditError}
   */
  query(query?: AuditQuery, options?: ReadOptions): Promise<AuditPage>
}

/** The audit trail of a person or a service: `gate.as(actor).audit`. */
export interface ActingAudit extends Omit<Audit, 'query'> {
  /**
   * As `gate.audit.query`, of what the actor may read. Who acts for an owner reads events without their place in the chain (`writer`, `seq`, `prev`), with ids of
   * their own: those of the trail count the records of all owners. Operators read all of it.
   */
  query(query?: AuditQuery, options?: ReadOptions): Promise<AuditPage<OwnAuditEvent>>
  /**
   * Records that the actor looks at the audit log: call it before you show what `query` has found. With `mode: 'required'`, it resolves once that is on durable storage.
   * @example await gate.as(ann).audit.note({ path: '/admin/audit', filter: { outcome: 'denied' } })
   * @throws {MisuseError} `not_supported` without an audit trail @throws {AuditError}
   */
  note(view: AuditView): Promise<void>
}

/** What somebody may know of the trail, in pages; as `gate.audit.query`. */
export type QuerySeen = (
  query: AuditQuery,
  options: ReadOptions | undefined,
  sight: Sight,
) => Promise<AuditPage>

/** The trail, and what somebody may know of it. */
export interface OpenAudit {
  readonly audit: Audit
  readonly querySeen: QuerySeen
}

/** @param key PEM of the private key of the gate's own checkpoints */
export function createAudit(
  trail: Trail,
  sinks: readonly AuditSink[],
  key: string | undefined,
  clock: Clock,
): OpenAudit {
  const own =
    key === undefined ? [] : [createPublicKey(key).export({ type: 'spki', format: 'pem' })]

  async function read(query?: AuditQuery, options: ReadOptions = {}, sight?: Sight) {
    const reader = sinks.find(isReader)
    if (reader === undefined) {
      const why = "no sink of 'audit' can be read; files and PostgreSQL can"
      throw new MisuseError('not_supported', `gate.audit.query: ${why}`)
    }
    checkArguments(query === undefined ? {} : query, options)
    const publicKeys = [...own.map(String), ...(options.publicKeys ?? [])]
    return querySeen(reader, query, { clock, ...options, publicKeys }, sight)
  }

  const audit = Object.freeze<Audit>({
    flush: () => trail.flush(),
    query: (query, options) => read(query, options),
  })
  return { audit, querySeen: read }
}

function isReader(sink: AuditSink): sink is AuditSink & TrailReader {
  return 'lines' in sink
}
