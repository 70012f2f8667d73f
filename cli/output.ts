/** To standard output: what was asked for, and nothing else. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** To standard error: what people want to know beside it. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Names and values below each other; what has no value is left out. */
export function printRows(rows: readonly (readonly [string, string | undefined])[]): void {
  const shown = rows.filter(([, value]) => value !== undefined)
  const width = Math.max(...shown.map(([label]) => label.length))
  for (const [label, value = ''] of shown) print(`${label.padEnd(width)}  ${plain(value)}`)
}

/** One line of JSON, for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(jsonLine(value))
}

/** The same with its end, to be written. */
export function jsonLine(value: unknown): string {
  // Control characters of the second kind, and those that turn the direction of text, are none to JSON, and are to terminals.
  return `${JSON.stringify(value).replace(/[\x7f-\x9f\p{Cf}]/gu, escaped)}\n`
}

/** Text from a record as a terminal may see it: nothing in it moves the cursor, or turns the direction of what follows. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, '?')
}

/** `2030-01-31`. */
export function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

/** `2030-01-31 12:00:00 UTC`. */
export function instant(date: Date): string {
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}

/** `1,200`. */
export function figure(number: number): string {
  return number.toLocaleString('en')
}

/** `1 key`, `1,200 keys`. */
export function count(number: number, noun: string): string {
  return `${figure(number)} ${noun}${number === 1 ? '' : 's'}`
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
