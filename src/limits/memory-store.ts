import type { Limit, LimitVerdict, LimitState } from '../core/limit.js'
import { createTagger, type Tag } from '../lib/half-siphash.js'
import { createCounterTable } from './counters.js'
import type { LimitRequest, LimitStore } from './limit-store.js'
import { createSlots, type SlotCount } from './slots.js'
import { giveBack, settle, type CountedKind, type Counters } from './windows.js'

/** The tags of so many names of limits are remembered. */
const MAX_NAMES = 1_000

/**
 * Counts in the memory of this process: at most 1,000,000 quotas and as many bursts, in 64 MiB, as many credits, in 32 MiB, and as many client addresses, in 32 MiB. What is full
 * again makes room; beyond that, one of those that end first gives way, and its owner begins anew: it takes as many owners to bring that
 * about. Credits that were used are forgotten when the process ends.
 * @example limits: { store: createMemoryLimitStore(), defaultPlan: 'free' }
 */
export function createMemoryLimitStore(): LimitStore {
  const tagOfSubject = createTagger()
  const tagIn = createLimitTagger()
  const tables = {
    quota: createCounterTable('quota'),
    burst: createCounterTable('burst'),
    credit: createCounterTable('credit'),
  }
  /** Of client addresses: whoever has many of them pushes out no owner. */
  const addresses = createCounterTable('quota')
  const slots = createSlots()

  function countersOf({ subject: owner, anonymous }: LimitRequest, at: number): Counters {
    const subject = tagOfSubject(owner)
    const tableOf = (kind: Limit['kind']) =>
      anonymous === true && kind === 'quota' ? addresses : tables[kind as CountedKind]
    return {
      read: ({ kind, name }) => tableOf(kind).get(tagIn(subject, name)),
      write({ kind, name }, counter) {
        tableOf(kind).put(tagIn(subject, name), counter, at)
      },
    }
  }

  /** What is counted is taken where slots are free, and slots where it was. */
  function settleWithSlots(request: LimitRequest, at: number): LimitVerdict {
    const { subject, limits, cost, slot = '' } = request
    if (slot === '') throw new RangeError('A request that takes a slot has to be named.')
    const counts = new Map(
      limits.filter(takesSlot).map((limit) => [limit, slots.look(subject, limit, slot, at)]),
    )
    const isFull = (limit: Limit, { all, own }: SlotCount) =>
      cost > 0 && all - Number(own) >= limit.limit
    const room = [...counts].every(([limit, count]) => !isFull(limit, count))
    const counted = { ...request, limits: limits.filter((limit) => !takesSlot(limit)) }
    const { allowed, states } = settle(countersOf(request, at), counted, at, room)
    const others = [...states]
    const standingOf = (limit: Limit, count: SlotCount): LimitState => {
      const taken = allowed && cost > 0
      if (taken) slots.take(subject, limit, slot, at)
      const left = limit.limit - count.all - Number(taken && !count.own)
      // Nobody knows when one of them is over.
      const retry = isFull(limit, count) && { retryAt: at + 1 }
      return { remaining: Math.max(0, left), resetAt: at, ...retry }
    }
    return {
      ...{ allowed, at },
      states: limits.flatMap((limit) => {
        const count = counts.get(limit)
        return count === undefined ? others.splice(0, 1) : [standingOf(limit, count)]
      }),
    }
  }

  return {
    consume(request) {
      const at = Math.floor(request.at)
      if (request.limits.some(takesSlot)) return settleWithSlots(request, at)
      return settle(countersOf(request, at), request, at)
    },
    release(request, taken) {
      const { subject, limits, cost, slot, at } = request
      for (const limit of limits) {
        if (slot !== undefined && takesSlot(limit)) slots.release(subject, limit, slot)
      }
      if (cost > 0) giveBack(countersOf(request, Math.floor(at)), request, taken, Math.floor(at))
    },
  }
}

function takesSlot({ kind }: Limit): boolean {
  return kind === 'concurrency'
}

/** Makes the tag of a limit of a subject. */
function createLimitTagger() {
  const tagOfName = createTagger()
  const names = new Map<string, Tag>()

  function nameTag(name: string): Tag {
    const known = names.get(name)
    if (known !== undefined) return known
    if (names.size >= MAX_NAMES) names.clear()
    const tag = tagOfName(name)
    names.set(name, tag)
    return tag
  }

  return (subject: Tag, name: string): Tag => {
    const { low, high } = nameTag(name)
    return { low: (subject.low ^ low) >>> 0, high: (subject.high ^ high) >>> 0 }
  }
}
