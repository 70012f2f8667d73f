import type { LevelOptions, ScopeOptions } from '../core/catalogue-options.js'
import type { Reason } from '../core/denial.js'
import type { PhiHandling } from '../core/phi.js'
import type { CredentialKind } from '../http/options.js'
import type { Duration } from '../lib/duration.js'
import type { Plan } from '../limits/plans.js'

/** An environment, as its gate describes it. */
export interface EnvironmentDescription {
  readonly name: string
  /** In lower case. Empty: it is served on every host, or is the default of all that are not listed. */
  readonly hosts: readonly string[]
  /** Whether it is served on hosts that are not listed. */
  readonly isDefault: boolean
  /** The environments whose keys its callers manage: its own among them. */
  readonly manages: readonly string[]
  readonly phi: PhiHandling
  /** How its data is reset. Absent: never. */
  readonly reset?: {
    readonly every: 'day'
    /** In UTC, such as `'03:00Z'`. */
    readonly at: string
    /** When the last reset ended. Absent: never, or this instance does not know yet. */
    readonly last?: Date
    readonly next: Date
  }
}

/** A place where a gate reads credentials. */
export interface PlaceDescription {
  readonly in: 'header' | 'cookie' | 'query'
  /** In lower case, if it is a header. */
  readonly name: string
  /** What stands before the credential in a header, such as `'Bearer'`. */
  readonly scheme?: string
  readonly accepts: CredentialKind
}

/** What a reason is on the wire. */
export interface ErrorDescription {
  readonly status: number
  /** In the error format of the gate, with a request id that stands for any. */
  readonly body: unknown
}

/** What a gate says of itself: for pages of documentation and for tools. It has no secret. */
export interface GateDescription<S extends string = string> {
  readonly environments: readonly EnvironmentDescription[]
  readonly scopes: readonly (ScopeOptions & { readonly name: S; readonly level: number | string })[]
  /** The levels that have names, the lowest first. */
  readonly levels: readonly LevelOptions[]
  readonly plans: Readonly<Record<string, Plan>>
  readonly defaultPlan?: string
  readonly credentials: readonly PlaceDescription[]
  readonly keys: {
    readonly prefix: string
    /** A regular expression for the secrets of all environments. Imported keys may look otherwise. */
    readonly pattern: string
    /** How long a rotated key works beside its successor, if it is not said otherwise. */
    readonly gracePeriod: Duration
    /** How old a key may grow before it is due for rotation. */
    readonly rotateAfter: Duration
  }
  /** The issuers whose tokens are accepted. `'dynamic'`: a function of the app finds them. */
  readonly issuers: 'dynamic' | readonly { readonly issuer: string; readonly environment: string }[]
  /** How the gate issues tokens. Absent: it issues none. */
  readonly tokens?: {
    readonly issuer: string
    readonly audience: readonly string[]
    readonly lifetime: Duration
  }
  /** What the audit log has. Absent: there is none. */
  readonly audit?: {
    /**
     * Which requests are in it, as `audit.when` has them: `'all'`; `'some'`: a function of the app says which; a list: those with credentials of these environments, and those of nobody in
     * particular.
     */
    readonly requests: 'all' | 'some' | readonly string[]
  }
  /** Who is told of events. Absent: nobody. */
  readonly events?: {
    /** Whether `notify` is. */
    readonly notify: boolean
    /** How many endpoints of `webhooks` are. */
    readonly webhooks: number
    /** Who says which owners are reminded of keys that are due: the owners choose, or `reminders.wants` answers for them. Absent: nobody is reminded. */
    readonly reminders?: 'chosen' | 'answered'
  }
  readonly errors: {
    readonly contentType: string
    readonly responses: Readonly<Record<Reason, ErrorDescription>>
  }
  readonly realm: string
}
