import { randomFillSync } from 'node:crypto'

/** 64 bits, in two halves of 32. */
export interface Tag {
  readonly low: number
  readonly high: number
}

/**
 * HalfSipHash-1-3 with 64 bits of output, over UTF-16, under a key of its own that nobody knows: whoever chooses texts cannot make them
 * meet. Not `node:crypto`: the call into it costs ten times as much as the work.
 */
export function createTagger(): (text: string) => Tag {
  const [key0 = 0, key1 = 0] = randomFillSync(new Uint32Array(2))

  return (text) => {
    const { length } = text
    let v0 = key0
    let v1 = key1 ^ 0xee
    let v2 = 0x6c796765 ^ key0
    let v3 = 0x74656462 ^ key1
    let low = 0
    // Two characters are a word; after them come their number, and three rounds for each half of the output.
    const last = (length + 1) >>> 1
    for (let index = 0; index <= last + 6; index++) {
      let word = 0
      if (index < last) {
        // Past the end there is NaN, which counts as 0 here.
        word = text.charCodeAt(2 * index) | (text.charCodeAt(2 * index + 1) << 16)
      } else if (index === last) word = length
      v3 ^= word
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      v0 ^= word
      if (index === last) v2 ^= 0xee
      if (index === last + 3) {
        low = (v1 ^ v3) >>> 0
        v1 ^= 0xdd
      }
    }
    return { low, high: (v1 ^ v3) >>> 0 }
  }
}
