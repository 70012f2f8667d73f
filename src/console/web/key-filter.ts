import { decodedOf } from '../../core/redaction.js'
import type { Gates } from '../gates.js'

/** What a page shows in the place of a whole key that somebody has typed or pasted. */
const REMOVED = '[a key was here]'

/** Whole keys of this API in a text: people paste them into notes, filters and addresses. */
export interface KeyFilter {
  /** Also those that are percent-encoded there. */
  find(text: string): readonly string[]
  remove(text: string): string
}

export function createKeyFilter({ all }: Gates): KeyFilter {
  const patterns = all.map((gate) => gate.describe().keys.pattern.replace(/^\^|\$$/g, ''))
  const keys = new RegExp([...new Set(patterns)].join('|'), 'g')
  return {
    find: (text) => text.match(keys) ?? decodedOf(text).match(keys) ?? [],
    remove: (text) => text.replace(keys, REMOVED),
  }
}
