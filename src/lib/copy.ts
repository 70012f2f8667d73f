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

/** Whether objects and lists are nested in each other more than `limit` times. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  return Object.values(value).some((member) => isDeeperThan(member, limit - 1))
}

/**
 * A copy of a list of texts, frozen; `undefined` for what is none. What is judged after that is the copy, and so is what is kept: of a list of somebody
 * else's, a second look may find something else, and a look at what it says of a place that is empty finds nothing.
 * @param is what each of them must be
 */
export function textsFrom(
  list: unknown,
  is: (text: string) => boolean = () => true,
): readonly string[] | undefined {
  if (!Array.isArray(list)) return undefined
  const copy: unknown[] = [...(list as unknown[])]
  const isText = (one: unknown): one is string => typeof one === 'string' && is(one)
  return copy.every(isText) ? Object.freeze(copy) : undefined
}
