import { UsageError } from '../../exit.js'

const DAY_MS = 86_400_000
const QUARTER_MS = 900_000
const REMEMBERED = 10_000

/** Days and hours as the clocks on the wall have them. */
export interface Calendar {
  /** The day of an instant, in days since 1970, and its hour, 0 to 23. */
  at(time: string): { readonly day: number; readonly hour: number }
}

/** @throws {UsageError} for a time zone that is not known */
export function createCalendar(timeZone: string): Calendar {
  const format = formatFor(timeZone)
  // Clocks differ by whole quarters of an hour.
  const known = new Map<number, { readonly day: number; readonly hour: number }>()
  return {
    at(time) {
      const quarter = Math.floor(Date.parse(time) / QUARTER_MS)
      const before = known.get(quarter)
      if (before !== undefined) return before
      const parts = format.formatToParts(new Date(quarter * QUARTER_MS))
      const part = (type: Intl.DateTimeFormatPartTypes) =>
        Number(parts.find((one) => one.type === type)?.value)
      const day = Date.UTC(part('year'), part('month') - 1, part('day')) / DAY_MS
      const moment = { day, hour: part('hour') }
      if (known.size >= REMEMBERED) known.clear()
      known.set(quarter, moment)
      return moment
    },
  }
}

/** `2030-01-31`. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** `Thu`. */
export function weekdayOf(day: number): string {
  return ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][(day + 4) % 7] ?? ''
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
    })
  } catch {
    throw new UsageError("--time-zone must be one such as 'America/New_York'")
  }
}
