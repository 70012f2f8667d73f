import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The largest multiple of 62 in a byte: what lies above would favour the first digits. */
const FAIR = 248

const pool = Buffer.alloc(4_096)
let used = pool.length

function fairByte(): number {
  for (;;) {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const byte = pool[used] ?? FAIR
    // A byte that became part of a secret does not stay in memory.
    pool[used++] = 0
    if (byte < FAIR) return byte
  }
}

/** `length` digits from the system's random number generator, each of 62 equally likely. */
export function randomBase62(length: number): string {
  let digits = ''
  while (digits.length < length) digits += ALPHABET.charAt(fairByte() % 62)
  return digits
}

/** A non-negative integer below 2^53 in base 62, padded on the left with `0`. */
export function toBase62(value: number, length: number): string {
  let digits = ''
  for (let rest = value; digits.length < length; rest = Math.floor(rest / 62)) {
    digits = ALPHABET.charAt(rest % 62) + digits
  }
  return digits
}

/** `length` digits that follow from the bytes; as good as random where these are, and 16 bytes more than the digits hold. */
export function base62Of(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let digits = ''
  for (; digits.length < length; rest /= 62n) digits += ALPHABET.charAt(Number(rest % 62n))
  return digits
}

const VALUES = Int8Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
)

/** The number that the digits from `start` to the end are in base 62; NaN where one is no digit. */
export function fromBase62(text: string, start: number): number {
  let value = 0
  for (let index = start; index < text.length; index++) {
    const digit = VALUES[text.charCodeAt(index)] ?? -1
    if (digit === -1) return NaN
    value = value * 62 + digit
  }
  return value
}
