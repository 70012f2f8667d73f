/** Whether two values of JSON, or dates, are the same, whatever the order of their members. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object') return false
  if (one === null || other === null) return false
  if (one instanceof Date || other instanceof Date) {
    return one instanceof Date && other instanceof Date && one.getTime() === other.getTime()
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [first, second] = [Object.entries(one), new Map<string, unknown>(Object.entries(other))]
  return (
    first.length === second.size &&
    first.every(([name, value]) => second.has(name) && isSame(value, second.get(name)))
  )
}
