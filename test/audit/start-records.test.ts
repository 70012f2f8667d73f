import { createPrivateKey, hash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { verifyTrail, type AuditEntry, type AuditHead, type TrailLine } from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { SIGNING } from './gates.js'
import { access } from './trails.js'
import { verifyWithout } from './verify-without.js'

const TIME = '2030-01-31T00:00:00.000Z'

/** The chain of a process that was killed: nothing vouches for its last records. */
function killed(count: number, path = '/v1/patients/p1'): AuditEntry[] {
  const { add } = createChain('a.1', createPrivateKey(SIGNING.key))
  const start = { kind: 'start', time: TIME, instance: 'a', heads: [], torn: [] } as const
  return [
    add({ ...start }),
    add({ kind: 'checkpoint', time: TIME }),
    ...Array.from({ length: count }, (_, n) =>
      add(access({ id: `aud_${String(n)}`, requestId: 'req', path })),
    ),
  ]
}

/** One that came later, and has seen how others ended. */
function later(writer: string, heads: readonly AuditHead[]): AuditEntry[] {
  const { add } = createChain(writer, createPrivateKey(SIGNING.key))
  return [
    add({ kind: 'start', time: TIME, instance: 'b', heads, torn: [] }),
    add({ kind: 'checkpoint', time: TIME, last: true }),
  ]
}

function headOf(entries: readonly AuditEntry[]): AuditHead {
  const { writer, seq, hash } = entries.at(-1)?.record ?? { writer: '', seq: -1, hash: '' }
  return { writer, seq, hash }
}

function linesOf(...chains: (readonly AuditEntry[])[]): TrailLine[] {
  return chains.flatMap((entries) =>
    entries.map(({ record, line }) => ({
      line,
      where: `${record.writer}:${String(record.seq + 1)}`,
    })),
  )
}

const verify = (lines: readonly TrailLine[]) => verifyTrail(lines, SIGNING)
const whole = killed(6)
const seen = later('b.1', [headOf(whole)])

test('control: what nobody has touched is whole, and its end unproven', async () => {
  expect(await verify(linesOf(whole, seen))).toEqual({
    ...{ writers: 2, valid: 4, invalid: 0, missing: 0, unproven: 6, torn: 0, dropped: 0 },
    findings: [],
  })
})

describe('an end that another process has seen', () => {
  test.each([1, 3, 7])('cut off by %i, is missing', async (count) => {
    const cut = linesOf(whole.slice(0, -count), seen)
    expect((await verify(cut)).findings).toEqual([
      { fault: 'missing', where: 'b.1:1', writer: 'a.1', seq: 8 - count, count },
    ])
    // Control: where nobody has seen it, nothing tells of it.
    const unseen = linesOf(whole.slice(0, -count), later('b.1', []))
    expect(await verify(unseen)).toMatchObject({ missing: 0, invalid: 0, findings: [] })
  })

  test('gone with all its chain, is missing', async () => {
    expect(await verify(linesOf(seen))).toMatchObject({
      ...{ missing: 8, invalid: 0 },
      findings: [{ fault: 'missing', where: 'b.1:1', writer: 'a.1', seq: 0, count: 8 }],
    })
  })

  const forged = killed(6, '/v1/patients/forged')
  const extended = killed(9, '/v1/patients/forged')
  test.each([
    ['made anew', forged],
    ['made anew, with more after it', extended],
  ])('%s by whoever can hash, is found', async (_name, entries) => {
    expect(await verify(linesOf(entries, seen))).toMatchObject({
      ...{ invalid: 1, missing: 0 },
      findings: [{ fault: 'changed', where: 'b.1:1', writer: 'a.1', seq: 7 }],
    })
    expect(await verify(linesOf(entries, later('b.1', [])))).toMatchObject({ findings: [] })
  })

  test('is told of once, however many have seen it', async () => {
    const others = ['c.1', 'd.1'].map((writer) => later(writer, [headOf(whole)]))
    for (const entries of [forged, extended, whole.slice(0, -2)]) {
      const { findings } = await verify(linesOf(entries, seen, ...others))
      expect(findings).toHaveLength(1)
    }
  })

  test('control: without the hashes of what is unproven, what came after would hide it', async () => {
    const mutant = verifyWithout(['chain.tail.get(seq) ?? (left', '(left'], 'start-records.ts')
    expect((await mutant(linesOf(extended, seen), SIGNING)).findings).toEqual([])
    expect((await mutant(linesOf(forged, seen), SIGNING)).findings).toHaveLength(1)
  })

  test('may go on: the process was alive', async () => {
    expect(await verify(linesOf(killed(9), seen))).toMatchObject({ unproven: 9, findings: [] })
  })
})

describe('what a checkpoint vouches for', () => {
  /** All records from one on, hashed anew over what is said in one of them; signatures stay what they are. */
  function rechained(entries: readonly AuditEntry[], from: number): TrailLine[] {
    let prev = entries[from - 1]?.record.hash ?? ''
    const lines = linesOf(entries)
    return lines.map(({ line, where }, index) => {
      if (index < from) return { line, where }
      const said = line
        .replace(/"prev":"[^"]*"/, `"prev":"${prev}"`)
        .replace('192.0.2.1', '192.0.2.9')
      const body = `${said.slice(0, said.lastIndexOf(',"hash"'))}}`
      prev = hash('sha256', body, 'base64url')
      return { line: `${body.slice(0, -1)},"hash":"${prev}"}`, where }
    })
  }

  function signed(): AuditEntry[] {
    const { add } = createChain('a.1', createPrivateKey(SIGNING.key))
    const start = { kind: 'start', time: TIME, instance: 'a', heads: [], torn: [] } as const
    const some = (count: number) => Array.from({ length: count }, () => add(access()))
    const checkpoint = () => add({ kind: 'checkpoint', time: TIME })
    return [add({ ...start }), ...some(5), checkpoint(), ...some(5), checkpoint()]
  }

  test.each([
    [2, 7],
    [5, 7],
    [8, 13],
  ])(
    'cannot be made anew from record %i on: the next checkpoint does not fit',
    async (from, found) => {
      const [first] = (await verify(rechained(signed(), from))).findings
      expect(first).toEqual({
        ...{ fault: 'badly_signed', where: `a.1:${String(found)}`, writer: 'a.1', seq: found - 1 },
      })
    },
  )

  test('control: it could, did nobody look at the signature', async () => {
    const mutant = verifyWithout([
      "return isSignedBy(line, key) ? 'known' : 'forged'",
      "return 'known'",
    ])
    expect(await mutant(rechained(signed(), 2), SIGNING)).toMatchObject({ valid: 13, findings: [] })
  })
})
