import { USAGE_OUTCOMES } from '../../core/tally.js'
import type { UsageFigures } from '../../keys/owner-usage.js'
import type { Format } from '../kit/format.js'
import type { Markup, Piece } from '../kit/html.js'
import { table } from '../kit/parts.js'

const OUTCOMES = [...USAGE_OUTCOMES, 'unclassified'] as const

const WORDS: Readonly<Record<(typeof OUTCOMES)[number], string>> = {
  allowed: 'Allowed',
  unauthenticated: 'Key not accepted',
  forbidden: 'Not permitted',
  limited: 'Over a limit',
  invalid: 'Wrong request',
  unavailable: 'Not decided',
  unclassified: 'Not classified',
}

interface FiguresOptions {
  readonly caption: string
  /** What rows are of. */
  readonly first: string
  readonly rows: readonly (readonly [name: Piece, figures: UsageFigures])[]
}

/** Outcomes that there were have a column. */
export function figuresTable(
  format: Format,
  { outcomes: all }: UsageFigures,
  { caption, first, rows }: FiguresOptions,
): Markup {
  const seen = OUTCOMES.filter((outcome) => outcome === 'allowed' || all[outcome] !== 0)
  const numbers = ['Requests', ...seen.map((outcome) => WORDS[outcome])]
  return table({
    caption,
    columns: [{ title: first }, ...numbers.map((title) => ({ title, isNumber: true }))],
    rows: rows.map(([name, { total, outcomes }]) => [
      ...[name, format.number(total)],
      ...seen.map((outcome) => format.number(outcomes[outcome])),
    ]),
  })
}

/** What an older version has counted was let in, or may have been. */
export function deniedIn({ total, outcomes: { allowed, unclassified } }: UsageFigures): number {
  return total - allowed - unclassified
}
