import { expect, test } from '@jest/globals'
import { isDeeperThan } from '../../src/lib/copy.js'

function nested(levels: number, list: boolean): unknown {
  return levels === 0 ? 1 : list ? [nested(levels - 1, list)] : { a: nested(levels - 1, list) }
}

test.each([
  [0, false],
  [1, false],
  [16, false],
  [17, true],
  [1_000, true],
])('%i levels are deeper than 16: %s', (levels, deeper) => {
  for (const list of [true, false]) expect(isDeeperThan(nested(levels, list), 16)).toBe(deeper)
})

test.each([null, undefined, 'a', 7, {}, []])('%j is not deeper than one level', (value) => {
  expect(isDeeperThan(value, 1)).toBe(false)
})
