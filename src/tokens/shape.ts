import { readStrictJson, type JsonObject } from './strict-json.js'

/** In bytes. It leaves room for less than 6,144 bytes of claims. */
export const MAX_TOKEN = 8_192
const MAX_HEADER = 2_048
export const MAX_ID = 256

/** What a token says of itself. Nothing of it is proven. */
export interface TokenShape {
  readonly header: TokenHeader
  readonly claims: JsonObject
}

export interface TokenHeader {
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
}

/**
 * Header members that change how a token is to be read. We understand none of them: extensions (RFC 7515 section 4.1.11, RFC 7797), compression
 * and encryption (RFC 7516), a token in the token (RFC 7519 section 5.2).
 */
const NOT_UNDERSTOOD = ['crit', 'b64', 'zip', 'enc', 'cty']

/**
 * Whether a credential is meant as a token: it has a dot, and what stands before the first one is a JSON object in base64url. No key that was issued
 * here has a dot.
 */
export function isTokenLike(credential: string): boolean {
  const dot = credential.indexOf('.')
  if (dot < 1) return false
  // Four characters are three bytes; a header may begin with white space.
  const start = Buffer.from(credential.slice(0, Math.min(dot, 64)), 'base64url').toString('latin1')
  return start.trimStart().startsWith('{')
}

/**
 * Reads a token that is written as RFC 7515 section 7.1 has it, in the one way that this can be done: three parts of canonical base64url, so
 * that no second text is the same token; a header and claims that are read alike by everybody. `undefined` for anything else. Keys that a
 * header brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 */
export function readShape(token: string): TokenShape | undefined {
  if (token.length > MAX_TOKEN) return undefined
  const [head = '', body = '', signature = '', more] = token.split('.', 4)
  if (more !== undefined || !isCanonical(signature)) return undefined
  const header = readHeader(decode(head, MAX_HEADER))
  const claims = decode(body, MAX_TOKEN)
  return header && claims && { header, claims }
}

function decode(part: string, limit: number): JsonObject | undefined {
  if (!isCanonical(part)) return undefined
  const bytes = Buffer.from(part, 'base64url')
  return bytes.length > limit ? undefined : readStrictJson(bytes)
}

/** Not empty, of the alphabet of base64url, without padding, and without bits that mean nothing. */
function isCanonical(part: string): boolean {
  return part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part
}

function readHeader(header: JsonObject | undefined): TokenHeader | undefined {
  if (header === undefined || NOT_UNDERSTOOD.some((name) => Object.hasOwn(header, name))) {
    return undefined
  }
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || !isText(kid) || !isText(typ)) return undefined
  return { alg, kid, typ }
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && Buffer.byteLength(value) <= MAX_ID)
}
