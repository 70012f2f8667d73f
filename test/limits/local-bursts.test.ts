import { expect, test } from '@jest/globals'
import { createLocalBursts } from '../../src/limits/local-bursts.js'

test('a burst of one subject tells how many whole seconds to wait, and takes nothing from others', async () => {
  let now = Date.UTC(2030, 0, 1)
  const takeOne = createLocalBursts(() => now)
  const limit = { name: 'pages', kind: 'burst', limit: 2, windowMs: 10_000 } as const
  expect([await takeOne('ann', limit), await takeOne('ann', limit)]).toEqual([0, 0])
  expect([await takeOne('ann', limit), await takeOne('bob', limit)]).toEqual([5, 0])
  now += 1
  expect(await takeOne('ann', limit)).toBe(5)
  now += 4_998
  expect(await takeOne('ann', limit)).toBe(1)
  now += 1
  expect([await takeOne('ann', limit), await takeOne('ann', limit)]).toEqual([0, 5])
})
