import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import {
  verifyTrail,
  type AuditEntry,
  type AuditHead,
  type BrokenChain,
  type TrailReport,
} from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { SIGNING } from './gates.js'
import { access, begun, chained, sealed } from './trails.js'
import { verifyWithout } from './verify-without.js'

const TIME = '2030-01-07T10:00:00.000Z'

interface Said {
  readonly heads?: readonly AuditHead[]
  readonly instead?: BrokenChain
  readonly last?: boolean
}

/** The chain of a process, with one event for each id. */
function signed(writer: string, ids: readonly string[], said: Said = {}): AuditEntry[] {
  const { add } = createChain(writer, createPrivateKey(SIGNING.key))
  const { heads = [], instead, last = true } = said
  return [
    add({ kind: 'start', time: TIME, instance: 'a', heads, torn: [], ...(instead && { instead }) }),
    ...ids.map((id) => add(access({ id, ownerId: 'thief' }))),
    add({ kind: 'checkpoint', time: TIME, ...(last && { last }) }),
  ]
}

/** A line that nobody has signed behind the last one of a chain, or far beyond it. */
function behind(entries: readonly AuditEntry[], said: object, beyond = 1): AuditEntry {
  const { writer, seq, hash } = entries.at(-1)?.record ?? { writer: '', seq: -1, hash: '' }
  const line = sealed({ v: 1, writer, seq: seq + beyond, prev: hash, ...said })
  return { line, record: JSON.parse(line) as AuditEntry['record'] }
}

const claim = (...heads: AuditHead[]) => ({
  ...{ kind: 'start', time: TIME, instance: 'zz', heads, torn: [] },
})
/** A chain that nobody has signed. */
const forged = (said: object, writer = 'zz.z') => behind([], { ...said, writer, prev: '' })

const linesOf = (...chains: (readonly AuditEntry[])[]) =>
  chains.flatMap((entries, at) =>
    entries.map(({ line }, n) => ({ line, where: `file${String(at)}:${String(n + 1)}` })),
  )
const verify = (...chains: (readonly AuditEntry[])[]) => verifyTrail(linesOf(...chains), SIGNING)
const told = ({ findings }: TrailReport) => findings.map(({ fault, where }) => `${where} ${fault}`)

const ID = 'AbCdEfGhIjKl-2s'
const real = signed('real.1', ['AbCdEfGhIjKl-1', ID])

describe('what stands behind the end of a chain', () => {
  const more = behind(real, access({ id: 'x' }))

  test.each([
    ['an event', [more]],
    ['two of them', [more, behind([more], access({ id: 'y' }))]],
    ['one far beyond', [behind(real, access({ id: 'x' }), 1_000_000)]],
    [
      'an end that nobody signed',
      [behind(real, { kind: 'checkpoint', time: TIME, signedBy: 'x', signature: 'x', last: true })],
    ],
    ['a start with claims', [behind(real, claim({ writer: 'real.1', seq: 1_000, hash: 'x' }))]],
  ])('is a fault for each line: %s', async (_name, added) => {
    const report = await verify([...real, ...added])
    expect(report).toMatchObject({ valid: real.length, invalid: added.length, missing: 0 })
    expect(told(report)).toEqual(added.map((_, n) => `file0:${String(n + 5)} after_end`))
    const unkeyed = await verifyTrail(linesOf([...real, ...added]))
    expect(unkeyed).toMatchObject({ invalid: added.length, missing: 0 })
  })

  test('is not missed when it goes, though a process has seen it', async () => {
    const { writer, seq, hash } = more.record
    const later = signed('real.2', [], { heads: [{ writer, seq, hash }] })
    expect(await verify(real, later)).toMatchObject({ invalid: 0, missing: 0, findings: [] })
  })

  test('is none where an unknown key says that the chain has ended', async () => {
    const open = signed('real.1', [ID], { last: false })
    const end = { kind: 'checkpoint', time: TIME, signedBy: 'x', signature: 'x', last: true }
    const lines = [...open, behind(open, end)]
    const all = [...lines, behind(lines, access({ id: 'x' }))]
    expect(told(await verify(all))).toEqual(['file0:4 unknown_signer'])
  })

  test('control: without the end, it would be unproven', async () => {
    const mutant = verifyWithout(['chain.ended = isLast', ''], 'checkpoint-check.ts')
    expect((await mutant(linesOf([...real, more]), SIGNING)).invalid).toBe(0)
  })
})

