import type { Clock } from '../lib/clock.js'
import { shownToManagers } from '../keys/http/shown.js'
import type { KeyQuery, KeyStore } from '../keys/key-store.js'
import type { KeyOutbox, OutboxEvent } from '../keys/outbox.js'
import { shown, type KeyRecord } from '../keys/record.js'

const DAY_MS = 86_400_000
/** Before its end, an owner is told so many days before. */
const BEFORE_END = [7, 1]
/** Ends that an instance may have slept through. */
const LOOK_BACK_MS = 30 * DAY_MS
const PAGE = 200

export interface ScanContext {
  readonly store: Pick<KeyStore, 'list'>
  readonly outbox: KeyOutbox
  readonly clock: Clock
}

/** Looks for what time alone has done: keys that have ended, or end soon. Resolves to how many events are new. */
export type Scan = () => Promise<number>

/** The first look goes back 30 days, each other one to the last that has succeeded. */
export function createEndScan({ store, outbox, clock }: ScanContext): Scan {
  let lastAt: number | undefined

  return async () => {
    const now = clock()
    const since = Math.min(lastAt ?? Infinity, now) - (lastAt === undefined ? LOOK_BACK_MS : 0)
    let added = 0
    const look = async (
      after: number,
      until: number,
      eventOf: (key: KeyRecord, end: number) => OutboxEvent | undefined,
    ) => {
      const ending = { after: new Date(after), until: new Date(until) }
      for await (const keys of pagesOf(store, { ending })) {
        const events = keys.flatMap((key) => eventOf(key, key.expiresAt?.getTime() ?? until) ?? [])
        if (events.length > 0) added += (await outbox.add(events)).filter(Boolean).length
      }
    }
    await look(since, now, (key, end) => endEvent('key.expired', key, end))
    // Of the steps that a key has passed, the last one alone is told: it ends in 1 day, and not in 7.
    const steps = BEFORE_END.map((days) => days * DAY_MS)
    for (const [at, beforeMs] of steps.entries()) {
      const nextMs = steps[at + 1] ?? 0
      const from = lastAt === undefined ? now + nextMs : Math.max(since + beforeMs, now + nextMs)
      await look(from, now + beforeMs, (key, end) =>
        // Of a key that was made to last less, nobody need be told that it lasts less.
        key.createdAt.getTime() > end - beforeMs
          ? undefined
          : endEvent('key.expiring', key, now, String(beforeMs / DAY_MS)),
      )
    }
    lastAt = now
    return added
  }
}

/** An end that is moved is another end. */
function markOf(type: string, { id, expiresAt }: KeyRecord, step: string): string {
  return [type, id, String(expiresAt?.getTime()), step].join(' ')
}

function endEvent(type: string, key: KeyRecord, at: number, step = ''): OutboxEvent {
  const data = { ...shownToManagers(shown(key, at)) }
  return { type, subject: key.id, at: new Date(at), data, once: markOf(type, key, step) }
}

/** Every page of a list of keys. */
export async function* pagesOf(
  store: Pick<KeyStore, 'list'>,
  query: KeyQuery,
): AsyncGenerator<readonly KeyRecord[], void, undefined> {
  let cursor: string | undefined
  do {
    const page = await store.list({ ...query, limit: PAGE, ...(cursor && { cursor }) })
    if (page.items.length > 0) yield page.items
    cursor = page.cursor
  } while (cursor !== undefined)
}
