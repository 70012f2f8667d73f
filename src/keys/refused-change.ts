import type { Refusal } from '../core/denial.js'
import { KeyError } from '../core/errors.js'

/** Brings a refusal out of a change that is being made. */
export class RefusedChange extends KeyError {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super('not_grantable', refusal.details.detail ?? 'This is not yours to change.')
    this.refusal = refusal
  }
}

/** @throws {RefusedChange} where there is something against a change. */
export function stopFor(refused: Refusal | undefined): void {
  if (refused !== undefined) throw new RefusedChange(refused)
}
