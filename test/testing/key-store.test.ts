import { describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore } from 'sallyport'
import { keyStoreCases } from 'sallyport/testing'
import { dose } from '../dose.js'
import { BROKEN_CHANGES } from './broken-changes.js'
import { BROKEN_CONDITIONS, createStoreWithoutConditions } from './broken-conditions.js'
import { BROKEN_JOBS } from './broken-jobs.js'
import { BROKEN_LISTS } from './broken-lists.js'
import { BROKEN_OUTBOXES } from './broken-outboxes.js'
import { BROKEN_RECORDS } from './broken-records.js'
import { BROKEN_USES } from './broken-uses.js'
import { failing } from './failing.js'
import { breakStore } from './faults.js'

const BROKEN = [
  ...BROKEN_RECORDS,
  ...BROKEN_CHANGES,
  ...BROKEN_CONDITIONS,
  ...BROKEN_LISTS,
  ...BROKEN_USES,
  ...BROKEN_OUTBOXES,
  ...BROKEN_JOBS,
]
const IDS = keyStoreCases(createMemoryKeyStore).map(({ id }) => id)

test('the cases have ids and names of their own', () => {
  const names = keyStoreCases(createMemoryKeyStore).map(({ name }) => name)
  expect(new Set(IDS).size).toBe(IDS.length)
  expect(new Set(names).size).toBe(IDS.length)
})

test('a store that leaves out what it may is asked nothing about that', async () => {
  const bare = () => {
    const {
      insertAll: _,
      updateAll: __,
      usageOf: ___,
      changes: ____,
      suspendCreation: _____,
      outbox: ______,
      jobs: _______,
      reminders: ________,
      ...rest
    } = createMemoryKeyStore()
    return rest
  }
  expect(await failing(keyStoreCases(bare))).toEqual([])
  expect(await failing(keyStoreCases(createStoreWithoutConditions))).toEqual([])
})

describe('a store that', () => {
  test.each(BROKEN)('%s is found out', async (_name, fault, found) => {
    expect(found).not.toEqual([])
    // That the others find nothing takes as long for each store as all cases do.
    const cases = keyStoreCases(() => breakStore(fault))
    const asked = cases.filter(({ id }) => dose(found.includes(id), true))
    expect(await failing(asked)).toEqual(found)
  })

  test('every case finds something', () => {
    const found = new Set(BROKEN.flatMap(([, , ids]) => ids))
    expect(IDS.filter((id) => !found.has(id))).toEqual([])
  })
})
