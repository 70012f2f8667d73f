import { MisuseError } from './errors.js'

/** What is wrong with a requirement in itself. @param message begins with the member in quotes */
export function requirementError(message: string): MisuseError {
  return new MisuseError('invalid_option', `requirement: ${message}`)
}
