import { fromBase62, randomBase62, toBase62 } from '../lib/base62.js'

/** `sk`: secret, for servers. `pk`: publishable, may stand in a client. */
export type KeyKind = 'sk' | 'pk'

/** 27 base62 characters are 160.7 bits. */
export const BODY_LENGTH = 27
export const CHECKSUM_LENGTH = 6
/** 22 base62 characters are 131 bits. */
export const ID_LENGTH = 22
const TAIL_LENGTH = BODY_LENGTH + CHECKSUM_LENGTH
const [UNDERSCORE, K, S, P] = Buffer.from('_ksp')

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** The longest secret, issued or imported, in characters. */
export const MAX_SECRET_LENGTH = 256

/**
 * CRC32 (the one of zip and PNG) of the first `end` characters of an ASCII string. Not `zlib.crc32`: that is made for buffers, and
 * the call into it costs twice as much as the work on the 40 characters that every request brings.
 */
export function crc32(text: string, end: number): number {
  let value = -1
  for (let index = 0; index < end; index++) {
    value = (value >>> 8) ^ (CRC_TABLE[(value ^ text.charCodeAt(index)) & 0xff] ?? 0)
  }
  return ~value >>> 0
}

/** CRC32 of the text in six base62 digits. It finds typing errors and random strings; it proves nothing. */
export function checksum(text: string): string {
  return toBase62(crc32(text, text.length), CHECKSUM_LENGTH)
}

/** The id of a key: `key_<body>`; a new one unless its body is given. */
export function mintId(body = randomBase62(ID_LENGTH)): string {
  return `key_${body}`
}

/** A secret: `<prefix>_<environment>_<kind>_<body><checksum>`; a new one unless its body is given. */
export function mintSecret(
  prefix: string,
  environment: string,
  kind: KeyKind,
  body = randomBase62(BODY_LENGTH),
): string {
  const start = `${prefix}_${environment}_${kind}_${body}`
  return start + checksum(start)
}

/**
 * Whether a string has the shape of a secret with this prefix and a checksum that is wrong. False for any
 * other shape: keys issued elsewhere look as they like.
 */
export function isMistyped(secret: string, prefix: string): boolean {
  if (!isOwnFormat(secret, prefix)) return false
  const end = secret.length - CHECKSUM_LENGTH
  return fromBase62(secret, end) !== crc32(secret, end)
}

/** Whether a string has the shape of a secret with this prefix, whatever its checksum is. */
export function isOwnFormat(secret: string, prefix: string): boolean {
  const tail = secret.length - TAIL_LENGTH
  if (tail < prefix.length || !secret.startsWith(prefix)) return false
  // By numbers: to cut a character out of every secret takes as long as its checksum.
  return secret.charCodeAt(prefix.length) === UNDERSCORE && endsInKind(secret, tail)
}

/** Whether the kind of a key, `_sk_` or `_pk_`, stands before this place. */
function endsInKind(secret: string, at: number): boolean {
  const kind = secret.charCodeAt(at - 3)
  if (kind !== S && kind !== P) return false
  if (secret.charCodeAt(at - 4) !== UNDERSCORE) return false
  return secret.charCodeAt(at - 2) === K && secret.charCodeAt(at - 1) === UNDERSCORE
}

/**
 * What a key is recognised by where its secret may not be shown: its last 4 characters, and how it begins if that is the prefix of this
 * gate: of a secret from elsewhere, the beginning may be the secret part.
 */
export function hintOf(secret: string, prefix: string): string {
  const [own = ''] = /^[a-z0-9]+_[a-z0-9]+_[sp]k_/.exec(secret) ?? []
  const start = own.startsWith(`${prefix}_`) ? own : ''
  // A short secret is not given away by its hint.
  return secret.length - start.length >= 16 ? `${start}...${secret.slice(-4)}` : '...'
}
