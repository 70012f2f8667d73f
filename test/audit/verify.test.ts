import { generateKeyPairSync, hash } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { MisuseError, verifyTrail, type TrailReport, type VerifyOptions } from 'sallyport'
import { respelled } from '../respelled.js'
import { linesOf, SIGNING } from './gates.js'
import { sealed } from './trails.js'

const COUNT = 1_010
let lines: readonly string[]
let other: readonly string[]

beforeAll(async () => {
  lines = await linesOf(COUNT)
  other = await linesOf(50)
})

async function reportOf(
  changed: readonly string[],
  options: VerifyOptions = { publicKeys: SIGNING.publicKeys },
): Promise<TrailReport> {
  return verifyTrail(
    changed.map((line, index) => ({ line, where: String(index) })),
    options,
  )
}

const without = (index: number) => lines.toSpliced(index, 1)
const firstOf = ({ findings }: TrailReport) => findings[0]

test('a line of a newer version is told as such, and not as changed', async () => {
  const at = 5
  const body = (lines[at] ?? '').replace('"v":1,', '"v":2,').replace(/,"hash":"[^"]*"\}$/, '}')
  const line = `${body.slice(0, -1)},"hash":"${hash('sha256', body, 'base64url')}"}`
  const { findings, invalid } = await reportOf(lines.with(at, line))
  expect(findings[0]).toEqual({ fault: 'made_by_a_newer_version', where: String(at) })
  expect(findings.map(({ fault }) => fault)).not.toContain('changed')
  expect(invalid).toBeGreaterThan(0)
  const spoilt = lines.with(at, line.replace('"v":2', '"v":3'))
  expect((await reportOf(spoilt)).findings[0]).toMatchObject({ fault: 'changed' })
})

describe('a trail that is whole', () => {
  test('is valid from its first record to its last', async () => {
    const total = lines.length
    expect(await reportOf(lines)).toEqual({
      ...{ writers: 1, valid: total, invalid: 0, missing: 0, unproven: 0, torn: 0, dropped: 0 },
      findings: [],
    })
    expect(total).toBeGreaterThanOrEqual(COUNT)
  })

  test('is unproven without a key, and behind its last checkpoint', async () => {
    expect(await reportOf(lines, {})).toMatchObject({ valid: 0, unproven: lines.length })
    const checkpoint = lines.findIndex((line) => line.includes('"kind":"checkpoint"'))
    expect(checkpoint).toBeGreaterThan(900)
    const tail = checkpoint + 5
    expect(await reportOf(lines.slice(0, tail))).toMatchObject({
      ...{ valid: checkpoint + 1, unproven: 4, invalid: 0, missing: 0 },
    })
  })
})

