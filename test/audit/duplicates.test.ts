import { expect, test } from '@jest/globals'
import { createDoubles, type ChainedEvent } from '../../src/audit/duplicates.js'

const PROCESS = 'abcdefghijkl'
let at = 0

function event(writer: string, id: string): ChainedEvent {
  at += 1
  return { id, writer, seq: at, where: `line ${String(at)}`, at, isComplete: true }
}

test('a chain with any number of events does not hide that another one has the id of a proven event', () => {
  const doubles = createDoubles()
  for (let n = 0; n < 150_000; n++) doubles.leave(event('junk', `junk-${String(n)}`))
  doubles.prove(event('honest', `${PROCESS}-1`))
  const forged = event('forged', `${PROCESS}-1`)
  doubles.leave(forged)
  for (let n = 0; n < 150_000; n++) doubles.leave(event('junk', `more-${String(n)}`))
  expect(doubles.found()).toEqual([forged])
})
