import { deepCopy } from './copy.js'
import { isPromise, type MaybePromise } from './maybe.js'

type Method = (...args: unknown[]) => Promise<unknown>

/**
 * An object whose methods wait for that which does the work. What they are given is what it was when they were called.
 * @param names of methods that return promises
 */
export function late<T extends object, K extends keyof T & string>(
  names: Readonly<Record<K, true>>,
  find: () => MaybePromise<Pick<T, K>>,
): Pick<T, K> {
  const call = (found: object, name: string, args: unknown[]) =>
    (found as Record<string, Method>)[name]?.(...args)
  const methods = Object.keys(names).map((name) => [
    name,
    (...args: unknown[]) => {
      const found = find()
      if (!isPromise(found)) return call(found, name, args)
      const given = args.map(copyOf)
      return found.then((here) => call(here, name, given))
    },
  ])
  return Object.fromEntries(methods) as Pick<T, K>
}

/** What goes around in circles is no input, and is told of as such. */
function copyOf(value: unknown): unknown {
  try {
    return deepCopy(value)
  } catch {
    return value
  }
}
