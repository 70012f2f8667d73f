import { createReadStream } from 'node:fs'

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

/** What is longer is none that was written, and is handed out in pieces. */
const MAX_LINE_BYTES = 4_194_304

/** @param from where a line begins, in bytes */
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
  for await (const chunk of createReadStream(path, { encoding: 'latin1', start: from })) {
    const pieces = (rest + String(chunk)).split('\n')
    rest = pieces.pop() ?? ''
    for (const line of pieces) yield next(line, 1)
    while (rest.length > MAX_LINE_BYTES) {
      yield next(rest.slice(0, MAX_LINE_BYTES), 0)
      rest = rest.slice(MAX_LINE_BYTES)
    }
  }
  if (rest !== '') yield { ...next(rest, 0), torn: true }
}
