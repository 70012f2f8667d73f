import { randomBytes } from 'node:crypto'
import { deepCopy, deepFreeze } from '../lib/copy.js'
import { messageId, type KeyOutbox, type OutboxDelivery, type OutboxFault } from './outbox.js'
import type { KeyRecord } from './record.js'

/** Deliveries at most, whether they wait or were given up: beyond, the oldest is dropped, of an owner that has more than its share of them. */
const MAX_KEPT = 10_000
const SHARE = MAX_KEPT / 8
/** Marks of events that are added once. */
const MAX_MARKS = 100_000

interface Kept {
  readonly whose: string
  delivery: OutboxDelivery
  nextAt: number
  holder: string | undefined
  heldUntil: number
  fault: OutboxFault | undefined
}

export interface MemoryOutbox extends KeyOutbox {
  /** Told of each change of a key. */
  note(before: KeyRecord | undefined, after: KeyRecord): void
}

type NewEvent = Pick<OutboxDelivery, 'type' | 'subject' | 'at' | 'key' | 'data'>

/** What waits for its delivery, or was given up, by its number. */
class Deliveries {
  readonly all = new Map<string, Kept>()
  /** How many there are of each owner. */
  readonly #counts = new Map<string, number>()
  /** Those that have more than their share. */
  readonly #over = new Set<string>()
  #last = 0

