import type { Refusal } from './denial.js'

/** Who presents a credential that may be a guess. */
export interface Guesser {
  /** Asked before such a credential is looked up: a refusal, and nobody else is asked. */
  refuseGuess(): Refusal | undefined
  /** It was one. */
  chargeGuess(): void
}
