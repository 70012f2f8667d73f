/**
 * What a program takes for a formula: at the beginning of a cell, also of one that a program makes of a part of it, which divides at semicolons, tabs or ends of lines and minds no quotes
 * within; and in full width as well.
 */
const FORMULA = /(^|[;\t\r\n]["']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r\n])/g

/** A table for a spreadsheet (RFC 4180). What a program would take for a formula is text. */
export function csvOf(rows: readonly (readonly (string | number | undefined)[])[]): string {
  return rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')
}

function cellOf(value: string | number | undefined = ''): string {
  if (typeof value === 'number') return String(value)
  const text = value.replace(FORMULA, "$1'")
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
