/** What `read` makes of each row. A row that it throws for is left out: the others are none the worse for it. */
export function understood<Row, T>(rows: readonly Row[], read: (row: Row) => T): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)]
    } catch {
      return []
    }
  })
}
