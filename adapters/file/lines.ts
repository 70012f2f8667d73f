import { createReadStream } from 'node:fs'

/** A line as it is in a file, byte by byte: `latin1`, so that what was spoilt stays what it is. */
export interface FileLine {
  readonly line: string
  /** 1 for the first. */
  readonly number: number
  /** Where it begins, in bytes. */
  readonly at: number
  readonly torn?: true
}

/** What is longer is none that was written, and is handed out in pieces. */
const MAX_LINE_BYTES = 4_194_304

export async function* linesOf(path: string): AsyncGenerator<FileLine, void, undefined> {
  let rest = ''
  let number = 0
  let at = 0
  const next = (line: string, ending: number): FileLine => {
    const begins = at
    number += 1
    at += line.length + ending
    return { line, number, at: begins }
  }
  for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
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
