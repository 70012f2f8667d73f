import { isObject } from '../lib/is-object.js'
/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>

export const MAX_JSON_DEPTH = 16

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The object that these bytes are as JSON, read in the one way that all readers agree on: UTF-8 without a byte order mark, nothing around it, no name
 * twice in one object, at most 16 objects and lists in each other. `undefined` for anything else.
 */
export function readStrictJson(bytes: Uint8Array): JsonObject | undefined {
  try {
    const text = utf8.decode(bytes)
    // Before it is made into objects: to nest them costs a hundred times their length.
    if (!isUnambiguous(text)) return undefined
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value)
}

/** A text may lack its end, which is no JSON: were it passed over, it would be searched anew from each quote in it. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\]:]/g

/**
 * Whether no object of this JSON has a name twice, and nothing is nested too deep; of what is no JSON it says nothing. `JSON.parse` takes the last of two names, and another reader the
 * first (RFC 7515 section 4, RFC 7519 section 4).
 */
function isUnambiguous(text: string): boolean {
  const open: (Set<string> | undefined)[] = []
  let latest = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : undefined)
      if (open.length > MAX_JSON_DEPTH) return false
    } else if (token === '}' || token === ']') {
      open.pop()
    } else if (token === ':') {
      const names = open.at(-1)
      const name = JSON.parse(latest) as string
      if (names?.has(name) ?? true) return false
      names?.add(name)
    } else {
      latest = token
    }
  }
  return true
}
