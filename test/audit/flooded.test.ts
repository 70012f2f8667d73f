import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { verifyTrail, type AuditEntry, type AuditHead, type TrailReport } from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { SIGNING } from './gates.js'
import { behind, forgedChain } from './places.js'
import { access } from './trails.js'
import { verifyWithout } from './verify-without.js'

const TIME = '2030-01-07T10:00:00.000Z'
const START = { kind: 'start', time: TIME, instance: 'a', heads: [], torn: [] } as const

/** The chain of a process, with so many events. */
function signed(writer: string, events: number, heads: readonly AuditHead[] = []): AuditEntry[] {
  const { add } = createChain(writer, createPrivateKey(SIGNING.key))
  return [
    add({ ...START, heads }),
    ...Array.from({ length: events }, () => add(access())),
    add({ kind: 'checkpoint', time: TIME, last: true }),
  ]
}

/** Each list is a file. */
const linesOf = (...files: (readonly AuditEntry[])[]) =>
  files.flatMap((entries, at) =>
    entries.map(({ line }, n) => ({ line, where: `file${String(at)}:${String(n + 1)}` })),
  )
const placesOf = ({ findings }: TrailReport) => findings.map(({ where }) => where)
const many = (length: number) => Array.from({ length }, () => access())
/** So many lines that follow a record. */
function branch(from: AuditEntry | undefined, length: number): AuditEntry[] {
  const entries: AuditEntry[] = []
  for (const said of many(length)) {
    const before = (entries.at(-1) ?? from)?.record
    if (before !== undefined) entries.push(behind(before, said))
  }
  return entries
}

const real = signed('real.1', 6)

describe('lines that somebody adds in the name of a signed chain', () => {
  test('may be thousands, and are read first: its own records are valid', async () => {
    const forged = forgedChain('real.1', [START, ...many(4_200)])
    const report = await verifyTrail(linesOf(forged, real), SIGNING)
    expect(report).toMatchObject({ valid: real.length, missing: 0 })
    expect(report.invalid).toBeGreaterThan(0)
    expect(placesOf(report).filter((where) => where.startsWith('file1'))).toEqual([])
  }, 60_000)

  // As if there were room for twenty lines in place of 50,000.
  const small = verifyWithout(['const MAX_OPEN = 50_000', 'const MAX_OPEN = 20'])
  const begun = signed('real.2', 8)

  test.each<[string, (readonly AuditEntry[])[]]>([
    ['one after the other', [forgedChain('real.1', [START, ...many(60)])]],
    ['side by side', [Array.from({ length: 60 }, () => forgedChain('real.1', [access()])[0])]],
    ['far beyond', [many(60).map((said) => behind(real[1]?.record as never, said, 1_000_000))]],
  ] as [string, (readonly AuditEntry[])[]][])(
    'beyond the room that there is, are at fault and not the chain: %s',
    async (_how, forged) => {
      const signedBefore = signed('other.1', 2)
      for (const files of [
        [...forged, real],
        [signedBefore, ...forged, real],
      ]) {
        const report = await small(linesOf(...files), SIGNING)
        const own = `file${String(files.length - 1)}`
        expect(placesOf(report).filter((where) => where.startsWith(own))).toEqual([])
        expect(report.invalid).toBeGreaterThan(0)
        expect(report).toMatchObject({ missing: 0 })
        expect(report.valid).toBe(files.length === 2 ? real.length : real.length + 4)
      }
    },
  )

  test('among its records, beyond the room that there is, are at fault', async () => {
    const files = [begun.slice(0, 4), branch(begun[3], 60), begun.slice(4)]
    const report = await small(linesOf(...files), SIGNING)
    expect(placesOf(report).filter((where) => !where.startsWith('file1'))).toEqual([])
    expect(report).toMatchObject({ missing: 0 })
    expect(report.invalid).toBeGreaterThan(0)
  })
})

test('chains that nobody signed are forgotten, and not missed', async () => {
  const small = verifyWithout(
    ['const MAX_LOOSE = 50_000', 'const MAX_LOOSE = 5'],
    'chain-states.ts',
  )
  const open = forgedChain('open.1', [START, access()])
  const { writer, seq, hash } = open[1]?.record ?? { writer: '', seq: 0, hash: '' }
  const others = Array.from({ length: 20 }, (_, n) => forgedChain(`zz.${String(n)}`, [access()]))
  const seer = signed('real.2', 1, [{ writer, seq, hash }])
  const report = await small(linesOf(real, open, ...others, seer), SIGNING)
  expect(report).toMatchObject({ writers: 23, missing: 0, invalid: 0, unproven: 22, findings: [] })
  // Control: one that was never there is missed.
  const absent = signed('real.3', 1, [{ writer: 'gone.1', seq: 4, hash: 'x' }])
  expect(await small(linesOf(real, ...others, absent), SIGNING)).toMatchObject({ missing: 5 })
})