  keep(event: NewEvent, targets: Iterable<string>): void {
    const id = messageId(randomBytes(16).toString('hex'))
    const owner = event.key?.ownerId ?? event.data?.['ownerId']
    const whose = typeof owner === 'string' ? owner : event.subject
    for (const target of targets) {
      const seq = String(++this.#last)
      const delivery = deepFreeze({ ...deepCopy(event), seq, id, target, attempts: 0 })
      const fresh = { nextAt: 0, holder: undefined, heldUntil: 0, fault: undefined }
      this.all.set(seq, { whose, delivery, ...fresh })
      this.#count(whose, 1)
      this.#makeRoom()
    }
  }

  /** What this holder has claimed, and still has. */
  held(seq: string, holder: string): Kept | undefined {
    const kept = this.all.get(seq)
    return kept?.holder === holder ? kept : undefined
  }

  drop(seq: string): void {
    const kept = this.all.get(seq)
    if (kept !== undefined && this.all.delete(seq)) this.#count(kept.whose, -1)
  }

  #count(whose: string, change: number): void {
    const after = (this.#counts.get(whose) ?? 0) + change
    if (after > 0) this.#counts.set(whose, after)
    else this.#counts.delete(whose)
    if (after > SHARE) this.#over.add(whose)
    else this.#over.delete(whose)
  }

  #makeRoom(): void {
    for (const [seq, { whose }] of this.all) {
      if (this.all.size <= MAX_KEPT) return
      if (this.#over.size === 0 || this.#over.has(whose)) this.drop(seq)
    }
  }
}

/** Events in the memory of this process. They end with it. */
export function createMemoryOutbox(): MemoryOutbox {
  const targets = new Set<string>()
  const marks = new Set<string>()
  const deliveries = new Deliveries()
  const { all } = deliveries

  function mark(once: string): void {
    marks.add(once)
    const [oldest] = marks.size > MAX_MARKS ? marks : []
    if (oldest !== undefined) marks.delete(oldest)
  }

  return {
    note(before, after) {
      const type = targets.size > 0 ? keyEventType(before, after) : undefined
      if (type === undefined) return
      const { retry: _retry, ...rest } = after
      const key = { ...rest, digest: '' }
      deliveries.keep({ type, subject: after.id, at: new Date(), key }, targets)
    },
    subscribe: (names) => {
      for (const name of names) targets.add(name)
    },
    add: (events) =>
      events.map(({ once, ...event }) => {
        if (once !== undefined && marks.has(once)) return false
        if (once !== undefined) mark(once)
        deliveries.keep(event, targets)
        return true
      }),
    claim: (claim) => claimIn(all.values(), claim),
    delivered: (seq, holder) => {
      if (deliveries.held(seq, holder) !== undefined) deliveries.drop(seq)
    },
    failed(seq, holder, fault) {
      const kept = deliveries.held(seq, holder)
      if (kept === undefined) return
      const { delivery } = kept
      kept.delivery = Object.freeze({ ...delivery, attempts: delivery.attempts + 1 })
      Object.assign(kept, { fault, nextAt: fault.nextAt?.getTime() ?? 0, ...FREE })
    },
    release(holder) {
      for (const kept of all.values()) if (kept.holder === holder) Object.assign(kept, FREE)
    },
    failures: (page) => failuresIn(all.values(), page),
    retry(seq) {
      const again = [...all.values()].filter(
        (kept) => isOver(kept) && (seq === undefined || kept.delivery.seq === seq),
      )
      for (const kept of again) {
        kept.delivery = Object.freeze({ ...kept.delivery, attempts: 0 })
        Object.assign(kept, { fault: undefined, nextAt: 0 })
      }
      return again.length
    },
  }
}

/** Nobody has claimed it. */
const FREE = { holder: undefined, heldUntil: 0 }

/** Whether it was given up. */
function isOver({ fault }: Kept): boolean {
  return fault !== undefined && fault.nextAt === undefined
}

/** The oldest of each subject that is due, and claimed by nobody. Where there are more, the oldest of all and any others: who has many keys with many events is not before all others. */
function claimIn(
  all: Iterable<Kept>,
  { target, holder, now, until, limit }: Parameters<KeyOutbox['claim']>[0],
): OutboxDelivery[] {
  const due: Kept[] = []
  const subjects = new Set<string>()
  for (const kept of all) {
    const { delivery } = kept
    if (delivery.target !== target || isOver(kept) || subjects.has(delivery.subject)) continue
    subjects.add(delivery.subject)
    if (kept.nextAt > now.getTime() || kept.heldUntil > now.getTime()) continue
    due.push(kept)
  }
  const claimed = due.length > limit ? drawn(due, limit) : due
  for (const kept of claimed) Object.assign(kept, { holder, heldUntil: until.getTime() })
  return claimed.map(({ delivery }) => delivery)
}

/** The first, and any others. */
function drawn<T>(found: readonly T[], count: number): readonly T[] {
  return found
    .map((one, at) => ({ one, place: at === 0 ? 0 : Math.random() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ one }) => one)
}

function failuresIn(
  all: Iterable<Kept>,
  { limit, cursor }: Parameters<KeyOutbox['failures']>[0],
): Awaited<ReturnType<KeyOutbox['failures']>> {
  const ended = [...all].filter(isOver).reverse()
  const before = cursor === undefined ? Infinity : Number(cursor)
  const rest = ended.filter(({ delivery }) => Number(delivery.seq) < before)
  const items = rest.slice(0, limit).map(({ delivery, fault }) => ({
    ...delivery,
    ...{ endedAt: fault?.at ?? delivery.at, error: fault?.error ?? '' },
  }))
  const end = items.at(-1)
  return { items, ...(rest.length > limit && end !== undefined && { cursor: end.seq }) }
}

/** What a change of a key is called; `undefined` where nobody can see it. */
function keyEventType(before: KeyRecord | undefined, after: KeyRecord): string | undefined {
  if (before === undefined) return 'key.created'
  const isNew = (field: 'revokedAt' | 'rotatedTo' | 'disabledAt') =>
    before[field] === undefined && after[field] !== undefined
  if (isNew('revokedAt')) return 'key.revoked'
  if (isNew('rotatedTo')) return 'key.rotated'
  if (isNew('disabledAt')) return 'key.disabled'
  return visible(before) === visible(after) ? undefined : 'key.updated'
}

function visible({
  version: _version,
  digest: _digest,
  retry: _retry,
  ...rest
}: KeyRecord): string {
  return JSON.stringify(Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)))
}
