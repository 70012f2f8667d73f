import { openAuditLine } from './chain.js'
import type { AuditEvent } from './filter.js'
import type { TrailRange, TrailReader } from './sink.js'

/** How many events wait for a later word of them. */
const WAITING = 10_000

/** The event of a line, if it tells of one. */
export function eventIn(line: string): AuditEvent | undefined {
  const record = openAuditLine(line)
  if (record?.kind !== 'access' && record?.kind !== 'key') return undefined
  const { id, time } = record as { readonly id: unknown; readonly time: unknown }
  return typeof id === 'string' && typeof time === 'string' ? record : undefined
}

/**
 * The events of a trail in the order in which they were written first, each as it was written last. One that is written again after 10,000
 * others comes twice: no more than that is held.
 */
export async function* eventsOf(
  reader: TrailReader,
  range?: TrailRange,
): AsyncGenerator<AuditEvent> {
  const waiting = new Map<string, AuditEvent>()
  for await (const { line } of reader.lines(range)) {
    const event = eventIn(line)
    if (event === undefined) continue
    waiting.set(event.id, event)
    const [oldest] = waiting.size > WAITING ? waiting.values() : []
    if (oldest === undefined) continue
    waiting.delete(oldest.id)
    yield oldest
  }
  yield* waiting.values()
}
