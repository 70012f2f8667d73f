import { MisuseError } from '../core/errors.js'
import { OAUTH_STEPS, type OAuthStep, type OAuthStepName } from '../core/oauth-step.js'
import { recordedName, type Cleaner } from '../core/redaction.js'
import type { AccessRecord } from './record.js'

const MAX_NAME = 256
const MAX_SCOPES = 100
const ERROR = /^[a-z_]{1,64}$/

/** What handlers have told of one request, ready to be written. */
export interface ToldSteps extends Pick<AccessRecord, 'subject' | 'ownerId' | 'clientId'> {
  readonly oauthSteps: readonly OAuthStepName[]
  readonly oauthError?: string
  readonly scopesAsked?: readonly string[]
  readonly scopesGranted?: readonly string[]
}

/** With what is told now: what it leaves out stays as it was said before. */
export function withStep(told: ToldSteps | undefined, given: OAuthStep, clean: Cleaner): ToldSteps {
  checkStep(given)
  const { step, error, scopes, ...names } = given
  const { subject, ownerId, clientId } = names
  const cleaned = (text: string) => clean(text, MAX_NAME)
  const isGiven = error === undefined && (step === 'consent' || step === 'token')
  return {
    ...told,
    oauthSteps: [...new Set([...(told?.oauthSteps ?? []), step])],
    ...(error !== undefined && { oauthError: error }),
    ...(subject !== undefined && { subject: cleaned(subject) }),
    ...(ownerId !== undefined && { ownerId: recordedName(ownerId, clean) }),
    ...(clientId !== undefined && { clientId: cleaned(clientId) }),
    ...(scopes && { [isGiven ? 'scopesGranted' : 'scopesAsked']: scopes.map(cleaned) }),
  }
}

/** What a record has of them. Who asked is as a guard has found it; where it found nobody, the app has said who it is. */
export function membersOfSteps(
  steps: ToldSteps | undefined,
  isKnown: boolean,
): Partial<AccessRecord> | undefined {
  if (steps === undefined) return undefined
  const { subject, ownerId, clientId, ...told } = steps
  if (isKnown) return told
  return {
    ...told,
    ...(subject !== undefined && { app: true, subject }),
    ...(ownerId !== undefined && { ownerId }),
    ...(clientId !== undefined && { clientId }),
  }
}

/** Whether one of them was refused. */
export function isRefused(steps: ToldSteps | undefined): boolean {
  return steps?.oauthError !== undefined
}

/** Refused steps are counted as one where all of this is alike. */
export function kindOfSteps(steps: ToldSteps | undefined): string {
  if (steps === undefined) return ''
  const { oauthSteps, oauthError, subject, clientId } = steps
  return JSON.stringify([oauthSteps, oauthError, subject, clientId])
}

/** @throws {MisuseError} */
function checkStep(given: OAuthStep): void {
  const { step, error, scopes = [], ...names } = Object(given) as Readonly<Record<string, unknown>>
  if (!OAUTH_STEPS.some((known) => known === step)) {
    refuse(`'step' must be one of ${OAUTH_STEPS.map((known) => `'${known}'`).join(', ')}`)
  }
  if (error !== undefined && !(typeof error === 'string' && ERROR.test(error))) {
    refuse("'error' must be 1 to 64 lower-case letters and '_', such as 'invalid_grant'")
  }
  const isList = Array.isArray(scopes) && scopes.length <= MAX_SCOPES
  if (!isList || !scopes.every((scope) => typeof scope === 'string')) {
    refuse(`'scopes' must be a list of at most ${String(MAX_SCOPES)} texts`)
  }
  for (const name of ['subject', 'ownerId', 'clientId']) {
    if (!['string', 'undefined'].includes(typeof names[name])) refuse(`'${name}' must be a text`)
  }
}

function refuse(what: string): never {
  throw new MisuseError('invalid_option', `auditOf().oauth: ${what}`)
}
