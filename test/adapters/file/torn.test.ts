import { hash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { verifyTrail, type AuditEntry, type SinkState, type TrailReport } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, requestWith, SIGNING } from '../../audit/gates.js'
import { access, chained } from '../../audit/trails.js'

const TIME = '2030-01-31T00:00:00.000Z'
const NAME = '2030-01-31.a.1.0001.jsonl'

let directory: string
let count = 0
/** What a process has written that was killed while it wrote the last of it. */
let entries: readonly AuditEntry[]
let text: string
/** Where the last line begins. */
let begin: number

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-torn-'))
  const start = { kind: 'start', time: TIME, instance: 'a', heads: [], torn: [] } as const
  entries = chained('a.1', [start, access({ time: TIME }), access({ time: TIME })])
  text = textOf(entries)
  begin = text.length - (entries[2]?.line.length ?? 0) - 1
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** A directory with that file, cut at a byte. */
function cutAt(byte: number): string {
  const folder = join(directory, String(++count))
  mkdirSync(folder)
  writeFileSync(join(folder, NAME), text.slice(0, byte))
  return folder
}

/** Another process starts, and writes. */
async function goOn(folder: string, rest: (found: SinkState) => SinkState = (found) => found) {
  const files = createAuditFiles(folder, { clock: () => Date.parse(TIME) })
  await files.write(next(rest((await files.state?.()) ?? { heads: [], torn: [] })))
  await files.close?.()
}

function next(rest: SinkState): readonly AuditEntry[] {
  const start = { kind: 'start', time: TIME, instance: 'b', ...rest } as const
  return chained('b.1', [start, access({ time: TIME })])
}

function report(folder: string): Promise<TrailReport> {
  return verifyTrail(createAuditFiles(folder).lines(), SIGNING)
}

function headOf(index: number) {
  const { writer = '', seq = -1, hash: sealed = '' } = entries[index]?.record ?? {}
  return { writer, seq, hash: sealed }
}

function textOf(written: readonly AuditEntry[]): string {
  return written.map(({ line }) => `${line}\n`).join('')
}

test('cut at any byte of its last line, a file is kept, and the line is marked and told of at its place', async () => {
  for (let byte = begin + 1; byte < text.length - 1; byte++) {
    const folder = cutAt(byte)
    const torn = text.slice(begin, byte)
    const marked = { where: NAME, bytes: torn.length, hash: hash('sha256', torn, 'base64url') }
    const rest = { heads: [headOf(1)], torn: [marked] }
    expect(await createAuditFiles(folder).state?.()).toEqual(rest)
    // It is one in a hundred that waits for the disk.
    if (byte % 100 === 0) await goOn(folder)
    else writeFileSync(join(folder, NAME.replace('.a.', '.b.')), textOf(next(rest)))
    expect(readFileSync(join(folder, NAME), 'latin1')).toBe(text.slice(0, byte))
    expect(await report(folder)).toEqual({
      ...{ writers: 2, valid: 0, invalid: 0, missing: 0, unproven: 4, torn: 1, dropped: 0 },
      findings: [{ fault: 'torn', where: `${NAME}:3` }],
    })
  }
}, 60_000)

test('cut before or behind that line, nothing is torn', async () => {
  const folder = cutAt(begin)
  await goOn(folder)
  expect(await report(folder)).toMatchObject({ unproven: 4, torn: 0, findings: [] })
  // All of it is there but for its end.
  const whole = cutAt(text.length - 1)
  await goOn(whole)
  expect(await report(whole)).toMatchObject({ unproven: 5, torn: 0, invalid: 0, findings: [] })
})

describe('what is torn stays as it is:', () => {
  test('changed later, it is found', async () => {
    const folder = cutAt(begin + 100)
    await goOn(folder)
    writeFileSync(join(folder, NAME), text.slice(0, begin + 99) + '#')
    expect(await report(folder)).toMatchObject({
      ...{ invalid: 1, missing: 0, torn: 1 },
      findings: [
        { fault: 'torn', where: `${NAME}:3` },
        { fault: 'changed', where: NAME },
      ],
    })
  })

  test('control: it is not where nobody has marked it', async () => {
    const folder = cutAt(begin + 100)
    await goOn(folder, ({ heads }) => ({ heads, torn: [] }))
    writeFileSync(join(folder, NAME), text.slice(0, begin + 99) + '#')
    expect(await report(folder)).toMatchObject({ invalid: 0, torn: 1 })
  })

  test('a line that was whole when another process came is missing, however it is cut', async () => {
    const folder = cutAt(text.length)
    await goOn(folder)
    for (const byte of [text.length - 2, begin + 1, begin]) {
      truncateSync(join(folder, NAME), byte)
      const { missing, findings } = await report(folder)
      expect(missing).toBe(1)
      expect(findings).toContainEqual({
        ...{ fault: 'missing', where: '2030-01-31.b.1.0001.jsonl:1' },
        ...{ writer: 'a.1', seq: 2, count: 1 },
      })
    }
  })
})

describe('how a chain ends is found', () => {
  test.each([
    ['a file that has nothing yet', ''],
    ['a file with no whole line', '{"v":1,"wri'],
  ])('before %s', async (_name, begun) => {
    const folder = cutAt(text.length)
    writeFileSync(join(folder, NAME.replace('0001', '0002')), begun)
    const { heads, torn } = (await createAuditFiles(folder).state?.()) ?? {}
    expect(heads).toEqual([headOf(2)])
    expect(torn).toHaveLength(begun === '' ? 0 : 1)
    await goOn(folder)
    expect(await report(folder)).toMatchObject({ invalid: 0, missing: 0 })
    truncateSync(join(folder, NAME), begin)
    expect(await report(folder)).toMatchObject({ missing: 1 })
  })

  test('in lines that are longer than what is read at first', async () => {
    const folder = join(directory, 'long')
    const files = createAuditFiles(folder)
    const long = chained('a.1', [access(), access({ path: `/${'x'.repeat(500_000)}` })])
    await files.write(long)
    await files.close?.()
    const { hash: sealed } = long[1]?.record ?? {}
    expect((await files.state?.())?.heads).toMatchObject([{ seq: 1, hash: sealed }])
  })
})

test('a gate goes on in the same directory, and its trail is proven', async () => {
  for (const byte of [begin + 1, begin + 300, text.length - 2]) {
    const folder = cutAt(byte)
    const gate = auditedGate({ sink: createAuditFiles(folder), mode: 'required', key: SIGNING.key })
    const { secret } = await gate.keys.create(KEY)
    expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
    await gate.close()
    expect(readdirSync(folder)).toHaveLength(2)
    const found = await report(folder)
    expect(found).toMatchObject({ invalid: 0, missing: 0, unproven: 2, torn: 1 })
    expect(found.valid).toBeGreaterThanOrEqual(4)
  }
})
