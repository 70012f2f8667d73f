import * as crypto from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TrailFinding, TrailLine } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, requestWith, SIGNING } from './gates.js'

/** A trail in files of two processes, the second of which has seen how the first one ended. */
export interface TwoProcesses {
  readonly directory: string
  readonly trail: readonly TrailLine[]
  /** How many lines the first one has. */
  readonly first: number
}

export async function twoProcesses(): Promise<TwoProcesses> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-tamper-'))
  for (const [instance, count] of [
    ['a', 1_000],
    ['b', 40],
  ] as const) {
    const sink = createAuditFiles(directory)
    const gate = auditedGate({ sink, key: SIGNING.key, instance })
    const { secret } = await gate.keys.create(KEY)
    for (let n = 0; n < count; n++) await gate.check(requestWith(secret, `/${String(n)}`))
    await gate.close()
  }
  const trail: TrailLine[] = []
  for await (const line of createAuditFiles(directory).lines()) trail.push(line)
  return { directory, trail, first: trail.findIndex(({ where }) => where.includes('.b.')) }
}

/** A line as it is seen in another place: that of its index. */
export function placed(lines: readonly TrailLine[]): readonly TrailLine[] {
  const numbers = new Map<string, number>()
  return lines.map(({ line, where }) => {
    const [file = ''] = where.split(':')
    const number = (numbers.get(file) ?? 0) + 1
    numbers.set(file, number)
    return { line, where: `${file}:${String(number)}` }
  })
}

/** What somebody did to a trail, and how the first finding tells of it. */
export type Tampering = (
  index: number,
) => readonly [lines: readonly TrailLine[], found: Partial<TrailFinding>]

/** What can be done to a trail, at any line of the first process. */
export function tamperingsOf({ trail, first }: TwoProcesses) {
  function fileOf(index: number): string {
    return trail[index]?.where.split(':')[0] ?? ''
  }

  function at(index: number): string {
    const before = index < first ? 0 : first
    return `${fileOf(index)}:${String(index - before + 1)}`
  }

  function lineAt(index: number): TrailLine {
    const line = trail[index]
    if (line === undefined) throw new Error(`no line ${String(index)}`)
    return line
  }

  /** In the place of another line. */
  function inPlaceOf(index: number, { line }: TrailLine): TrailLine {
    return { line, where: lineAt(index).where }
  }

  /** A line that says something else, with a hash that is right: what whoever can write the files can make. */
  function resealed(index: number): TrailLine {
    const line = lineAt(index).line.replace('203.0.113.9', '203.0.113.7')
    const body = `${line.slice(0, line.lastIndexOf(',"hash"'))}}`
    const sealed = crypto.hash('sha256', body, 'base64url')
    return inPlaceOf(index, { line: `${body.slice(0, -1)},"hash":"${sealed}"}`, where: '' })
  }

  function flipped(index: number, byte: number, bit: number): TrailLine {
    const { line } = lineAt(index)
    const changed = String.fromCharCode(line.charCodeAt(byte) ^ (1 << bit))
    return inPlaceOf(index, {
      line: line.slice(0, byte) + changed + line.slice(byte + 1),
      where: '',
    })
  }

  const spliced = (index: number, gone: number, ...lines: readonly TrailLine[]) =>
    placed(trail.toSpliced(index, gone, ...lines))

  const flip: Tampering = (index) => [
    trail.with(index, flipped(index, (index * 31) % lineAt(index).line.length, index % 8)),
    { fault: 'changed', where: at(index) },
  ]
  /** In the address of the client, which is a text before and after. */
  const flipText: Tampering = (index) => [
    trail.with(index, flipped(index, lineAt(index).line.indexOf('203.0.113.9'), 0)),
    { fault: 'changed', where: at(index) },
  ]
  const forge: Tampering = (index) => [
    trail.with(index, resealed(index)),
    { fault: 'broken_link', where: at(index + 1), seq: index + 1 },
  ]
  const remove: Tampering = (index) => [
    spliced(index, 1),
    { fault: 'missing', where: at(index), seq: index, count: 1 },
  ]
  const removeMany: Tampering = (index) => [
    spliced(index, 20),
    { fault: 'missing', where: at(index), seq: index, count: 20 },
  ]
  const double: Tampering = (index) => [
    spliced(index + 1, 0, lineAt(index)),
    { fault: 'out_of_place', where: at(index + 1), seq: index },
  ]
  const repeat: Tampering = (index) => [
    spliced(index + 30, 0, lineAt(index)),
    { fault: 'out_of_place', where: at(index + 30), seq: index },
  ]
  const swap: Tampering = (index) => [
    spliced(index, 2, lineAt(index + 1), lineAt(index)),
    { fault: 'missing', where: at(index), seq: index, count: 1 },
  ]
  const swapFar: Tampering = (index) => [
    trail
      .with(index, inPlaceOf(index, lineAt(index + 20)))
      .with(index + 20, inPlaceOf(index + 20, lineAt(index))),
    { fault: 'missing', where: at(index), seq: index, count: 20 },
  ]
  /** Records of the other process among those of this one. */
  const splice: Tampering = (index) => [
    spliced(index, 5, ...[10, 11, 12, 13, 14].map((n) => inPlaceOf(index, lineAt(first + n)))),
    { fault: 'missing', where: at(index), seq: 0, count: 10 },
  ]
  /** All that this process had to say from here on. */
  const cut: Tampering = (index) => [
    spliced(index, first - index),
    { fault: 'missing', where: at(first), seq: index, count: first - index },
  ]
  /** The same, and something else in the place of the first of it. */
  const cutAndForge: Tampering = (index) => [
    spliced(index, first - index, resealed(index)),
    { fault: 'missing', where: at(first), seq: index + 1 },
  ]

  return {
    at,
    fileOf,
    flipped,
    lineAt,
    flip,
    flipText,
    forge,
    remove,
    removeMany,
    double,
    repeat,
    swap,
    swapFar,
    splice,
    cut,
    cutAndForge,
  }
}
