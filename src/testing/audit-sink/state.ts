import { strict as assert } from 'node:assert'
import type { AuditHead } from '../../audit/record.js'
import { MAX_AUDIT_HEADS, type AuditEntry, type AuditSink } from '../../audit/sink.js'
import { newChain, type SinkCase, type TestChain } from './case.js'

function headOf(entries: readonly AuditEntry[]): AuditHead | undefined {
  const record = entries.at(-1)?.record
  return record && { writer: record.writer, seq: record.seq, hash: record.hash }
}

/** How a sink says that some chains end: what it has of others does not matter. */
async function headsOf(
  sink: AuditSink,
  chains: readonly TestChain[],
): Promise<readonly AuditHead[]> {
  const { heads = [] } = (await sink.state?.()) ?? {}
  assert.ok(heads.length <= MAX_AUDIT_HEADS, `${String(heads.length)} ends of chains`)
  const writers = chains.map(({ writer }) => writer)
  return heads
    .filter(({ writer }) => writers.includes(writer))
    .sort((a, b) => writers.indexOf(a.writer) - writers.indexOf(b.writer))
    .map(({ writer, seq, hash }) => ({ writer, seq, hash }))
}

/** Asks nothing of a sink without `state`. */
function withState(run: SinkCase['run']): SinkCase['run'] {
  return async (sink, other) => {
    if (sink.state !== undefined) await run(sink, other)
  }
}

/** How a sink says that the chains in it end. */
export const STATE_CASES: readonly SinkCase[] = [
  {
    id: 'state-ends',
    name: 'it says how each chain ends, with its last number and hash, whoever wrote it',
    run: withState(async (sink, other) => {
      const chains = [newChain(), newChain()] as const
      assert.deepEqual(await headsOf(sink, chains), [])
      const [ones, twos] = [chains[0].next(4), chains[1].next(2)]
      await sink.write(ones)
      await other.write(twos)
      assert.deepEqual(await headsOf(sink, chains), [headOf(ones), headOf(twos)])
      const more = chains[0].next(1)
      await sink.write(more)
      assert.deepEqual(await headsOf(other, chains), [headOf(more), headOf(twos)])
    }),
  },
  {
    id: 'state-latest',
    name: `of more than ${String(MAX_AUDIT_HEADS)} chains, it tells of the latest`,
    run: withState(async (sink) => {
      const chains = Array.from({ length: MAX_AUDIT_HEADS + 6 }, newChain)
      const heads: (AuditHead | undefined)[] = []
      for (const chain of chains) {
        const entries = chain.next(1)
        await sink.write(entries)
        heads.push(headOf(entries))
        // The next one is later by the clock of the records.
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      assert.deepEqual(await headsOf(sink, chains), heads.slice(-MAX_AUDIT_HEADS))
    }),
  },
]
