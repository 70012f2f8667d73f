import { html, type Markup } from './html.js'

/** Dates and numbers as the reader has them. */
export interface Format {
  number(value: number): string
  /** `3 keys`: with an `s` for all numbers but one. */
  count(value: number, what: string): string
  /** A date with the time of day, in the console's time zone. */
  time(date: Date): Markup
  /** The same to the second: in a log, the order of events counts. */
  instant(date: Date): Markup
  day(date: Date): Markup
  /** A whole day of UTC, such as `'2030-01-31'`: the same day in every time zone. */
  utcDay(day: string): Markup
  /** The same without its year, in the room of a chart. */
  shortDay(day: string): string
  /** `3 days ago`, with the date where it is pointed at. */
  ago(date: Date): Markup
  readonly timeZone: string
}

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

export function createFormat(locale: string, timeZone: string, clock: () => number): Format {
  const numbers = new Intl.NumberFormat(locale)
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone })
  const wholeDays = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
  const times = new Intl.DateTimeFormat(locale, {
    ...{ dateStyle: 'medium', timeStyle: 'short', timeZone },
  })
  const instants = new Intl.DateTimeFormat(locale, {
    ...{ dateStyle: 'medium', timeStyle: 'medium', timeZone },
  })
  const shortDays = new Intl.DateTimeFormat(locale, {
    ...{ month: 'short', day: 'numeric', timeZone: 'UTC' },
  })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

  function distance(date: Date): string {
    const ms = date.getTime() - clock()
    const [unit, size] = STEPS.find(([, step]) => Math.abs(ms) >= step) ?? ['minute', 60_000]
    return Math.abs(ms) < 60_000 ? 'just now' : relative.format(Math.trunc(ms / size), unit)
  }

  return {
    timeZone,
    number: (value) => numbers.format(value),
    count: (value, what) => `${numbers.format(value)} ${what}${value === 1 ? '' : 's'}`,
    time: (date) => html`<time datetime="${date.toISOString()}">${times.format(date)}</time>`,
    instant: (date) => html`<time datetime="${date.toISOString()}">${instants.format(date)}</time>`,
    day: (date) => html`<time datetime="${date.toISOString()}">${days.format(date)}</time>`,
    utcDay: (day) => html`<time datetime="${day}">${wholeDays.format(new Date(day))}</time>`,
    shortDay: (day) => shortDays.format(new Date(day)),
    ago: (date) =>
      html`<time datetime="${date.toISOString()}" title="${times.format(date)}"
        >${distance(date)}</time
      >`,
  }
}

/** `24h` as `24 hours`. */
export function spokenDuration(duration: string): string {
  if (duration === 'never') return 'Never'
  const [, amount = '', unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? []
  const words = { ms: 'millisecond', s: 'second', m: 'minute', h: 'hour', d: 'day' }
  const word = words[unit as keyof typeof words]
  return `${amount} ${word}${amount === '1' ? '' : 's'}`
}
