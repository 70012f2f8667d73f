/**
 * A copy, all the way down, of objects, lists and dates. Not `structuredClone`: under test runners that give each file a
 * realm of its own, its dates and objects are of another, and `instanceof` and strict comparison fail on them.
 */
export function deepCopy<T>(value: T): T
export function deepCopy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return new Date(value)
  if (Array.isArray(value)) return value.map((member: unknown) => deepCopy(member))
  const copies = Object.entries(value).map(([name, member]) => [name, deepCopy(member as unknown)])
  return Object.fromEntries(copies) as unknown
}

/** The same object, frozen all the way down; dates cannot be frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
