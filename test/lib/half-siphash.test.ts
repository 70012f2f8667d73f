import { expect, test } from '@jest/globals'
import { createTagger } from '../../src/lib/half-siphash.js'

test('tags are the same for the same text, and others for others', () => {
  const tag = createTagger()
  const texts = [
    '',
    '\0',
    '\0\0',
    '\0\0\0',
    'a',
    'a\0',
    'b',
    'ab',
    'ba',
    'abc',
    '\u0161',
    'a'.repeat(999),
  ]
  const tags = texts.map((text) => JSON.stringify(tag(text)))
  expect(new Set(tags).size).toBe(texts.length)
  expect(texts.map((text) => JSON.stringify(tag(text)))).toEqual(tags)
})

test('tags are others under another key', () => {
  expect(createTagger()('org_1')).not.toEqual(createTagger()('org_1'))
})

test('either half of a tag, and its lowest bits, are evenly spread', () => {
  const tag = createTagger()
  const buckets = { low: new Map<number, number>(), high: new Map<number, number>() }
  for (let n = 0; n < 64_000; n++) {
    const { low, high } = tag(`org_${String(n)}`)
    buckets.low.set(low % 64, (buckets.low.get(low % 64) ?? 0) + 1)
    buckets.high.set(high % 64, (buckets.high.get(high % 64) ?? 0) + 1)
  }
  for (const counts of [buckets.low, buckets.high]) {
    // Ten standard deviations around 1,000.
    expect(Math.min(...counts.values())).toBeGreaterThan(680)
    expect(Math.max(...counts.values())).toBeLessThan(1_320)
    expect(counts.size).toBe(64)
  }
})
