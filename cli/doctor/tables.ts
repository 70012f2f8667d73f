/** What a role must be able to do with a table. */
type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'

/** Tables that one part of an API needs, and what its role must be able to do with them. */
export interface Feature {
  /** As `--uses` has it. Absent: every API needs them. */
  readonly name?: string
  /** What needs them, for people. */
  readonly of: string
  readonly tables: Readonly<Record<string, readonly Right[]>>
}

const ADDED = ['SELECT', 'INSERT'] as const
const CHANGED = ['SELECT', 'INSERT', 'UPDATE'] as const
const ALL = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const

export const FEATURES: readonly Feature[] = [
  {
    of: 'keys',
    tables: {
      sallyport_keys: CHANGED,
      sallyport_key_usage: CHANGED,
      sallyport_usage: CHANGED,
      sallyport_key_suspensions: ALL,
      sallyport_migrations: ['SELECT'],
    },
  },
  {
    ...{ name: 'audit', of: 'an audit log in PostgreSQL' },
    tables: { sallyport_audit: ADDED },
  },
  {
    ...{ name: 'events', of: 'notify, webhooks and reminders' },
    tables: {
      sallyport_outbox: ALL,
      sallyport_outbox_targets: ALL,
      sallyport_outbox_marks: ALL,
    },
  },
  {
    ...{ name: 'reminders', of: 'reminders by choice' },
    tables: { sallyport_reminders: CHANGED },
  },
  { name: 'reset', of: 'daily resets', tables: { sallyport_jobs: CHANGED } },
  {
    ...{ name: 'access', of: 'requests for access and agreements' },
    tables: {
      sallyport_access: CHANGED,
      sallyport_agreements: CHANGED,
      sallyport_revisions: ['SELECT', 'UPDATE'],
      sallyport_changed_owners: CHANGED,
    },
  },
  {
    ...{ name: 'used-ids', of: 'assertions and forms that are used once' },
    tables: { sallyport_used_ids: ALL },
  },
  {
    ...{ name: 'reviews', of: 'signed reviews' },
    tables: { sallyport_reviews: ADDED },
  },
]

/** What `--uses` may name. */
export const FEATURE_NAMES: readonly string[] = FEATURES.flatMap(({ name }) => name ?? [])

export function tablesOf(features: readonly Feature[]): readonly string[] {
  return features.flatMap(({ tables }) => Object.keys(tables))
}
