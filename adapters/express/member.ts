/** What a framework keeps and does not declare. */
export function memberOf(one: unknown, name: string): unknown {
  return isObject(one) ? Reflect.get(one, name) : undefined
}

export function isObject(one: unknown): one is object {
  return (typeof one === 'object' && one !== null) || typeof one === 'function'
}
