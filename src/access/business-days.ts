const DAY_MS = 86_400_000

/** The same time of day, so many business days later: Monday to Friday by UTC, without the holidays, each as `'2026-12-25'`. */
export function addBusinessDays(from: Date, days: number, holidays: readonly string[]): Date {
  let at = from.getTime()
  for (let left = days; left > 0;) {
    at += DAY_MS
    const date = new Date(at)
    const isWeekend = [0, 6].includes(date.getUTCDay())
    if (!isWeekend && !holidays.includes(date.toISOString().slice(0, 10))) left -= 1
  }
  return new Date(at)
}
