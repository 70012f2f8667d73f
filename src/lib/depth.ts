/** Whether objects and lists are nested in each other more than `limit` times. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  return Object.values(value).some((member) => isDeeperThan(member, limit - 1))
}