describe('what was added to a signed chain, and is read before its records', () => {
  const start = real.slice(0, 2)
  const forged = behind(start, access({ id: 'x' }))
  const more = behind([...start, forged], access({ id: 'y' }))
  const far = behind(start, access({ id: 'z' }), 1_000_000)
  const first = behind([], { ...claim(), writer: 'real.1', prev: '' })

  test.each<[string, (readonly AuditEntry[])[], string[]]>([
    ['among them', [[...start, forged, ...real.slice(2)]], ['file0:3']],
    ['two of them', [[...start, forged, more, ...real.slice(2)]], ['file0:3', 'file0:4']],
    ['far beyond', [[...start, far, ...real.slice(2)]], ['file0:3']],
    ['in a file before', [[first, forged, far], real], ['file0:1', 'file0:2', 'file0:3']],
    ['at their beginning', [[first, ...real]], ['file0:1']],
  ])('is told of where it stands: %s', async (_name, chains, places) => {
    const report = await verify(...chains)
    expect(told(report)).toEqual(places.map((where) => `${where} out_of_place`))
    expect(report).toMatchObject({ valid: real.length, unproven: 0, missing: 0 })
  })

  test('far beyond a chain that has not ended, makes nothing missing', async () => {
    const open = signed('real.2', ['a', 'b'], { last: false })
    const tail = behind(open, access({ id: 'c' }))
    const [beyond, other] = [behind(open, access(), 1_000_000), forged.record]
    const report = await verify(real, [...open, beyond, tail, behind([tail], access())])
    expect(told(report)).toEqual(['file1:5 out_of_place'])
    expect(report).toMatchObject({ missing: 0, invalid: 1, unproven: 2 })
    const alone = behind([], { ...access(), writer: 'zz.z', prev: other.hash }, 1_000_000)
    expect(await verify(real, [alone])).toMatchObject({ missing: 0, invalid: 1 })
    // Control: where there are no checkpoints, nobody can tell.
    expect((await verify([alone])).missing).toBe(999_999)
  })

  test('is still told of where a record is missing as well', async () => {
    const lost = signed('real.3', ['a', 'b', 'c']).toSpliced(2, 1)
    const report = await verify([...lost.slice(0, 2), forged, ...lost.slice(2)])
    expect(report.missing + report.invalid).toBeGreaterThan(0)
    expect(told(await verify(lost))).toEqual(['file0:3 missing'])
  })

  test('control: without a look at the path, real records are blamed', async () => {
    const mutant = verifyWithout(['path?.has(one.record.hash) === false', 'false'])
    const report = await mutant(linesOf([...start, forged, ...real.slice(2)]), SIGNING)
    expect(told(report)).not.toEqual(['file0:3 out_of_place'])
  })
})

