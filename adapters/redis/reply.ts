/**
 * A number in the reply of a script: as clients hand it on, a number, a text or its bytes. NaN for anything else: `Number` would take nothing, and an empty text or
 * list, for 0.
 */
export function numberIn(reply: unknown): number {
  const text = reply instanceof Uint8Array ? Buffer.from(reply).toString() : reply
  if (typeof text === 'number') return text
  if (typeof text === 'bigint') return Number(text)
  return typeof text === 'string' && /^(?:-?\d+|Infinity)$/.test(text) ? Number(text) : NaN
}
