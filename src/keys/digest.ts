import { createHmac, hash } from 'node:crypto'

/** Turns secrets into what is stored of them. */
export interface Digester {
  /** What a new key is stored under. */
  current(secret: string): string
  /** All that a secret may be stored under, likeliest first. `plain` is its fingerprint, where that is at hand. */
  candidates(secret: string, plain?: string): readonly string[]
}

/** SHA-256 in base64url, in one shot: the cache's name for a secret, and its digest where there is no pepper. */
export function fingerprint(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** HMAC-SHA256 with each pepper, the first being the current one; plain SHA-256 last, for imported digests. */
export function createDigester(peppers: readonly string[]): Digester {
  const peppered = (secret: string, pepper: string) =>
    createHmac('sha256', pepper).update(secret).digest('base64url')
  const [newest] = peppers
  return {
    current: (secret) => (newest === undefined ? fingerprint(secret) : peppered(secret, newest)),
    candidates: (secret, plain = fingerprint(secret)) => [
      ...peppers.map((pepper) => peppered(secret, pepper)),
      plain,
    ],
  }
}

/** A SHA-256 digest in hex, base64 or base64url, as the store has it; `undefined` if it is none. */
export function normalizeDigest(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex').toString('base64url')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  return Buffer.from(text, 'base64').toString('base64url')
}
