import { weightOfJson } from '../lib/weight.js'
import type { AuditEvent } from './filter.js'
import { laterWords, type OpenChain, type Told } from './open-chain.js'
import type { EventRecord } from './words.js'

/** How many events wait for a later word or a checkpoint, and how many bytes they take by estimate. */
const MAX_WAITING = 10_000
const MAX_WEIGHT = 134_217_728

/** Of those, events that were answered, and of which a handler may still tell health information: most tell it at once, or never. */
const MAX_TOLD = 1_000
const MAX_TOLD_WEIGHT = 8_388_608

/** Events of a reading, from when they are read until they are handed out. */
export interface WaitingEvents {
  add(event: EventRecord, chain: OpenChain): Told
  /** A later word of it came. */
  replace(told: Told, event: EventRecord): void
  /** It waits no longer: it is part of another, or is handed out. */
  leave(told: Told): void
  /** It is handed out as it is, with its later words, and does not wait any more. */
  handOut(told: Told): void
  /** Whether a line with this hash was handed out not long ago, and could not be handed out any better now. */
  wasHandedOut(hash: string): boolean
  /** Those that were handed out since this was last called. */
  handedOut(): Iterable<AuditEvent>
  isWaiting(told: Told): boolean
  /** Only a handler that goes on after its client has gone could tell more of it: it gives way before others. */
  mayLeave(told: Told): void
  /** It was answered: only a handler that tells something after that could add to it. It gives way before all others, and soon. */
  mayGrow(told: Told): void
  /** Whether so many wait that those which were answered need not wait any longer. */
  areMany(): boolean
  /** Whether it gives way before others. */
  isFree(told: Told): boolean
  /** In the order in which they were read first. */
  all(): Iterable<Told>
  /** The one that gives way where more wait than may; otherwise nothing. */
  tooMany(): Told | undefined
}

/** Whether a chain takes more than its share of what may wait. */
export function isLarge({ weight, links }: OpenChain): boolean {
  return weight > MAX_WEIGHT / 2 || links.size > MAX_WAITING / 2
}

/** @param isKeyed there are keys, without which nothing is proven */
export function createWaitingEvents(isKeyed: boolean): WaitingEvents {
  /** In the order in which they were read first. */
  const waiting = new Set<Told>()
  /** Those that give way first. Anybody can make many of them, and no more of others than requests that are in progress. */
  const free = new Set<Told>()
  const answered = new Set<Told>()
  const ready: Told[] = []
  /** Whether one that was handed out was proven, by its hash: to have a line twice is the same as to have it once. */
  const recent = new Map<string, boolean>()
  let weight = 0
  let answeredWeight = 0

  function weigh(told: Told, more: number): void {
    if (answered.has(told)) answeredWeight += more
    told.weight += more
    told.chain.weight += more
    weight += more
  }

  function replace(told: Told, event: EventRecord): void {
    told.event = event
    weigh(told, weightOfJson(event) - told.weight)
  }

  function leave(told: Told): void {
    const { chain, event } = told
    waiting.delete(told)
    free.delete(told)
    weigh(told, -told.weight)
    answered.delete(told)
    const others = chain.waiting.get(event.id)?.filter((one) => one !== told) ?? []
    if (others.length > 0) chain.waiting.set(event.id, others)
    else chain.waiting.delete(event.id)
    const link = chain.links.get(told.hash)
    if (link !== undefined) link.told = undefined
  }

  const isProven = ({ vouched }: Told) => vouched && isKeyed

  return {
    add(event, chain) {
      const told = { event, vouched: false, chain, hash: event.hash, weight: 0 }
      waiting.add(told)
      weigh(told, weightOfJson(event))
      chain.waiting.set(event.id, [...(chain.waiting.get(event.id) ?? []), told])
      return told
    },
    replace,
    leave,
    handOut(told) {
      for (const word of told.vouched ? [] : laterWords(told)) {
        replace(told, word.event)
        leave(word)
      }
      leave(told)
      ready.push(told)
      recent.set(told.hash, isProven(told))
      const [oldest] = recent.size > MAX_WAITING ? recent.keys() : []
      if (oldest !== undefined) recent.delete(oldest)
    },
    wasHandedOut(hash) {
      // One that came unproven, as a copy may, can still be proven where it stands.
      const known = recent.get(hash)
      return known !== undefined && (known || !isKeyed)
    },
    handedOut: () => ready.splice(0).map((told) => ({ ...told.event, proven: isProven(told) })),
    isWaiting: (told) => waiting.has(told),
    mayLeave: (told) => void free.add(told),
    mayGrow(told) {
      if (!answered.has(told)) answeredWeight += told.weight
      answered.add(told)
    },
    areMany: () => waiting.size > MAX_TOLD || weight > MAX_TOLD_WEIGHT,
    isFree: (told) => free.has(told) || answered.has(told),
    all: () => waiting,
    tooMany() {
      const isMuch = answered.size > MAX_TOLD || answeredWeight > MAX_TOLD_WEIGHT
      const isFull = waiting.size > MAX_WAITING || weight > MAX_WEIGHT
      if (!isMuch && !isFull) return undefined
      const [oldest] = [answered, free, waiting].find(({ size }) => size > 0) ?? []
      return oldest
    },
  }
}
