import type { KeyOutcome } from '../keys/key-change.js'
import type { MaybePromise } from '../lib/maybe.js'

/** What becomes of an owner's access, and of what it has agreed to. */
export const ENROLLMENT_ACTIONS = [
  'request',
  'approve',
  'deny',
  'suspend',
  'resume',
  'end',
  'accept',
  'withdraw',
] as const

export type EnrollmentAction = (typeof ENROLLMENT_ACTIONS)[number]

/** One step of an owner's access, as it is told to whoever remembers steps. */
export interface EnrollmentEvent {
  readonly action: EnrollmentAction
  /** The request for access, or the acceptance. */
  readonly subjectId: string
  readonly ownerId: string
  readonly environments?: readonly string[]
  /** The terms of an acceptance. */
  readonly terms?: { readonly id: string; readonly version: string }
  /** Who took the step. */
  readonly by: EnrollmentPerson
}

/** Who took a step. */
export interface EnrollmentPerson {
  readonly id: string
  readonly name?: string
  readonly ownerId?: string
  readonly address?: string
}

/**
 * Told of a step that is about to be taken; what it answers is told how it ended. What it throws keeps the step from being taken.
 */
export type EnrollmentJournal = (
  event: EnrollmentEvent,
) => MaybePromise<(outcome: KeyOutcome) => MaybePromise<void>>
