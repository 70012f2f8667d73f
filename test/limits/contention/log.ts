import type { Limit } from 'sallyport'

/** The window of a quota, found again in the instants of what was admitted. */
export interface Window {
  readonly startsAt: number
  readonly admitted: number
}

/** Windows begin with the first request that is in none. */
export function windowsOf({ windowMs }: Limit, admitted: readonly number[]): Window[] {
  const windows: { startsAt: number; admitted: number }[] = []
  for (const at of admitted.toSorted((a, b) => a - b)) {
    const last = windows.at(-1)
    if (last !== undefined && at < last.startsAt + windowMs) last.admitted += 1
    else windows.push({ startsAt: at, admitted: 1 })
  }
  return windows
}

/**
 * By how many requests a burst was ever above `limit + limit * t / windowMs`, over all stretches of time between two requests; 0 or
 * less where it never was.
 */
export function excessOf({ limit, windowMs }: Limit, admitted: readonly number[]): number {
  let least = Infinity
  let excess = -Infinity
  for (const [index, at] of admitted.toSorted((a, b) => a - b).entries()) {
    // In parts of a request: those before this one, less what came back until then.
    const level = index * windowMs - limit * at
    least = Math.min(least, level)
    excess = Math.max(excess, level + windowMs - least - limit * windowMs)
  }
  return excess / windowMs
}

/** How many requests a burst has room for from the first to the last of those that it admitted. */
export function dueOf({ limit, windowMs }: Limit, admitted: readonly number[]): number {
  const [first, last] = [Math.min(...admitted), Math.max(...admitted)]
  return limit + Math.floor((limit * (last - first)) / windowMs)
}
