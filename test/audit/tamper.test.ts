import { hash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  parseAuditLine,
  verifyTrail,
  type TrailFinding,
  type TrailLine,
  type TrailReport,
} from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { dose } from '../dose.js'
import type { Mutation } from '../mutant.js'
import { SIGNING } from './gates.js'
import { placed, tamperingsOf, twoProcesses, type TwoProcesses } from './tampering.js'
import { verifyWithout, type VerifyFile } from './verify-without.js'

type Verify = typeof verifyTrail
/** Those of `tamperingsOf`. */
type TamperingName = Exclude<
  keyof ReturnType<typeof tamperingsOf>,
  'at' | 'fileOf' | 'flipped' | 'lineAt'
>

let made: TwoProcesses
let trail: readonly TrailLine[]
let first: number
let of: ReturnType<typeof tamperingsOf>

beforeAll(async () => {
  made = await twoProcesses()
  ;({ trail, first } = made)
  of = tamperingsOf(made)
})
afterAll(() => {
  rmSync(made.directory, { recursive: true })
})

/** One of so many of the places is looked at. */
const STEP = dose(16, 1)

const some = <T>(places: readonly T[], step: number) => places.filter((_, n) => n % step === 0)
const PLACES = some([2, 3, 7, 300, 500, 777, 960], Math.ceil(STEP / 4))
const MANY = some([...Array(138).keys()], STEP).map((n) => n * 7 + 1)

interface Class {
  readonly name: string
  readonly tamper: TamperingName
  readonly places?: readonly number[]
  /** What finds it: without it, it is not found there. */
  readonly file: VerifyFile
  readonly without: Mutation
}

const LATER: Mutation = ['} else if (prev !== chain.hash) {', '} else if (prev === "never") {']
const GAPS: Mutation = ['if (seq > chain.next) {', 'if (seq < 0) {']
const TWICE: Mutation = ['if (seq < chain.next) {', 'if (seq < 0) {']
const ENDS: Mutation = ['for (const head of start.heads) hold(head, start)', '']
const HASHES: Mutation = ['&& hashOf(`${line.slice(0, -tail.length)}}`) === sealed', '']

const CLASSES: readonly Class[] = [
  { name: 'a bit flipped', tamper: 'flip', places: MANY, file: 'chain.ts', without: HASHES },
  { name: 'a bit of a text flipped', tamper: 'flipText', file: 'chain.ts', without: HASHES },
  { name: 'one said anew, and hashed', tamper: 'forge', file: 'chain-check.ts', without: LATER },
  { name: 'one removed', tamper: 'remove', file: 'chain-check.ts', without: GAPS },
  { name: 'twenty removed', tamper: 'removeMany', file: 'chain-check.ts', without: GAPS },
  { name: 'one doubled', tamper: 'double', file: 'chain-check.ts', without: TWICE },
  { name: 'one repeated later', tamper: 'repeat', file: 'chain-check.ts', without: TWICE },
  { name: 'neighbours swapped', tamper: 'swap', file: 'chain-check.ts', without: GAPS },
  { name: 'two swapped', tamper: 'swapFar', file: 'chain-check.ts', without: GAPS },
  {
    name: 'five of another process in their place',
    tamper: 'splice',
    file: 'chain-check.ts',
    without: ['if (seq > 0 && !this.#isPruned(read)) this.#skip(begun, 0, seq, read)', ''],
  },
  { name: 'the end cut off', tamper: 'cut', file: 'start-records.ts', without: ENDS },
  {
    name: 'the end cut off and forged',
    tamper: 'cutAndForge',
    file: 'start-records.ts',
    without: ENDS,
  },
]

/** The places where it was not found as it should be. */
async function missedBy(verify: Verify, { tamper, places = PLACES }: Class): Promise<number[]> {
  const missed: number[] = []
  for (const index of places) {
    const [lines, expected] = of[tamper](index)
    const report = await verify(lines, SIGNING)
    const [found] = report.findings
    const isFound = Object.entries(expected).every(
      ([name, value]) => found?.[name as keyof TrailFinding] === value,
    )
    if (!isFound || report.invalid + report.missing === 0) missed.push(index)
  }
  return missed
}

test('the trail is whole', async () => {
  expect(first).toBeGreaterThan(1_000)
  expect(await verifyTrail(trail, SIGNING)).toEqual({
    ...{ writers: 2, valid: trail.length, invalid: 0, missing: 0, unproven: 0, torn: 0 },
    ...{ dropped: 0, findings: [] },
  })
})

