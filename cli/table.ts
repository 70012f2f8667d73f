import { plain } from './output.js'

export interface Column<T> {
  readonly title: string
  /** How wide it usually is. On a terminal without room for all of it, its text may be cut. Absent: it is never cut. */
  readonly width?: number
  /** It is never cut, though its width is known. */
  readonly whole?: true
  /** The columns that a narrow terminal does without, the highest first. Absent: it stays. */
  readonly spare?: number
  readonly of: (row: T) => string
}

/** What is said where a table does not fit. */
export type LeftOut = (titles: readonly string[]) => void

const GAP = 2
/** So much of a text is left, if it has to be cut. */
const MIN_WIDTH = 8

/** How wide a table may be: a terminal's width; without a terminal, as wide as it likes. */
export function tableRoom(): number {
  // A terminal that does not know says 0.
  return process.stdout.isTTY ? process.stdout.columns || 80 : Infinity
}

/**
 * Lays out rows that come in pages: the columns are as wide as the first page wants them, and at least as wide as usual where more pages follow. What has no room
 * is cut, then left out.
 */
export function createTable<T>(
  columns: readonly Column<T>[],
  room = tableRoom(),
  leftOut: LeftOut = () => undefined,
) {
  let widths: readonly (number | undefined)[] | undefined

  return function lay(rows: readonly T[], more: boolean): string[] {
    const lines = rows.map((row) => columns.map((column) => plain(column.of(row))))
    const titles = columns.map(({ title }) => title)
    const first = widths === undefined
    if (first) {
      const wanted = columns.map(({ width = 0 }, at) =>
        Math.max(...[titles, ...lines].map((line) => line[at]?.length ?? 0), more ? width : 0),
      )
      widths = fit(columns, wanted, room)
      const missing = titles.filter((_, at) => widths?.[at] === undefined)
      if (missing.length > 0) leftOut(missing)
    }
    const all = first ? [titles, ...lines] : lines
    return all.map((line) =>
      line
        .flatMap((cell, at) => {
          const width = widths?.[at]
          return width === undefined ? [] : [cut(cell, width, room).padEnd(width)]
        })
        .join(' '.repeat(GAP))
        .trimEnd(),
    )
  }
}

/** How wide each column becomes; `undefined` for what is left out. */
function fit<T>(
  columns: readonly Column<T>[],
  wanted: readonly number[],
  room: number,
): (number | undefined)[] {
  const least = columns.map(({ title, width, whole }, at) => {
    const all = wanted[at] ?? 0
    return width === undefined || whole ? all : Math.min(all, Math.max(title.length, MIN_WIDTH))
  })
  const kept = new Set(columns.keys())
  const total = (of: readonly number[]) =>
    [...kept].reduce((sum, at) => sum + (of[at] ?? 0) + GAP, -GAP)
  const spare = [...columns.keys()]
    .filter((at) => columns[at]?.spare !== undefined)
    .sort((a, b) => (columns[b]?.spare ?? 0) - (columns[a]?.spare ?? 0))
  for (const at of spare) if (total(least) > room) kept.delete(at)
  const widths = [...wanted]
  while (total(widths) > room) {
    const widest = [...kept]
      .filter((at) => (widths[at] ?? 0) > (least[at] ?? 0))
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0]
    if (widest === undefined) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths.map((width, at) => (kept.has(at) ? width : undefined))
}

function cut(text: string, width: number, room: number): string {
  return text.length <= width || room === Infinity ? text : `${text.slice(0, width - 3)}...`
}
