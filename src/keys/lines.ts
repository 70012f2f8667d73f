/** Text in pieces of any size: strings, or bytes of UTF-8. Lines end with a line feed, which need not be where a piece ends. */
export type TextPieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

export interface Line {
  /** The first is 1. */
  readonly number: number
  /** Absent where the line is longer than the bound, or is no UTF-8. */
  readonly text?: string
}

const LINE_FEED = 0x0a
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Cuts text into lines, and hands on together those that end in one piece. Of a line longer than `maxBytes` nothing is kept, however long it is. */
export async function* linesOf(
  pieces: TextPieces,
  maxBytes: number,
): AsyncGenerator<readonly Line[]> {
  let number = 0
  let length = 0
  let parts: Uint8Array[] = []

  function keep(part: Uint8Array): void {
    length += part.length
    if (length > maxBytes) parts = []
    else if (part.length > 0) parts.push(part)
  }

  function take(): Line {
    const text = length > maxBytes ? undefined : decode(parts)
    number += 1
    length = 0
    parts = []
    return { number, ...(text !== undefined && { text }) }
  }

  for await (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    const lines: Line[] = []
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      keep(bytes.subarray(start, end))
      lines.push(take())
      start = end + 1
    }
    keep(bytes.subarray(start))
    if (lines.length > 0) yield lines
  }
  if (length > 0) yield [take()]
}

function decode(parts: readonly Uint8Array[]): string | undefined {
  try {
    return UTF8.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts))
  } catch {
    return undefined
  }
}
