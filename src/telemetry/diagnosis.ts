import { LRUCache } from 'lru-cache'
import type { Diagnosis, Reason, Refusal } from '../core/denial.js'
import { DiagnosisError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { createElapsed } from '../lib/elapsed.js'
import { placesFor } from '../lib/places.js'

/** The same is told once in so long. */
const QUIET_MS = 60_000
/** Checks and issuers that are remembered. */
const MAX_TOLD = 1_024

/** Tells the operator why requests were rejected: each check of each issuer once a minute. */
export function createDiagnosis(
  clock: Clock,
  tell: (error: DiagnosisError) => void,
): (refusal: Refusal, presented: string | undefined) => void {
  const elapsed = createElapsed(clock)
  const nextAt = new LRUCache<string, number>(placesFor(MAX_TOLD))

  return (refusal, presented) => {
    const diagnosis = refusal.diagnose?.(presented)
    if (diagnosis === undefined) return
    const { cause, issuer } = diagnosis
    const what = JSON.stringify([cause.check, issuer])
    const now = elapsed()
    if (now < (nextAt.get(what) ?? 0)) return
    nextAt.set(what, now + QUIET_MS)
    const error = new DiagnosisError(messageOf(refusal.reason, diagnosis), { cause })
    // Where it was made says nothing.
    error.stack = `${error.name}: ${error.message}`
    tell(error)
  }
}

function messageOf(reason: Reason, { cause, fix = '', issuer }: Diagnosis): string {
  const { check, expected, got } = cause
  const what = issuer === undefined ? check : `${check} of issuer '${issuer}'`
  const message = `A request was rejected with ${reason}: ${what} is ${got}; expected ${expected}.`
  return `${message} ${fix}`.trimEnd()
}
