const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/**
 * CRC32 (the one of zip and PNG) of the first `end` characters of an ASCII string. Not `zlib.crc32`: that is made for buffers, and
 * the call into it costs twice as much as the work on the 40 characters that every request brings.
 */
export function crc32(text: string, end: number): number {
  let value = -1
  for (let index = 0; index < end; index++) {
    value = (value >>> 8) ^ (TABLE[(value ^ text.charCodeAt(index)) & 0xff] ?? 0)
  }
  return ~value >>> 0
}
