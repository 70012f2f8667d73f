/** The value of a column, whatever it is; of a row that is none, nothing. */
export function valueIn(row: unknown, column: string): unknown {
  return typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined
}

/** @throws {Error} when it is no text. */
export function textIn(row: unknown, column: string): string {
  const value = valueIn(row, column)
  if (typeof value !== 'string') throw damaged(column)
  return value
}

/** An exact integer, also from a connection that reads them as BigInt. @throws {Error} when it is none. */
export function integerIn(row: unknown, column: string): number {
  const value = valueIn(row, column)
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw damaged(column)
  return number
}

/** Milliseconds since the epoch. @throws {Error} when no date has so many. */
export function instantIn(row: unknown, column: string): Date {
  const date = new Date(integerIn(row, column))
  if (Number.isNaN(date.getTime())) throw damaged(column)
  return date
}

/** @throws {Error} when it is no JSON, or JSON that `is` does not accept. Does not repeat what is there. */
export function jsonIn<T>(row: unknown, column: string, is: (value: unknown) => value is T): T {
  const text = textIn(row, column)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw damaged(column)
  }
  if (!is(value)) throw damaged(column)
  return value
}

/** Reads a column where there is something in it. */
export function optional<T>(
  row: unknown,
  column: string,
  read: (row: unknown, column: string) => T,
): T | undefined {
  const value = valueIn(row, column)
  return value === null || value === undefined ? undefined : read(row, column)
}

export function damaged(column: string): Error {
  return new Error(`The column '${column}' has what does not belong there.`)
}
