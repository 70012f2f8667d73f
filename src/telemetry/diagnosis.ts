import type { Diagnosis, Reason, Refusal } from '../core/denial.js'
import { DiagnosisError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { createElapsed } from '../lib/elapsed.js'

/** The same is told once in so long. */
const QUIET_MS = 60_000
/** Checks and issuers that are remembered. */
const MAX_TOLD = 1_024

/**
 * Told of each refusal.
 * @param presented the credential of the request
 * @param caller the issuer of a caller that is known
 */
export type Diagnose = (refusal: Refusal, presented?: string, caller?: string) => void

const mistakes = new WeakSet()

/** Whether it tells of a mistake of the app, which no client can change. */
export function tellsMistake(error: DiagnosisError): boolean {
  return mistakes.has(error)
}

/** Tells the operator why requests were rejected: each check of each issuer once a minute. What is wrong with keys is told apart from what is wrong with tokens. */
export function createDiagnosis(clock: Clock, tell: (error: DiagnosisError) => void): Diagnose {
  const elapsed = createElapsed(clock)
  /** What was told longest ago first. */
  const nextAt = new Map<string, number>()

  return (refusal, presented, caller) => {
    const diagnosis = refusal.diagnose?.(presented)
    // A used-up limit is business as usual: it is in the denial.
    if (diagnosis === undefined || diagnosis.isOrdinary === true) return
    const { cause, issuer, isMistake } = diagnosis
    // The same rule holds keys and the tokens of each issuer, and each has its own configuration.
    const what = JSON.stringify([cause.check, issuer ?? caller, isMistake])
    const now = elapsed()
    if (now < (nextAt.get(what) ?? 0)) return
    const [oldest] = nextAt.keys()
    if (nextAt.size >= MAX_TOLD && oldest !== undefined) nextAt.delete(oldest)
    nextAt.delete(what)
    nextAt.set(what, now + QUIET_MS)
    const error = new DiagnosisError(messageOf(refusal.reason, diagnosis), { cause })
    // Where it was made says nothing.
    error.stack = `${error.name}: ${error.message}`
    if (isMistake === true) mistakes.add(error)
    tell(error)
  }
}

function messageOf(reason: Reason, { cause, fix = '', issuer }: Diagnosis): string {
  const { check, expected, got } = cause
  const what = issuer === undefined ? check : `${check} of issuer '${issuer}'`
  const message = `A request was rejected with ${reason}: ${what} is ${got}; expected ${expected}.`
  return `${message} ${fix}`.trimEnd()
}
