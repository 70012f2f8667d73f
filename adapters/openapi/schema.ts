/** The part of JSON Schema that describes examples. */
export interface JsonSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
}

/** What an example is of. */
export function schemaOf(example: unknown): JsonSchema {
  if (Array.isArray(example)) {
    return { type: 'array', ...(example.length > 0 && { items: schemaOf(example[0]) }) }
  }
  if (example === null || example === undefined) return {}
  if (typeof example !== 'object') return { type: typeof example }
  const members = Object.entries(example).map(([name, value]) => [name, schemaOf(value)] as const)
  return { type: 'object', properties: Object.fromEntries(members) }
}
