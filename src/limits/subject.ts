import type { Auth } from '../core/auth.js'
import { callerId } from '../core/caller.js'
import { atOnce } from '../lib/maybe.js'

const MAX_SUBJECT = 256

export interface SubjectContext {
  readonly by: 'owner' | 'key' | ((auth: Auth) => string)
  readonly onError: (error: unknown) => void
}

/** Whose counters these are; each environment has its own. */
export function subjectOf(auth: Auth, { by, onError }: SubjectContext): string {
  const { environment } = auth
  if (by === 'owner') return `${environment}:owner:${auth.ownerId}`
  // A token is one of many that its client is given: they are counted together, and those of a key with it.
  if (by === 'key') return callerId(auth)
  const subject: unknown = atOnce(by(auth), 'limits.by', onError)
  // Stores disagree about control characters and halves of surrogate pairs: one fails, and another counts two callers together.
  const isText = typeof subject === 'string' && !/[\p{Cc}\p{Cs}]/u.test(subject)
  if (isText && subject !== '' && subject.length <= MAX_SUBJECT) {
    return `${environment}:by:${subject}`
  }
  throw new TypeError(
    `limits.by must return a text of 1 to ${String(MAX_SUBJECT)} characters, without control characters.`,
  )
}
