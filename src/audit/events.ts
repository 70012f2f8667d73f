import type { Clock } from '../lib/clock.js'
import { publicKeysOf } from './chain.js'
import type { AuditEvent } from './filter.js'
import { createReading } from './reading.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine, TrailRange, TrailReader } from './sink.js'
import { isEvent } from './words.js'

/** What readers of a trail are told beside the trail. */
export interface ReadOptions {
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints prove what is before them. Default: none, and nothing is proven. */
  readonly publicKeys?: readonly string[]
  /** Called with each line that is damaged: it is no record, and no event is made of it. */
  readonly onDamaged?: (line: TrailLine) => void
  /** Milliseconds since the epoch: a query shows what is later after all else. Default: `Date.now`. */
  readonly clock?: Clock
}

/**
 * The events of a trail in the order in which they were written first, each with its later words. A later word holds only in the same chain, while the event is not complete (it has no `status`, or was `aborted`), if it
 * takes back nothing, and before a checkpoint has vouched for the event or once another one vouches for the word. Of one that was answered, further health information holds alone, for 1,000 events. One that does not hold is an event of its
 * own. At most 10,000 events and 128 MiB wait for a later word or a checkpoint: one that has to give way comes as it is known then, and its later word comes by
 * itself. A chain that never had a checkpoint gives way before one that had.
 * @param aside told of what is no event: other records, and lines that are none
 * @throws {MisuseError} for a public key that is none @throws what the reader throws
 * @example for await (const event of readEvents(createAuditFiles('/var/log/api/audit'))) console.log(event.time, event.outcome)
 */
export async function* readEvents(
  reader: TrailReader,
  range?: TrailRange,
  aside: (record: ChainedRecord | undefined, line: TrailLine) => void = () => undefined,
  options: ReadOptions = {},
): AsyncGenerator<AuditEvent> {
  const reading = createReading(publicKeysOf(options.publicKeys ?? []), true)
  for await (const found of reader.lines(range)) {
    const record = reading.take(found)
    if (record === undefined && !found.torn) options.onDamaged?.(found)
    if (!isEvent(record)) aside(record, found)
    yield* reading.settled()
  }
  yield* reading.rest()
}
