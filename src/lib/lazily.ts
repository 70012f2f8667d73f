/** A value that is made when it is first asked for, and once: a gate of keys alone never makes the schemas of tokens or of a trail. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
