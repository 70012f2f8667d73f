import { AuditError } from '../../src/index.js'

/** What is said where a record that was to be written is not the one that is there under its number. */
export function placeTaken(): AuditError {
  const message = 'Another record has the place of one that was to be written.'
  return new AuditError(message, { fault: 'place_taken' })
}
