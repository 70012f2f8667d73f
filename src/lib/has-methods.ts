/** Whether something is an object with all of these methods: what a store or a sink is given may come from JavaScript. */
export function hasMethods(given: unknown, ...names: readonly string[]): boolean {
  if (typeof given !== 'object' || given === null) return false
  return names.every((name) => typeof Reflect.get(given, name) === 'function')
}
