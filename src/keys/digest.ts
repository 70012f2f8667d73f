import { createHmac, hash } from 'node:crypto'

/** SHA-256 in base64url, in one shot: the name under which a secret is remembered, and what is stored of a key where there is no pepper. */
export function fingerprint(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** Turns the fingerprint of a secret into what is stored of it. */
export interface Digester {
  /** What a new key is stored under. */
  current(fingerprint: string): string
  /** All that a key may be stored under, the current one first. */
  candidates(fingerprint: string): readonly string[]
}

/**
 * HMAC-SHA256 of the fingerprint with each pepper, the first being the current one; the fingerprint itself last, for keys that were stored
 * before there was a pepper. Of the fingerprint and not of the secret, so that a key which is imported by its digest is stored like any other.
 */
export function createDigester(peppers: readonly string[]): Digester {
  const peppered = (fingerprint: string, pepper: string) =>
    createHmac('sha256', pepper).update(fingerprint).digest('base64url')
  const [newest] = peppers
  return {
    current: (fingerprint) => (newest === undefined ? fingerprint : peppered(fingerprint, newest)),
    candidates: (fingerprint) => [
      ...peppers.map((pepper) => peppered(fingerprint, pepper)),
      fingerprint,
    ],
  }
}

/** A SHA-256 in hex, base64 or base64url as a fingerprint; `undefined` if it is none. */
export function readFingerprint(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex').toString('base64url')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  return Buffer.from(text, 'base64').toString('base64url')
}
