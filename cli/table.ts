import { plain } from './output.js'

export interface Column<T> {
  readonly title: string
  /** What it may take at most; longer text is cut. Left out: nothing is cut. */
  readonly width?: number
  readonly of: (row: T) => string
}

/** Lays out rows that come in pages: the columns are as wide as the first page wants them, or as they may be where more follow. */
export function createTable<T>(columns: readonly Column<T>[]) {
  let widths: readonly number[] | undefined

  return function lay(rows: readonly T[], more: boolean): string[] {
    const lines = rows.map((row) => columns.map((column) => cut(plain(column.of(row)), column)))
    const titles = columns.map(({ title }) => title)
    const first = widths === undefined
    widths ??= columns.map(({ width }, at) => {
      const widest = Math.max(...[titles, ...lines].map((line) => line[at]?.length ?? 0))
      return more ? Math.max(width ?? 0, widest) : widest
    })
    const all = first ? [titles, ...lines] : lines
    return all.map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths?.[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

function cut<T>(text: string, { width = Infinity }: Column<T>): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`
}