describe.each(CLASSES)('with $name', (one) => {
  test('the place is found, wherever it is', async () => {
    expect(await missedBy(verifyTrail, one)).toEqual([])
  }, 60_000)

  test('control: without what finds it, it is not', async () => {
    const { places = PLACES } = one
    const missed = await missedBy(verifyWithout(one.without, one.file), one)
    // A bit may also make of a line what is no JSON.
    if (one.tamper === 'flip') expect(missed.length).toBeGreaterThan(places.length / 4)
    else expect(missed).toEqual(places)
  })
})

test('any bit of a record of each kind is found', () => {
  const kinds = ['start', 'key', 'access', 'checkpoint']
  for (const kind of kinds) {
    const index = trail.findIndex(({ line }) => line.includes(`"kind":"${kind}"`))
    const { line } = of.lineAt(index)
    for (let byte = 0; byte < line.length; byte++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = of.flipped(index, byte, bit)
        if (parseAuditLine(changed.line) !== undefined) throw new Error(`${kind} ${changed.line}`)
      }
    }
  }
})

describe('in the file itself', () => {
  async function reportWith(bytes: Buffer): Promise<TrailReport> {
    const folder = mkdtempSync(join(made.directory, 'file-'))
    writeFileSync(join(folder, of.fileOf(0)), bytes)
    return verifyTrail(createAuditFiles(folder).lines(), SIGNING)
  }

  test('a bit of any byte is found in its line, and what is good is told from it', async () => {
    const name = readdirSync(made.directory).find((entry) => entry === of.fileOf(0)) ?? ''
    const whole = readFileSync(join(made.directory, name))
    const ends = [...whole.keys()].filter((byte) => whole[byte] === 10)
    const bytes = [...ends.slice(0, 20), ...Array.from({ length: 60 }, (_, n) => n * 7_901)]
    const within = [...bytes.entries()].filter(([, byte]) => byte < whole.length)
    for (const [n, byte] of some(within, STEP)) {
      const spoilt = Buffer.from(whole)
      spoilt[byte] = (spoilt[byte] ?? 0) ^ (1 << (n % 8))
      const report = await reportWith(spoilt)
      const line = ends.findIndex((end) => end >= byte) + 1
      expect(report.findings[0]).toEqual({
        fault: 'changed',
        where: `${of.fileOf(0)}:${String(line)}`,
      })
      // At most two lines of it: the one, and what an end that was flipped made of the next.
      expect(report.invalid + report.missing).toBeLessThanOrEqual(2)
    }
  }, 60_000)
})

describe('what is no fault', () => {
  test('records of two processes in one stream', async () => {
    const [ones, twos] = [trail.slice(0, first), trail.slice(first)]
    const mixed = ones.flatMap((line, index) => [line, ...twos.slice(index, index + 1)])
    expect(await verifyTrail(mixed, SIGNING)).toMatchObject({
      ...{ valid: trail.length, invalid: 0, missing: 0, findings: [] },
    })
  })

  test('an end that nobody has seen is unproven: it can be cut off unseen until another process starts', async () => {
    const alone = trail.slice(0, first - 4)
    expect(await verifyTrail(alone, SIGNING)).toMatchObject({ invalid: 0, missing: 0 })
  })
})

test('a record that is spoilt at the end of one chain stands for none that is missing in the next', async () => {
  const lines = placed(trail.with(first - 1, of.flipped(first - 1, 40, 1)).toSpliced(first, 1))
  const report = await verifyTrail(lines, SIGNING)
  expect(report.findings).toEqual([
    { fault: 'changed', where: of.at(first - 1) },
    { fault: 'missing', where: of.at(first), writer: expect.any(String), seq: 0, count: 1 },
  ])
})

describe('whoever can hash and has no key', () => {
  test.each([
    { kind: 'start' },
    { kind: 'start', heads: {}, torn: [] },
    { kind: 'start', heads: [null], torn: [] },
    { kind: 'start', heads: [], torn: ['x'] },
    { kind: 'gap', allowed: '1' },
    { kind: 'gap', allowed: -1, denied: 0, keys: 0 },
  ])('writes what is no record: %j', async (said) => {
    const body = JSON.stringify({ v: 1, writer: 'x.1', seq: 0, prev: '', ...said })
    const sealed = hash('sha256', body, 'base64url')
    const line = `${body.slice(0, -1)},"hash":"${sealed}"}`
    const report = await verifyTrail([...trail, { line, where: 'x:1' }], SIGNING)
    expect(report.findings).toEqual([{ fault: 'changed', where: 'x:1' }])
    expect(report).toMatchObject({ valid: trail.length, missing: 0, dropped: 0 })
  })
})
