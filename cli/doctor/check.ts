import { plain } from '../output.js'

/** What the doctor says of one thing. */
export interface Finding {
  readonly check: string
  readonly outcome: 'ok' | 'warning' | 'failed'
  readonly detail: string
  /** What to do. */
  readonly advice?: string
}

export function ok(check: string, detail: string): Finding {
  return { check, outcome: 'ok', detail: plain(detail) }
}

export function warning(check: string, detail: string, advice: string): Finding {
  return { check, outcome: 'warning', detail: plain(detail), advice }
}

export function failed(check: string, detail: string, advice: string): Finding {
  return { check, outcome: 'failed', detail: plain(detail), advice }
}

const MAX_SKEW_MS = 2_000

/** @param theirs milliseconds since 1970, read between two instants of this machine */
export function clockFinding(
  check: string,
  theirs: number,
  before: number,
  after: number,
): Finding {
  const off = theirs < before ? before - theirs : Math.max(theirs - after, 0)
  const text = `its clock and this machine's differ by ${off < 1_000 ? 'less than 1 s' : `${String(Math.round(off / 1_000))} s`}`
  return off <= MAX_SKEW_MS
    ? ok(check, text)
    : failed(check, text, 'Run NTP on both machines: expiry and limits go by these clocks.')
}
