import { describe, expect, test } from '@jest/globals'
import type { AuditSink } from 'sallyport'
import { auditSinkCases } from 'sallyport/testing'
import { BROKEN_SINKS, breakSink, memorySink } from './broken-sinks.js'
import { failing } from './failing.js'

const full = (): AuditSink => ({ write: () => Promise.reject(new Error('full')) })
const CASES = auditSinkCases(memorySink, full)

test('the cases have ids and names of their own', () => {
  expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length)
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length)
})

describe('a sink that is sound', () => {
  for (const { name, run } of CASES) test(name, run)

  test('and can only be written to is asked nothing more', async () => {
    const { write } = memorySink()
    expect(await failing(auditSinkCases(() => ({ write })))).toEqual([])
  })
})

describe('a sink that', () => {
  test.each(BROKEN_SINKS)('%s is found out', async (_name, fault, found) => {
    expect(found).not.toEqual([])
    const failed = await failing(auditSinkCases(() => breakSink(fault)))
    expect(failed.sort()).toEqual([...found].sort())
  })

  test('acknowledges what it could not write is found out', async () => {
    expect(await failing(auditSinkCases(memorySink, memorySink))).toEqual(['write-fails'])
    let times = 0
    const forgetful = (): AuditSink => ({
      write: () => (times++ === 0 ? Promise.reject(new Error('full')) : undefined),
    })
    expect(await failing(auditSinkCases(memorySink, forgetful))).toEqual(['write-fails'])
  })

  test('every case finds something', () => {
    const found = new Set(['write-fails', ...BROKEN_SINKS.flatMap(([, , ids]) => ids)])
    expect(CASES.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([])
  })
})
