import { figure } from './output.js'

/** What is used of standard error. */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Shows how far it has come, on a terminal; elsewhere, it only tells. */
export interface Progress {
  /** So many bytes more were read. */
  read(bytes: number): void
  /** This line is done. */
  line(number: number): void
  /** Says something above the bar. */
  tell(text: string): void
  /** Takes the bar away. */
  end(): void
}

const EVERY_MS = 100
const MAX_BAR = 40
const CLEAR = '\r\x1b[K'

/** @param bytes how many there are in all, where that is known */
export function createProgress(
  terminal: Terminal,
  bytes: number | undefined,
  now: () => number = () => performance.now(),
): Progress {
  const begun = now()
  const live = terminal.isTTY === true
  let drawn = begun
  let shown = false
  let read = 0
  let lines = 0
  let passed = 0

  function draw(): void {
    drawn = now()
    shown = true
    const rate = Math.round((lines / Math.max(drawn - begun, 1)) * 1_000)
    const figures = `${figure(passed)} lines  ${figure(rate)}/s`
    terminal.write(
      `${CLEAR}${[...barOf(terminal, read, bytes, figures.length), figures].join('  ')}`,
    )
  }

  function end(): void {
    if (shown) terminal.write(CLEAR)
    shown = false
  }

  return {
    read(more) {
      read += more
    },
    line(at) {
      lines += 1
      passed = at
      if (live && now() - drawn >= EVERY_MS) draw()
    },
    tell(text) {
      end()
      terminal.write(`${text}\n`)
    },
    end,
  }
}

/** Nothing where there is no end in sight, or no room. */
function barOf(
  terminal: Terminal,
  read: number,
  bytes: number | undefined,
  taken: number,
): string[] {
  if (bytes === undefined || bytes === 0) return []
  const share = Math.min(read / bytes, 1)
  const percent = `${String(Math.floor(share * 100)).padStart(3)}%`
  // A terminal that does not know says 0.
  const width = Math.min((terminal.columns || 80) - taken - 12, MAX_BAR)
  if (width < 8) return [percent]
  const full = Math.round(share * width)
  return [`[${'#'.repeat(full)}${'.'.repeat(width - full)}]`, percent]
}
