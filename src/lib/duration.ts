const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time with its unit: `'250ms'`, `'30s'`, `'15m'`, `'24h'`, `'90d'`; at most 100 years. */
export type Duration = `${number}${keyof typeof UNITS}`

/** 100 years: beyond it, instants leave the range of dates. */
const MAX_MS = 36_500 * UNITS.d

const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/

/**
 * Whether a value is a `Duration`.
 * @example isDuration('90d') // true
 */
export function isDuration(value: unknown): value is Duration {
  return (
    typeof value === 'string' && DURATION.test(value) && milliseconds(value as Duration) <= MAX_MS
  )
}

/**
 * The length of a duration in milliseconds.
 * @example milliseconds('15m') // 900000
 */
export function milliseconds(duration: Duration): number {
  const [, amount = '', unit = ''] = DURATION.exec(duration) ?? []
  return Number(amount) * UNITS[unit as keyof typeof UNITS]
}
