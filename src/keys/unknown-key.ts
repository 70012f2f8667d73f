import type { Refusal } from '../core/denial.js'
import { refuse, told, type Finding } from '../core/refuse.js'
import { isObjectLike } from '../core/token-like.js'
import { BODY_LENGTH, CHECKSUM_LENGTH, isMistyped, MAX_SECRET_LENGTH } from './format.js'

/** The refusal of a secret that is that of no key. It says why, as far as the secret tells itself. No part of it is told but how keys of this gate begin. */
export function createUnknownKeyRefusal(
  prefix: string,
  environments: readonly string[],
  hasLegacy: boolean,
): Refusal {
  const shape = new RegExp(`^(${prefix}_([a-z][a-z0-9]{0,31})_[sp]k_)(.*)$`, 's')

  function findingOf(secret: string): Omit<Finding, 'issuer'> {
    const got = told(`a text of ${String(secret.length)} characters`)
    if (isObjectLike(secret.split('.', 1)[0] ?? '') && secret.includes('.')) {
      const fix = "JWTs are read where tokens are accepted, from the issuers in 'issuers'."
      return { check: 'kind', expected: 'an API key', got: told('a JWT'), fix }
    }
    if (secret.length > MAX_SECRET_LENGTH) {
      return { check: 'length', expected: `${String(MAX_SECRET_LENGTH)} characters at most`, got }
    }
    const [, start = '', environment = '', tail = ''] = shape.exec(secret) ?? []
    if (start === '') {
      const fix = hasLegacy
        ? "'keys.legacy' does not know it, and it was never imported."
        : `Keys of this gate begin with '${prefix}_'. One from elsewhere must be imported, or verified by 'keys.legacy'.`
      const expected = `'${prefix}_' and more, or an imported key`
      return {
        check: 'prefix',
        expected,
        got: told(`a text of ${String(secret.length)} characters that begins otherwise`),
        fix,
      }
    }
    if (!environments.includes(environment)) {
      const fix = 'The key is for another environment, or of another gate.'
      return { check: 'environment', expected: environments, got: environment, fix }
    }
    const length = BODY_LENGTH + CHECKSUM_LENGTH
    if (tail.length !== length) {
      const expected = `'${start}' and ${String(length)} characters`
      return {
        check: 'length',
        expected,
        got: told(`'${start}' and ${String(tail.length)} characters`),
        fix: 'Was the whole key copied?',
      }
    }
    const whole = told(`'${start}' and ${String(length)} characters`)
    if (isMistyped(secret, prefix)) {
      return {
        check: 'checksum',
        expected: 'a key as it was issued',
        got: whole,
        fix: 'A character was changed: copy the key again.',
      }
    }
    const fix =
      "It was never stored here, or was deleted; it may be of another store, or its digest was made with a pepper that is not in 'keys.peppers'."
    return { check: 'stored', expected: 'a key that is in the store', got: whole, fix }
  }

  return refuse('unknown_key', findingOf)
}
