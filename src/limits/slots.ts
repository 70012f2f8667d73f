import type { Limit } from '../core/limit.js'

/** Slots of one subject and one limit, in the order in which they were taken: what each is held by, and until when at the latest. */
type Held = Map<string, number>

export interface SlotCount {
  readonly all: number
  readonly own: boolean
}

const NONE: SlotCount = { all: 0, own: false }

/** Who holds the slots of limits of kind `concurrency`. */
export interface Slots {
  /** How many are held at an instant, and whether one of them by this name. */
  look(subject: string, limit: Limit, slot: string, at: number): SlotCount
  take(subject: string, limit: Limit, slot: string, at: number): void
  release(subject: string, limit: Limit, slot: string): void
}

export function createSlots(): Slots {
  const subjects = new Map<string, Held>()

  function keyOf(subject: string, { name }: Limit): string {
    return `${String(name.length)} ${name}${subject}`
  }

  /** Subjects whose slots nobody gave back are forgotten, one for each that is new. */
  function sweep(at: number): void {
    for (const [key, held] of subjects) {
      subjects.delete(key)
      drop(held, at)
      if (held.size > 0) subjects.set(key, held)
      return
    }
  }

  function heldBy(key: string, at: number): Held {
    const known = subjects.get(key)
    if (known !== undefined) return known
    sweep(at)
    const held: Held = new Map()
    subjects.set(key, held)
    return held
  }

  return {
    look(subject, limit, slot, at) {
      const held = subjects.get(keyOf(subject, limit))
      if (held === undefined) return NONE
      shorten(held, at + limit.windowMs)
      drop(held, at)
      return { all: held.size, own: held.has(slot) }
    },
    take(subject, limit, slot, at) {
      const held = heldBy(keyOf(subject, limit), at)
      held.delete(slot)
      held.set(slot, at + limit.windowMs)
    },
    release(subject, limit, slot) {
      const key = keyOf(subject, limit)
      const held = subjects.get(key)
      held?.delete(slot)
      if (held?.size === 0) subjects.delete(key)
    },
  }
}

/** What ends first was taken first, unless the clock or the limit has changed: then it is dropped somewhat later. */
function drop(held: Held, at: number): void {
  for (const [slot, endsAt] of held) {
    if (endsAt > at) return
    held.delete(slot)
  }
}

/** Nothing is held for longer than if it were taken now: the clock went back, or the limit has changed. */
function shorten(held: Held, most: number): void {
  for (const [, first] of held) {
    if (first <= most) return
    for (const [slot, endsAt] of held) held.set(slot, Math.min(endsAt, most))
    return
  }
}
