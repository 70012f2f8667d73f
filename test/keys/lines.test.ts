import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { linesOf, type Line, type TextPieces } from '../../src/keys/lines.js'

async function read(pieces: TextPieces, maxBytes = 8): Promise<Line[]> {
  const lines: Line[] = []
  for await (const some of linesOf(pieces, maxBytes)) lines.push(...some)
  return lines
}

test.each<[string, TextPieces, (string | undefined)[]]>([
  ['nothing', [], []],
  ['one line that is not ended', ['ab'], ['ab']],
  ['one line that is ended', ['ab\n'], ['ab']],
  ['a line in pieces', ['a', 'b\nc', '', 'd'], ['ab', 'cd']],
  ['blank lines, and ends of two characters', ['\n\r\na\r\n'], ['', '\r', 'a\r']],
  ['bytes that are cut within a character', ['\xc3', '\xa9\n'].map(latin), ['\u00e9']],
  ['bytes that are no UTF-8, between others', ['a\n\xff\nb'].map(latin), ['a', undefined, 'b']],
  ['a byte order mark', ['\ufeffa\n'], ['a']],
  ['a line of as many bytes as it may have', ['12345678\n'], ['12345678']],
  ['a line of one byte more', ['123456', '789', 'x\nb\n'], [undefined, 'b']],
])('%s', async (_, pieces, texts) => {
  const lines = texts.map((text, at) => ({ number: at + 1, ...(text !== undefined && { text }) }))
  expect(await read(pieces)).toEqual(lines)
})

test('where the pieces end makes no difference', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\u00e9', '\u{1f511}') })
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(64)), async (whole, cuts) => {
      const bytes = Buffer.from(whole)
      const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b)
      const pieces = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
      expect(await read(pieces)).toEqual(await read([whole]))
    }),
  )
})

test('of a line without an end, nothing is kept', async () => {
  const piece = Buffer.alloc(65_536, 'a')
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  function* endless() {
    for (let count = 0; count < 4_096; count++) {
      yield Buffer.from(piece)
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
    }
  }
  expect(await read(endless(), 65_536)).toEqual([{ number: 1 }])
  // All pieces together are 256 MiB; how soon they are freed differs between versions of Node.
  expect(most).toBeLessThan(192 * 1_048_576)
})

function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
