/** The value that this share of all values does not exceed; of an unsorted list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN
}

export function describeTimes(times: readonly number[]): string {
  const shares = [0, 0.5, 0.9, 0.99, 0.999, 1]
  const parts = shares.map(
    (share) => `p${String(share * 100)} ${percentile(times, share).toFixed(1)} ms`,
  )
  return `${String(times.length)} measured: ${parts.join(', ')}`
}
