import { createHash } from 'node:crypto'

/** The hidden field that says what a form has shown. */
export const SEEN_FIELD = 'seen'
/** Of base64url: 96 bits. */
const LENGTH = 16

/** Says of each of these texts which one a page has shown, without repeating it. */
export function seenIn(texts: readonly string[]): string {
  return texts.map(digestOf).join('.')
}

/** What becomes of a field: it stays as it is now, is changed as the person wants, or both the person and somebody else have changed it. */
export type Merged = 'stays' | 'changes' | 'conflicts'

/** @param seen of the page @param at the place of this text in it */
export function mergedWith(
  seen: string,
  at: number,
  { sent, now }: { readonly sent: string; readonly now: string },
): Merged {
  if (sent === now) return 'stays'
  const shown = seen.split('.')[at]
  if (shown === digestOf(now)) return 'changes'
  return shown === digestOf(sent) ? 'stays' : 'conflicts'
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, LENGTH)
}
