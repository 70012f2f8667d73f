import { describe, expect, test } from '@jest/globals'
import { createMemoryLimitStore } from 'sallyport'
import { limitStoreCases } from 'sallyport/testing'
import { breakLimits, BROKEN_LIMITS } from './broken-limits.js'

const CASES = limitStoreCases(createMemoryLimitStore)

test('the cases have ids and names of their own', () => {
  expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length)
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
})

async function failing(open: Parameters<typeof limitStoreCases>[0]): Promise<string[]> {
  const outcomes = await Promise.all(
    limitStoreCases(open).map(async ({ id, run }) => {
      try {
        await run()
        return []
      } catch {
        return [id]
      }
    }),
  )
  return outcomes.flat()
}

describe('a limit store that', () => {
  test.concurrent.each(BROKEN_LIMITS)('%s is found out', async (_name, fault, found) => {
    expect(found).not.toEqual([])
    expect(await failing(() => breakLimits(fault))).toEqual(found)
  })

  test('every case finds something', () => {
    const found = new Set(BROKEN_LIMITS.flatMap(([, , ids]) => ids))
    expect(CASES.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([])
  })
})
