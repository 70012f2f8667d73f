import { createHmac, hash } from 'node:crypto'
import { StoreError } from '../core/errors.js'
import type { MaybePromise } from '../lib/maybe.js'
import {
  createPepperSource,
  type FindPeppers,
  type PepperContext,
  type Peppers,
} from './peppers.js'

/** SHA-256 in base64url, in one shot: the name under which a secret is remembered, and what is stored of a key where there is no pepper. */
export function fingerprint(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** Turns the fingerprint of a secret into what is stored of it. */
export interface Digester {
  /** To be awaited before anything else: peppers that come from elsewhere are there then. @throws {StoreError} while they cannot be had */
  ready(): MaybePromise<unknown>
  /** Whether there are other peppers since a moment ago. @throws {StoreError} while nobody can tell */
  again(): MaybePromise<boolean>
  /** What a new key is stored under. */
  current(fingerprint: string): string
  /** All that a key may be stored under, that of the newest pepper first. */
  candidates(fingerprint: string): readonly string[]
}

/**
 * HMAC-SHA256 of the fingerprint with each pepper, the first being the current one; the fingerprint itself last, for keys that were stored
 * before there was a pepper. Of the fingerprint and not of the secret, so that a key which is imported by its digest is stored like any other.
 */
export function createDigester(
  given: readonly string[] | FindPeppers,
  context: PepperContext,
): Digester {
  const peppered = (fingerprint: string, pepper: string) =>
    createHmac('sha256', pepper).update(fingerprint).digest('base64url')
  const { ready, again, peppers } = sourceOf(given, context)
  return {
    ...{ ready, again },
    current(fingerprint) {
      const { current } = peppers()
      return current === undefined ? fingerprint : peppered(fingerprint, current)
    },
    candidates: (fingerprint) => [
      ...peppers().all.map((pepper) => peppered(fingerprint, pepper)),
      fingerprint,
    ],
  }
}

function sourceOf(given: readonly string[] | FindPeppers, context: PepperContext) {
  if (typeof given !== 'function') {
    const fixed = { all: given, current: given[0] }
    return { ready: () => undefined, again: () => false, peppers: () => fixed }
  }
  const source = createPepperSource(given, context)
  const peppers = (): Peppers => {
    const known = source.current()
    if (known === undefined) throw new StoreError("'keys.peppers' has not answered yet.")
    return known
  }
  return { ready: source.get, again: source.again, peppers }
}

/** A SHA-256 in hex, base64 or base64url as a fingerprint; `undefined` if it is none. */
export function readFingerprint(text: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex').toString('base64url')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  return Buffer.from(text, 'base64').toString('base64url')
}
