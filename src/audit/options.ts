import type { AuditMode } from '../core/requirement.js'
import type { AuditSink } from './sink.js'
import type { AuditWhen } from './accesses.js'

/** The audit trail. */
export interface AuditOptions {
  /**
   * Where records go: files of `sallyport/file`, or any object that has `write`. Several at once: each has a chain of its own, and one that
   * acknowledges is enough.
   */
  readonly sink: AuditSink | readonly AuditSink[]
  /**
   * `'best-effort'`: records are written beside the requests. `'required'`: a request is let in only once its record is on durable storage; where it is not
   * within 250 ms, it is refused with 503. A demand may say otherwise. Default `'best-effort'`.
   */
  readonly mode?: AuditMode
  /** The environments whose requests are recorded, beside those of nobody in particular; or a function that says. Default: all. */
  readonly when?: AuditWhen
  /** What checkpoints are signed with: the Ed25519 private key, in PEM (PKCS #8). Default: none, and nobody can prove that the trail is whole. */
  readonly key?: string
  /**
   * Whether what is unusual for a caller becomes an event `audit.unusual` when it happens: a new address, an hour, more requests than usual, many denials at once. Needs `notify` or
   * `webhooks`. Default false.
   */
  readonly unusual?: boolean
  /** The name of this instance in its records: 1 to 64 letters, digits, `_` and `-`. Default: `HOSTNAME` of its environment, or `local`. */
  readonly instance?: string
}
