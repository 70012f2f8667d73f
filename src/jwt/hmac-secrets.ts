import { isSecretAlgorithm, secretBytesOf, type Algorithm } from './algorithms.js'

type Secret = string | Uint8Array

/** Why tokens cannot be signed with one of these secrets, without what is in it. */
export function whyNotSecret(
  secrets: readonly Secret[],
  algorithm: Algorithm | undefined,
): string | undefined {
  if (algorithm === undefined || !isSecretAlgorithm(algorithm)) return undefined
  const least = secretBytesOf(algorithm)
  const shortest = Math.min(...secrets.map((each) => Buffer.from(each).length))
  if (shortest >= least) return undefined
  const message = `must have at least ${String(least)} bytes for ${algorithm}`
  return shortest === 0
    ? `${message}; it is empty: is an environment variable not set?`
    : `${message}; to replace a shorter one, see docs/migrating.md`
}