describe('each record of a trail', () => {
  test('with a bit flipped in it is found at its place', async () => {
    // Every thirteenth at a time: a report has room for a hundred.
    for (let offset = 0; offset < 13; offset++) {
      const places = [...lines.keys()].filter((index) => index % 13 === offset)
      const changed = [...lines]
      for (const index of places) {
        const line = lines[index] ?? ''
        changed[index] = flip(line, (index * 31) % line.length, index % 8)
      }
      const report = await reportOf(changed)
      expect(report.findings).toEqual(
        places.map((index) => ({ fault: 'changed', where: String(index) })),
      )
      expect(report).toMatchObject({ invalid: places.length, missing: 0 })
    }
  })

  test('is found for any bit of it', async () => {
    const short = other.slice(0, 4)
    const [index, line = ''] = [2, short[2]]
    for (let byte = 0; byte < line.length; byte++) {
      const report = await reportOf(short.with(index, flip(line, byte, byte % 8)))
      expect([report.invalid, report.missing, report.findings]).toEqual([
        1,
        0,
        [{ fault: 'changed', where: String(index) }],
      ])
    }
  })

  test.each([0, 1, 7, 500, 998])('number %i: taken away, it is missed', async (index) => {
    const report = await reportOf(without(index))
    expect(report).toMatchObject({ missing: 1, invalid: 0 })
    expect(firstOf(report)).toMatchObject({ fault: 'missing', where: String(index), seq: index })
  })

  test.each([0, 1, 7, 500, 999])('number %i: doubled, it is found', async (index) => {
    const report = await reportOf(lines.toSpliced(index, 0, lines[index] ?? ''))
    expect(report).toMatchObject({ missing: 0, invalid: 1 })
    expect(firstOf(report)).toMatchObject({ fault: 'out_of_place', where: String(index + 1) })
  })

  test.each([0, 1, 7, 500, 998])(
    'number %i: in the place of the next, it is found',
    async (index) => {
      const swapped = lines.with(index, lines[index + 1] ?? '').with(index + 1, lines[index] ?? '')
      const report = await reportOf(swapped)
      expect(report).toMatchObject({ missing: 0, invalid: 1 })
      expect(firstOf(report)?.where).toBe(String(index))
    },
  )

  test.each([1, 7, 500, 999])(
    'number %i: those of another trail in its place are found',
    async (index) => {
      const report = await reportOf(lines.toSpliced(index, 1, other[7] ?? ''))
      expect(report).toMatchObject({ missing: 1, invalid: 1 })
      const added = { fault: 'out_of_place', where: String(index), seq: 7 }
      expect(report.findings).toMatchObject([added, { fault: 'missing', seq: index }])
    },
  )

  test('many at a time: all are found, and what is good is counted', async () => {
    const changed = lines.with(10, 'nothing').toSpliced(700, 20).toSpliced(300, 1)
    expect(await reportOf(changed)).toMatchObject({ invalid: 1, missing: 21 })
  })
})

describe('whoever can hash and has no key', () => {
  test('cannot sign: a checkpoint of another key is found', async () => {
    const foreign = await linesOf(20, { key: otherKey() })
    const report = await reportOf(foreign)
    expect(firstOf(report)).toMatchObject({ fault: 'unknown_signer' })
    expect(report).toMatchObject({ valid: 0, unproven: foreign.length - 1 })
  })
})

test('another text for the bytes of a signature is no signature', async () => {
  const { hash: _, ...said } = JSON.parse(lines.at(-1) ?? '') as Record<string, string>
  // Control: so the line was made.
  expect(sealed(said)).toBe(lines.at(-1))
  const line = sealed({ ...said, signature: respelled(said['signature'] ?? '') })
  const { findings, valid } = await reportOf(lines.with(-1, line))
  expect(findings).not.toEqual([])
  expect(valid).toBeLessThan(lines.length)
})

describe('a public key that is none', () => {
  const rsa = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).publicKey

  test.each([
    ['no PEM', 'audit.pub.pem'],
    ['nothing', ''],
    ['of RSA', rsa],
  ])('is refused: %s', async (_name, key) => {
    const verified = reportOf(other, { publicKeys: [...SIGNING.publicKeys, key] })
    await expect(verified).rejects.toThrow(MisuseError)
    await expect(verified).rejects.toThrow("'publicKeys' must be Ed25519 public keys in PEM")
  })
})

function flip(line: string, byte: number, bit: number): string {
  const flipped = String.fromCharCode(line.charCodeAt(byte) ^ (1 << bit))
  return line.slice(0, byte) + flipped + line.slice(byte + 1)
}

function otherKey(): string {
  return generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey
}

test('a file full of faults leaves room for those of others among the first hundred', async () => {
  const at = (file: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({ line: 'x', where: `${file}:${String(n + 1)}` }))
  const { invalid, findings } = await verifyTrail([...at('a', 500), ...at('b', 3), ...at('c', 500)])
  expect([invalid, findings.length]).toEqual([1_003, 100])
  const told = (file: string) => findings.filter(({ where }) => where.startsWith(`${file}:`))
  expect(['a', 'b', 'c'].map((file) => told(file).length)).toEqual([49, 3, 48])
})
