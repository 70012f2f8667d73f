import { MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'

/** Whose tokens are to be forgotten. */
export interface ForgottenTokens {
  /** `auth.issuer` of the tokens. */
  readonly issuer: string
  /** `auth.subject` of the tokens. Default: those of all subjects. */
  readonly subject?: string
}

/** What is said where a gate issues no tokens. */
export function issuesNone(where: string): MisuseError {
  return new MisuseError(
    'not_supported',
    `${where}: this gate issues no tokens; give createGate the option 'tokens'`,
  )
}

/** @throws {MisuseError} */
export function readForgotten(whose: ForgottenTokens): ForgottenTokens {
  const example = "{ issuer: 'https://login.example.com', subject: 'user-1' }"
  checkNames(whose, ['issuer', 'subject'], 'gate.tokens.forget', example)
  const { issuer, subject } = whose
  if (typeof (issuer as unknown) !== 'string') {
    throw new MisuseError('invalid_option', `gate.tokens.forget: must be given ${example}`)
  }
  return { issuer, ...(subject !== undefined && { subject }) }
}
