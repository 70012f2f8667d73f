import { strict as assert } from 'node:assert'
import { assertKept, newChain, type SinkCase } from './case.js'

/** More than what most stores take at once. */
const MANY = 1_200
/** What a gate may hand in: no NUL is among it, and no half of a surrogate pair. */
const ODD = ' "\\/ \x07 \n \r\n \u2028 \u00e9 e\u0301 \ud83d\ude00 \' ; -- $1 %s {} '

/** What is kept of what was written. */
export const LINE_CASES: readonly SinkCase[] = [
  {
    id: 'keeps-order',
    name: 'all records are kept in their order, and are there when they are acknowledged',
    async run(sink) {
      const chain = newChain()
      const [one, few, many] = [chain.next(1), chain.next(3), chain.next(MANY)]
      await sink.write(one)
      await assertKept(sink, chain, one)
      await sink.write(few)
      await sink.write(many)
      await assertKept(sink, chain, [...one, ...few, ...many])
    },
  },
  {
    id: 'keeps-bytes',
    name: 'a line is kept byte by byte, whatever is in it and however long it is',
    async run(sink) {
      const chain = newChain()
      const entries = [...chain.next(2, ODD), ...chain.next(1, 'x'.repeat(150_000))]
      await sink.write(entries)
      await assertKept(sink, chain, entries)
    },
  },
  {
    id: 'again',
    name: 'what is written again is there once, alone and together with what is new',
    async run(sink) {
      const chain = newChain()
      const [first, second] = [chain.next(5), chain.next(5)]
      await sink.write(first)
      await sink.write(first)
      await assertKept(sink, chain, first)
      await sink.write([...first.slice(2), ...second])
      await assertKept(sink, chain, [...first, ...second])
    },
  },
  {
    id: 'place-taken',
    name: 'another record in a place that is taken is refused, and what is there stays',
    async run(sink) {
      const chain = newChain()
      const entries = chain.next(4)
      await sink.write(entries)
      const others = newChain(chain.writer).next(4)
      for (const wrong of [others, others.slice(3), others.slice(0, 2)]) {
        await assert.rejects(async () => {
          await sink.write(wrong)
        })
      }
      await sink.write(entries)
      await assertKept(sink, chain, entries)
    },
  },
  {
    id: 'nothing',
    name: 'to write nothing is allowed',
    async run(sink) {
      const chain = newChain()
      const entries = chain.next(1)
      await sink.write([])
      await sink.write(entries)
      await assertKept(sink, chain, entries)
    },
  },
  {
    id: 'chains-apart',
    name: 'records of several chains have places of their own, also in one call and at once',
    async run(sink, other) {
      const [one, two] = [newChain(), newChain()]
      const [ones, twos] = [one.next(20), two.next(20)]
      const mixed = ones.slice(0, 10).flatMap((entry, at) => [entry, ...twos.slice(at, at + 1)])
      await sink.write(mixed)
      await Promise.all([sink.write(ones.slice(10)), sink.write(twos.slice(10))])
      await assertKept(sink, one, ones)
      await assertKept(sink, two, twos)
      await assertKept(other, two, twos)
    },
  },
  {
    id: 'handles',
    name: 'what one handle acknowledged, the other reads',
    async run(sink, other) {
      const [one, two] = [newChain(), newChain()]
      const [ones, twos] = [one.next(3), two.next(3)]
      await Promise.all([sink.write(ones), other.write(twos)])
      await assertKept(other, one, ones)
      await assertKept(sink, two, twos)
    },
  },
]
