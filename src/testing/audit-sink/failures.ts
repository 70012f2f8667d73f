import { strict as assert } from 'node:assert'
import { newChain, type SinkCase } from './case.js'

/** What holds for a sink that cannot write. */
export const FAILURE_CASES: readonly SinkCase[] = [
  {
    id: 'write-fails',
    name: 'a write that fails rejects',
    async run(sink) {
      const entries = newChain().next(2)
      await assert.rejects(async () => {
        await sink.write(entries)
      })
      // It was not acknowledged: that it is tried again does not make it so.
      await assert.rejects(async () => {
        await sink.write(entries)
      })
    },
  },
]
