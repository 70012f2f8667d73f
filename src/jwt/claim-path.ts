import { isJsonObject, type JsonObject } from './strict-json.js'

/**
 * The claim of a name, or one within others whose names are joined by dots: `realm_access.roles`. A claim that is called by the whole name comes first, as names
 * of claims are often URLs. Null counts as absent.
 */
export function claimAt(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name] ?? undefined
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const inner = Object.hasOwn(claims, name.slice(0, dot)) && claims[name.slice(0, dot)]
    const found = isJsonObject(inner) ? claimAt(inner, name.slice(dot + 1)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The texts that a claim lists: a text with spaces between them, a list of texts, or an object whose names they are. A name that an object has with `false` or null is
 * not one. Anything else lists none.
 */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter(Boolean)
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === 'string') ? value : []
  }
  if (!isJsonObject(value)) return []
  return Object.keys(value).filter((name) => value[name] !== false && value[name] !== null)
}
