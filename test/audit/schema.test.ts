import { describe, expect, test } from '@jest/globals'
import { readEvents, parseAuditLine, queryTrail, verifyTrail, type TrailReader } from 'sallyport'
import { UNFIT, unfit } from './trails.js'

function readerOf(...lines: readonly string[]): TrailReader {
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- what is read is here already.
    async *lines() {
      yield* lines.map((line, at) => ({ line, where: `line ${String(at + 1)}` }))
    },
  }
}

describe('a line whose hash is right', () => {
  test.each(UNFIT)('and that has %s is damaged, and no record', async (_, members) => {
    const line = unfit(members)
    expect(parseAuditLine(line)).toBeUndefined()
    const reader = readerOf(line)
    expect((await queryTrail(reader)).items).toEqual([])
    const aside: unknown[] = []
    for await (const event of readEvents(reader, undefined, (...told) => aside.push(told))) {
      expect(event).toBeUndefined()
    }
    expect(aside).toEqual([[undefined, { line, where: 'line 1' }]])
    const { invalid, findings } = await verifyTrail(reader.lines())
    expect({ invalid, findings }).toEqual({
      invalid: 1,
      findings: [{ fault: 'changed', where: 'line 1' }],
    })
  })

  test('control: and is whole is an event', async () => {
    const reader = readerOf(unfit({}))
    expect((await queryTrail(reader)).items).toMatchObject([{ id: 'zz-1' }])
    expect(await verifyTrail(reader.lines())).toMatchObject({ invalid: 0, unproven: 1 })
  })
})
