import type { DenialCheck } from '../core/cause.js'
import { isRefusal, type Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import { isObjectLike } from '../core/token-like.js'
import { MAX_NAME, MAX_TOKEN } from './bounds.js'
import { readStrictJson, type JsonObject } from './strict-json.js'

const MAX_HEADER = 2_048

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
  return dot > 0 && isObjectLike(credential.slice(0, dot))
}

/**
 * Reads a token that is written as RFC 7515 section 7.1 has it, in the one way that this can be done: three parts of canonical base64url, so
 * that no second text is the same token; a header and claims that are read alike by everybody. Refuses anything else. Keys that a
 * header brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at. At most `most` bytes of it are read.
 */
export function readShape(token: string, most: number = MAX_TOKEN): TokenShape | Refusal {
  if (token.length > most) return refuseSize(token, most)
  const parts = token.split('.', 6)
  const [head = '', body = '', signature = ''] = parts
  if (parts.length !== 3) {
    const isEncrypted = parts.length === 5
    return malformed(
      'three parts',
      `${String(parts.length)} parts${isEncrypted ? ': an encrypted token' : ''}`,
    )
  }
  if (!isCanonical(signature)) return malformed('a signature in base64url', 'something else')
  const header = readHeader(decode(head, MAX_HEADER))
  if (isRefusal(header)) return header
  const claims = decode(body, most)
  return claims === undefined
    ? malformed(OBJECT, 'claims that are something else')
    : { header, claims }
}

const OBJECT = 'a JSON object in base64url, without a name twice, at most 16 levels deep'

/** @param issuer absent where it is not known yet */
export function refuseSize(token: string, most: number, issuer?: string): Refusal {
  const got = told(`${String(token.length)} bytes`)
  const fix = "Raise 'bounds.token'; see 'server.maxHeaderSize' of Node as well."
  return refuse('token_malformed', {
    check: 'size',
    expected: `${String(most)} bytes at most`,
    got,
    fix,
    issuer,
  })
}

function malformed(expected: string, got: string, check: DenialCheck = 'format'): Refusal {
  return refuse('token_malformed', { check, expected, got: told(got), isUnproven: true })
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

function readHeader(header: JsonObject | undefined): TokenHeader | Refusal {
  if (header === undefined) return malformed(OBJECT, 'a header that is something else')
  const odd = NOT_UNDERSTOOD.find((name) => Object.hasOwn(header, name))
  if (odd !== undefined) return malformed(`a header without '${odd}'`, `a header with '${odd}'`)
  const { alg, kid, typ } = header
  if (typeof alg !== 'string') return malformed('a text', "no text in 'alg'", 'alg')
  if (!isText(kid)) return malformed(NAME, 'something else', 'kid')
  return isText(typ) ? { alg, kid, typ } : malformed(NAME, 'something else', 'typ')
}

const NAME = `a text of ${String(MAX_NAME)} bytes at most`

function isText(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && Buffer.byteLength(value) <= MAX_NAME)
}
