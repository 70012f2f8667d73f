import { told } from '../core/refuse.js'
import type { TokenBounds } from './bounds.js'

/** 1 to `most` bytes without control characters and lone surrogates: it may stand in a log. */
export function isId(value: unknown, most: number): value is string {
  if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > most) return false
  return !/[\p{Cc}\p{Cs}]/u.test(value)
}

export function idRule({ id }: TokenBounds): string {
  return `a text of 1 to ${String(id)} bytes without control characters`
}

/** What came in the place of an id, and what to do about it. */
export function tooLong(value: unknown, { id }: TokenBounds): [got: unknown, fix?: string] {
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : 0
  return bytes > id ? [told(`${String(bytes)} bytes`), "Raise 'bounds.id'."] : [value]
}