describe('an id that stands in two chains', () => {
  const copy = chained('zz.z', [access({ id: ID, ownerId: 'innocent' })])

  test.each([
    ['in a file that is read later', [real, copy], 'file1:1'],
    ['in a file that is read first', [copy, real], 'file0:1'],
    ['in the same file', [[...real, ...copy]], 'file0:5'],
  ])('is told of at the one that is not proven: %s', async (_name, chains, where) => {
    const report = await verify(...chains)
    expect(report).toMatchObject({ valid: real.length, invalid: 1, unproven: 0, missing: 0 })
    expect(told(report)).toEqual([`${where} id_taken`])
  })

  test('is told of at the later one, where neither is proven', async () => {
    const [one, other] = ['a.1', 'b.1'].map((writer) => chained(writer, [access({ id: ID })]))
    for (const options of [SIGNING, {}]) {
      const report = await verifyTrail(linesOf(one ?? [], other ?? []), options)
      expect(told(report)).toEqual(['file1:1 id_taken'])
    }
  })

  test('is told of in the chain of another process too, whose end is open', async () => {
    const open = signed('real.2', ['LkJiHgFeDcBa-1'], { last: false })
    const report = await verify(real, [...open, behind(open, access({ id: ID }))])
    expect(told(report)).toEqual(['file1:4 id_taken'])
  })

  test.each([['aud_1'], ['x-0'], ['AbCdEfGhIjKl-01'], ['-1']])('of any form: %s', async (id) => {
    const report = await verify(signed('real.1', [id]), chained('zz.z', [access({ id })]))
    expect(told(report)).toEqual(['file1:1 id_taken'])
  })

  test('control: another number of the same process is no double', async () => {
    const other = chained('zz.z', [access({ id: 'AbCdEfGhIjKl-2t' })])
    expect((await verify(real, other)).findings).toEqual([])
    const mutant = verifyWithout(['(1 << (at & 31))) !== 0', '0) !== 0'], 'event-pages.ts')
    expect((await mutant(linesOf(real, copy), SIGNING)).findings).toEqual([])
  })

  test('is no fault where one process writes to two sinks, or twice to one', async () => {
    const second = signed('real.1-1', ['AbCdEfGhIjKl-1', ID], { last: false })
    const unproven = signed('real.1', ['AbCdEfGhIjKl-1'], { last: false })
    const tails = [unproven, second].map((all) => [
      ...all,
      behind(all, access({ id: 'AbCdEfGhIjKl-9' })),
    ])
    expect((await verify(...tails)).findings).toEqual([])
    expect((await verify(real, second)).findings).toEqual([])
    const again = [...real, ...real.slice(1, 2)]
    expect(told(await verify(again))).toEqual(['file0:5 out_of_place'])
  })

  test('is no fault in a chain that goes on for the other', async () => {
    const instead = { writer: 'real.1', seq: 1, why: 'refused' } as const
    const left = chained('real.1', [access({ id: ID })])
    expect((await verify(left, signed('real.2', [ID], { instead }))).findings).toEqual([])
    const { add } = createChain('real.1', createPrivateKey(SIGNING.key))
    const first = begun({ id: ID })
    const before = [add({ ...first }), add({ kind: 'checkpoint', time: TIME })]
    const start = {
      kind: 'start',
      time: TIME,
      instance: 'a',
      heads: [],
      torn: [],
      instead,
    } as const
    const later = chained('real.2', [start, { ...first, status: 200 }])
    expect((await verify(before, later)).findings).toEqual([])
    // Anybody can write such a start: what is complete has no later word.
    const word = chained('zz.z', [start, access({ id: ID })])
    expect(told(await verify(real, word))).toEqual(['file1:2 id_taken'])
  })
})

describe('a start that no checkpoint vouches for', () => {
  const heads = [
    { writer: 'real.1', seq: 1_000_000, hash: 'x' },
    { writer: 'real.1', seq: 3, hash: 'x' },
    { writer: 'gone.1', seq: 1_000_000, hash: 'x' },
  ]

  test('makes nothing missing or changed, and is told of once, behind all others', async () => {
    const lost = signed('real.2', ['x', 'y']).toSpliced(1, 1)
    const report = await verify([forged(claim(...heads))], real, lost)
    expect(report).toMatchObject({ invalid: 0, missing: 1 })
    expect(told(report)).toEqual(['file2:2 missing', 'file0:1 unproven_claim'])
    const mutant = verifyWithout(['isProven || !isVouched', 'true'], 'start-records.ts')
    expect(
      (await mutant(linesOf([forged(claim(...heads))], real), SIGNING)).missing,
    ).toBeGreaterThan(999_000)
  })

  test('in the name of a signed chain makes nothing missing either', async () => {
    const again = forged(claim(...heads), 'real.1')
    expect(told(await verify(real, [again]))).toEqual(['file1:1 out_of_place'])
  })

  test('counts where there is no checkpoint at all', async () => {
    const { missing } = await verify(chained('a.1', [access()]), [
      forged(claim({ writer: 'a.1', seq: 9, hash: 'x' })),
    ])
    expect(missing).toBe(9)
  })

  test('claims nothing where it names what is there', async () => {
    const { writer, seq, hash } = real.at(-1)?.record ?? { writer: '', seq: 0, hash: '' }
    expect((await verify(real, [forged(claim({ writer, seq, hash }))])).findings).toEqual([])
  })
})

test('what is wrong with a proven chain is told first, however much is wrong with others', async () => {
  const lost = signed('real.1', ['a', 'b', 'c']).toSpliced(2, 1)
  const others = Array.from({ length: 1_200 }, (_, n) => [
    behind([], { ...access(), writer: `a.${String(n)}` }, 8),
  ])
  for (const chains of [
    [...others, lost],
    [lost, ...others],
  ]) {
    const { findings } = await verify(...chains)
    expect(findings).toHaveLength(100)
    expect(findings[0]).toMatchObject({ fault: 'missing', writer: 'real.1', seq: 2 })
  }
  // Control: of one that is not proven, nothing is told behind so many.
  const { findings } = await verify(
    ...others,
    chained('zz.z', [access()]).map((one) => behind([one], access(), 3)),
  )
  expect(findings.map(({ writer }) => writer)).not.toContain('zz.z')
})
