import { MAX_AUDIT_LINE } from '../../src/index.js'
import { openRegular } from './regular-file.js'

/** Bytes that are read at once: what is made of them holds up all else for a few milliseconds. */
const TURN = 16_384

/** A line as it is in a file, byte by byte: `latin1`, so that what was spoilt stays what it is. */
export interface FileLine {
  readonly line: string
  /** 1 for the first that is read. */
  readonly number: number
  /** Where it begins and where the next one does, in bytes. */
  readonly at: number
  readonly end: number
  readonly torn?: true
}

/**
 * The lines of a regular file. What is longer than `MAX_AUDIT_LINE` was never written, and comes in pieces.
 * @param from where a line begins, in bytes
 */
export async function* linesOf(path: string, from = 0): AsyncGenerator<FileLine, void, undefined> {
  let rest = ''
  let number = 1
  let at = from
  const next = (line: string, ending: number): FileLine => {
    const found = { line, number, at, end: at + line.length + ending }
    number += ending
    at = found.end
    return found
  }
  const handle = await openRegular(path)
  // The stream closes the file at its end, and when the reader stops earlier.
  for await (const chunk of handle.createReadStream({
    encoding: 'latin1',
    start: from,
    highWaterMark: TURN,
  })) {
    // Only what is new is searched: a line may come in a thousand chunks.
    const lines = String(chunk).split('\n')
    lines[0] = rest + (lines[0] ?? '')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const pieces = piecesOf(line)
      for (const piece of pieces.slice(0, -1)) yield next(piece, 0)
      yield next(pieces.at(-1) ?? '', 1)
    }
    const pieces = piecesOf(rest)
    for (const piece of pieces.slice(0, -1)) yield next(piece, 0)
    rest = pieces.at(-1) ?? ''
  }
  if (rest !== '') yield { ...next(rest, 0), torn: true }
}

function piecesOf(line: string): readonly string[] {
  if (line.length <= MAX_AUDIT_LINE) return [line]
  return [line.slice(0, MAX_AUDIT_LINE), ...piecesOf(line.slice(MAX_AUDIT_LINE))]
}
