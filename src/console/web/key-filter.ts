import { decodedOf } from '../../core/redaction.js'
import type { Gates } from '../gates.js'

/** What a page shows in the place of a whole key that somebody has typed or pasted. */
const REMOVED = '[a key was here]'

/** Whole keys of this API in a text: people paste them into notes, filters and addresses. */
export interface KeyFilter {
  /** Also those that are percent-encoded there. */
  find(text: string): readonly string[]
  remove(text: string): string
  /** What is known of a key of which the text is the beginning: its prefix, environment and kind. */
  startIn(text: string): string | undefined
}

export function createKeyFilter({ all }: Gates): KeyFilter {
  const patterns = all.map((gate) => gate.describe().keys.pattern.replace(/^\^|\$$/g, ''))
  const keys = new RegExp([...new Set(patterns)].join('|'), 'g')
  const starts = patterns.map(
    (pattern) => new RegExp(`^(${pattern.replace(/\[0-9A-Za-z\].*$/, '')})[0-9A-Za-z]+$`),
  )
  return {
    startIn: (text) => starts.map((start) => start.exec(text)?.[1]).find(Boolean),
    find: (text) => text.match(keys) ?? decodedOf(text).match(keys) ?? [],
    remove: (text) => text.replace(keys, REMOVED),
  }
}
