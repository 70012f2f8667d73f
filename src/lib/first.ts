import { isPromise, type MaybePromise } from './maybe.js'

/** One question about a subject: an answer, or `undefined` when there is nothing to say. */
export type Check<Subject, Answer> = (subject: Subject) => MaybePromise<Answer | undefined>

/** Asks the checks in order and stops at the first answer; waits only for a check that makes it wait. */
export function first<Subject, Answer>(
  checks: readonly Check<Subject, Answer>[],
  subject: Subject,
  from = 0,
): MaybePromise<Answer | undefined> {
  for (let index = from; index < checks.length; index++) {
    const answer = checks[index]?.(subject)
    if (answer === undefined) continue
    if (!isPromise(answer)) return answer
    return answer.then((late) => (late === undefined ? first(checks, subject, index + 1) : late))
  }
  return undefined
}
