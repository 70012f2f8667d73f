import type * as Jose from 'jose'

let loaded: Promise<typeof Jose> | undefined

/**
 * The library for every JOSE operation, loaded when the first token comes: a gate of keys alone never pays for it. A load that failed is tried again.
 */
export function loadJose(): Promise<typeof Jose> {
  loaded ??= import('jose').catch((error: unknown) => {
    loaded = undefined
    throw error
  })
  return loaded
}
