import * as v from 'valibot'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'

export const MAX_TOLERANCE_MS = 300_000

/** Keys of one kind that may be given inline: each costs a try. */
const MAX_INLINE = 8

export function oneOrMore<T>(is: (value: unknown) => boolean, write: string) {
  const all = (value: unknown) => {
    const list = Array.isArray(value) ? value : [value]
    return list.length >= 1 && list.length <= MAX_INLINE && list.every(is)
  }
  return v.optional(
    v.pipe(
      v.custom<T | readonly T[]>(all, `${write}, or a list of up to ${String(MAX_INLINE)}`),
      v.transform((value) => [value].flat() as T[]),
    ),
  )
}

export function durationUpTo(limitMs: number, write: string) {
  const is = (value: unknown) => isDuration(value) && milliseconds(value) <= limitMs
  return v.custom<Duration>(is, write)
}
