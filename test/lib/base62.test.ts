import { expect, jest, test } from '@jest/globals'

/** Hands out every byte equally often, in order. */
let next = 0
jest.unstable_mockModule('node:crypto', () => ({
  randomFillSync: (pool: Uint8Array) => {
    for (let index = 0; index < pool.length; index++) pool[index] = next++ % 256
    return pool
  },
}))
const { randomBase62, toBase62, fromBase62 } = await import('../../src/lib/base62.js')

function counts(digits: Iterable<string>): number[] {
  const found = new Map<string, number>()
  for (const digit of digits) found.set(digit, (found.get(digit) ?? 0) + 1)
  return [...found.values()]
}

test('each of the 62 digits is equally likely', () => {
  expect(counts(randomBase62(62 * 4 * 25))).toEqual(Array<number>(62).fill(100))
})

test('control: they would not be, were no byte thrown away', () => {
  const digits = Array.from({ length: 256 * 25 }, (_, byte) => toBase62(byte % 256, 2).slice(1))
  expect(new Set(counts(digits)).size).toBe(2)
})

test.each([
  [0, '000000'],
  [61, '00000z'],
  [62, '000010'],
  [2 ** 32 - 1, '4gfFC3'],
])('%i is %s, and back', (value, text) => {
  expect(toBase62(value, 6)).toBe(text)
  expect(fromBase62(`x${text}`, 1)).toBe(value)
})

test.each(['-', ' ', '\u00e9', '\u{1f511}', '_'])('%j is no digit', (character) => {
  expect(fromBase62(`1${character}1`, 0)).toBeNaN()
})
