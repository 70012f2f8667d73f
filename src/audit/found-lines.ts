import * as v from 'valibot'
import { ifValid } from '../lib/issue.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { looseObject, plainObject } from '../lib/schema-objects.js'
import { position } from './schema.js'
import type { FoundLine, TrailLine, TrailPosition, TrailReader, TrailSearch } from './sink.js'

const line = lazily(() => ({ line: v.string(), where: v.string() }))
const foundLine = lazily(() =>
  plainObject({
    ...line(),
    at: position(),
    later: v.exactOptional(v.array(plainObject(line()))),
  }),
)
const bareLine = lazily(() => looseObject(line()))
/** Where an index has a line, also where its time is none: what comes next is looked for from there on. */
const placed = lazily(() =>
  looseObject({
    at: looseObject({ time: v.string(), id: v.string(), writer: v.string(), seq: wholeNumber(0) }),
  }),
)

/** What an index has found: lines, and what has no place in a list of events, which is damaged. */
export type Found = FoundLine | (TrailLine & { readonly at?: undefined })

/**
 * What an index finds, part by part, until it finds no more. @throws {TypeError} where it cannot be known what comes next: what is found first, or a whole part of it, has no place
 */
export async function* foundIn(
  reader: TrailReader,
  search: TrailSearch,
): AsyncGenerator<readonly Found[]> {
  let { after } = search
  for (;;) {
    const answer: unknown = await reader.find?.({ ...search, ...(after && { after }) })
    if (!Array.isArray(answer)) throw noLines()
    const found = answer.map(read)
    const end = endOf(answer, after)
    if (end === undefined) {
      const isKnown = after !== undefined && found.length < search.limit
      if (found.length > 0 && !isKnown) throw noLines()
      yield found
      return
    }
    // What has no place and comes after the last one that there is, is found again.
    yield found.slice(0, end.count)
    after = end.place
  }
}

function read(one: unknown): Found {
  const found = ifValid<FoundLine>(foundLine(), one)
  if (found !== undefined) return found
  const bare = ifValid(bareLine(), one)
  return { line: bare?.line ?? '', where: bare?.where ?? 'the index of the trail' }
}

/** The last place that there is and that leads on, and how many come up to it: the same would be found for ever. */
function endOf(
  answer: readonly unknown[],
  after: TrailPosition | undefined,
): { readonly place: TrailPosition; readonly count: number } | undefined {
  for (let count = answer.length; count > 0; count -= 1) {
    const place = ifValid<{ readonly at: TrailPosition }>(placed(), answer[count - 1])?.at
    if (place !== undefined && !isSame(place, after)) return { place, count }
  }
  return undefined
}

function isSame(one: TrailPosition, other: TrailPosition | undefined): boolean {
  return (['time', 'id', 'writer', 'seq'] as const).every((part) => one[part] === other?.[part])
}

function noLines(): TypeError {
  return new TypeError('The index has found what are no lines.')
}
