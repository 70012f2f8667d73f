import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { MAX_AUDIT_LINE, queryTrail, readEvents, verifyTrail, type TrailLine } from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { SIGNING } from './gates.js'
import { access, begun, sealed } from './trails.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heap(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Lines, and how far the heap had grown when the last one was taken. */
function measured(lines: () => Iterable<string>) {
  const before = heap()
  const found = { grown: 0 }
  // eslint-disable-next-line @typescript-eslint/require-await -- what is read is here already.
  async function* read(): AsyncGenerator<TrailLine> {
    let at = 0
    for (const line of lines()) yield { line, where: `file:${String((at += 1))}` }
    found.grown = heap() - before
  }
  return { found, read }
}

/** About the longest that a line can be, with as many ids as that has room for. */
function* largest(count: number): Generator<string> {
  const ids = Array.from({ length: 270_000 }, (_, n) => n.toString(36).padStart(12, '0'))
  for (let n = 0; n < count; n++) {
    const phi = { resource: 'Patient', action: 'read', ids }
    const line = sealed({
      ...{ v: 1, writer: `w.${String(n % 3)}`, seq: n, prev: 'x' },
      ...begun({ id: `x-${String(n)}` }),
      phi,
    })
    expect(line.length).toBeGreaterThan(0.8 * MAX_AUDIT_LINE)
    expect(line.length).toBeLessThanOrEqual(MAX_AUDIT_LINE)
    yield line
  }
}

function* starts(count: number): Generator<string> {
  const heads = Array.from({ length: 30_000 }, (_, n) => ({
    ...{ writer: `gone.${String(n)}`, seq: n, hash: 'x'.repeat(43) },
  }))
  const said = { kind: 'start', time: access().time, instance: 'x', heads, torn: [] }
  for (let n = 0; n < count; n++) {
    yield sealed({ v: 1, writer: `s.${String(n)}`, seq: 0, prev: '', ...said })
  }
}

describe('records of the largest size that nobody has signed take no more than so much memory', () => {
  const { publicKeys } = SIGNING

  test.each<[string, (lines: AsyncIterable<TrailLine>) => Promise<unknown>]>([
    [
      'of readEvents',
      async (lines) => {
        const reader = { lines: () => lines }
        for await (const _ of readEvents(reader, undefined, undefined, { publicKeys })) continue
      },
    ],
    [
      'of a query that reads all',
      (lines) => queryTrail({ lines: () => lines }, { limit: 1 }, { publicKeys }),
    ],
  ])(
    '%s',
    async (_who, use) => {
      const { found, read } = measured(() => largest(22))
      await use(read())
      // By estimate 134,217,728; without that bound, 22 of them take half as much again.
      expect(found.grown).toBeLessThan(180_000_000)
    },
    120_000,
  )

  test('of verifyTrail: events', async () => {
    const { found, read } = measured(() => largest(12))
    expect((await verifyTrail(read(), SIGNING)).writers).toBe(3)
    expect(found.grown).toBeLessThan(20_000_000)
  }, 120_000)

  test('of verifyTrail: starts', async () => {
    const { found, read } = measured(() => starts(20))
    expect((await verifyTrail(read(), { publicKeys })).writers).toBe(20)
    expect(found.grown).toBeLessThan(60_000_000)
  }, 120_000)
})

test('what is signed is proven, however much others add', async () => {
  const { add } = createChain('real.1', createPrivateKey(SIGNING.key))
  const real = [add(access({ id: 'a' })), add({ kind: 'checkpoint', time: access().time })]
  const [first, last] = real.map(({ line }) => line)
  async function* lines(): AsyncGenerator<TrailLine> {
    await Promise.resolve()
    for (const line of [first ?? '', ...starts(8), last ?? '']) yield { line, where: 'file:1' }
  }
  expect(await verifyTrail(lines(), SIGNING)).toMatchObject({ valid: 2, missing: 0 })
}, 60_000)
