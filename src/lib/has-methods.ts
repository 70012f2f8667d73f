/** Whether something has all of these methods: what a store or a sink is given may come from JavaScript. */
export function hasMethods(given: unknown, ...names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(Object(given), name) === 'function')
}
