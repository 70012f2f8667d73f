import { Refusal } from '../core/denial.js'
import { REASONS } from '../http/reasons.js'
import { refuse } from '../core/refuse.js'
import type { TokenClaims } from './claim-rules.js'

/** An issuer, or what the app says of its tokens, cannot be had. */
export const ISSUER_UNAVAILABLE = new Refusal('issuer_unavailable')
/** Too many others are being asked about: nobody was asked, so nothing has failed. */
export const ISSUER_BUSY = new Refusal('issuer_busy')

/** Whether a refusal says something of the token: not what could not be found out. */
export function isVerdict({ reason }: Refusal): boolean {
  return REASONS[reason].status === 401
}

/** The app does not know the caller of a token, or what it says of it is of no use. */
export function refuseCaller({ issuer }: TokenClaims, got: unknown): Refusal {
  const fix = "'identify' of the issuer decides who the caller is."
  return refuse('token_invalid', { check: 'identify', expected: 'a caller', got, fix, issuer })
}

export function refuseNobody({ issuer }: TokenClaims): Refusal {
  const fix = "The token has neither a subject nor a client: say with 'identify' who the caller is."
  const finding = { check: 'sub', expected: 'a subject or a client', got: undefined } as const
  return refuse('token_invalid', { ...finding, fix, issuer })
}
