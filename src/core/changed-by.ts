import type { Auth } from './auth.js'

/** Someone who acts for whoever runs the API, such as its staff: no rule holds it back, and records name it. */
export interface Operator {
  readonly kind: 'operator'
  readonly subject: string
  readonly name?: string
  readonly ownerId?: string
}

/** Who makes a change, as it is recorded. Absent members are not known. */
export interface ChangedBy {
  readonly auth: Auth | Operator
  readonly requestId?: string
  /** The client's address, where no record of a request has it. */
  readonly address?: string
}
