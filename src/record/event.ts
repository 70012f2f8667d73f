import { openAuditLine } from './chain.js'
import type { AuditEvent } from './filter.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine, TrailRange, TrailReader } from './sink.js'

/** How many events wait for a later word of them. */
const WAITING = 10_000

/** The event of a line, if it tells of one. */
export function eventIn(line: string): AuditEvent | undefined {
  const record = openAuditLine(line)
  return record && asEvent(record)
}

function asEvent(record: ChainedRecord): AuditEvent | undefined {
  if (record.kind !== 'access' && record.kind !== 'key') return undefined
  const { id, time } = record as { readonly id: unknown; readonly time: unknown }
  return typeof id === 'string' && typeof time === 'string' ? record : undefined
}

/**
 * The events of a trail in the order in which they were written first, each as it was written last. One that is written again after 10,000
 * others comes twice: no more than that is held.
 * @param aside told of what is no event: other records, and lines that are none
 */
export async function* eventsOf(
  reader: TrailReader,
  range?: TrailRange,
  aside: (record: ChainedRecord | undefined, line: TrailLine) => void = () => undefined,
): AsyncGenerator<AuditEvent> {
  const waiting = new Map<string, AuditEvent>()
  for await (const found of reader.lines(range)) {
    const record = openAuditLine(found.line)
    const event = record && asEvent(record)
    if (event === undefined) {
      aside(record, found)
      continue
    }
    waiting.set(event.id, event)
    const [oldest] = waiting.size > WAITING ? waiting.values() : []
    if (oldest === undefined) continue
    waiting.delete(oldest.id)
    yield oldest
  }
  yield* waiting.values()
}
