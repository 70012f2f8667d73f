import { describe, expect, test } from '@jest/globals'
import { createMemoryLimitStore } from 'sallyport'
import { limitStoreCases } from 'sallyport/testing'
import { dose } from '../dose.js'
import { breakLimits, BROKEN_LIMITS } from './broken-limits.js'
import { failing } from './failing.js'

/** How long a slow machine may take to see all of a fault, in milliseconds. */
const PATIENCE_MS = 60_000
const CASES = limitStoreCases(createMemoryLimitStore)

test('the cases have ids and names of their own', () => {
  expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length)
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
})

describe('a limit store that', () => {
  test.concurrent.each(BROKEN_LIMITS)(
    '%s is found out',
    async (_name, fault, found) => {
      expect(found).not.toEqual([])
      // Some cases say nothing where the machine was too slow for them.
      const seen = new Set<string>()
      const end = Date.now() + PATIENCE_MS
      while (found.some((id) => !seen.has(id)) && Date.now() < end) {
        const cases = limitStoreCases(() => breakLimits(fault))
        const asked = cases.filter(({ id }) => dose(found.includes(id), true))
        for (const id of await failing(asked)) seen.add(id)
      }
      // On a slow machine, a fault that takes effect after a moment is seen by more cases.
      expect([...seen]).toEqual(expect.arrayContaining([...found]))
    },
    PATIENCE_MS + 30_000,
  )

  test('every case finds something', () => {
    const found = new Set(BROKEN_LIMITS.flatMap(([, , ids]) => ids))
    expect(CASES.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([])
  })
})
