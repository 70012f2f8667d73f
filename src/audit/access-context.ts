import type { Auth } from '../core/auth.js'
import type { createCleaner } from '../core/redaction.js'
import type { Proxies } from '../http/client-address.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { PendingRecord } from './pending-record.js'
import type { AccessRecord } from './record.js'

/** A record that is being composed. */
export type WritableRecord = { -readonly [Name in keyof AccessRecord]: AccessRecord[Name] }

/** An access, as far as it is looked at to see what becomes of its record. */
export interface FollowedAccess extends PendingRecord {
  readonly recorded: boolean
  readonly required: boolean
  readonly ended: boolean
}

export interface AccessContext {
  readonly clean: ReturnType<typeof createCleaner>
  readonly proxies: Pick<Proxies, 'clientOf'>
  /** Whether the health information that a caller gets is made up. */
  readonly isSynthetic: (auth: Auth | undefined) => boolean
  /** What the records of this gate with this number are called. */
  readonly idOf: (number: number) => string
  /** More is known of an access that may have been written already. */
  readonly more: (access: FollowedAccess) => MaybePromise<void>
  /** What a handler told cannot be recorded. */
  readonly refuse: (error: Error) => Promise<never>
}
