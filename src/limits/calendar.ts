import type { Calendar } from '../core/limit.js'

const DAY_MS = 86_400_000

/** The longest of each, in milliseconds. */
export const LONGEST_MS: Readonly<Record<Calendar, number>> = { day: DAY_MS, month: 31 * DAY_MS }

/** When the day or month of an instant is over, in milliseconds since the epoch. */
export function calendarEnd(calendar: Calendar, at: number): number {
  if (calendar === 'day') return (Math.floor(at / DAY_MS) + 1) * DAY_MS
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}
