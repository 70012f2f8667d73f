import type { KeyObject } from 'node:crypto'
import { isSignedBy, parseAuditLine } from './chain.js'
import type { AuditEvent } from './filter.js'
import { createGivingWay } from './giving-way.js'
import {
  decide,
  earlierWord,
  isBehindEnd,
  newChain,
  type OpenChain,
  type Told,
} from './open-chain.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine } from './sink.js'
import { createWaitingEvents, isLarge } from './waiting-events.js'
import { type EventRecord, isComplete, isEvent } from './words.js'

/** Records of all kinds that wait for a checkpoint, without what they say. */
const MAX_LINKS = 40_000

/** Makes events of the lines of a trail. */
export interface Reading {
  /** Takes the next line: what it tells that is no event, `undefined` for a line that is no record. */
  take(line: TrailLine): ChainedRecord | undefined
  /** The events that nothing changes any more; those that have to give way are among them. */
  settled(): Iterable<AuditEvent>
  /** All others. */
  rest(): Iterable<AuditEvent>
}

/**
 * @param keys whose checkpoints vouch for what is before them. Without any, each checkpoint keeps what is before it from being replaced, and proves nothing
 * @param ordered events are settled in the order in which they were written first
 */
export function createReading(keys: ReadonlyMap<string, KeyObject>, ordered: boolean): Reading {
  const isKeyed = keys.size > 0
  const chains = new Map<string, OpenChain>()
  const givingWay = createGivingWay(isLarge)
  const events = createWaitingEvents(isKeyed)
  let links = 0

  function isSettled(told: Told): boolean {
    return isComplete(told.event) && (told.vouched || !isKeyed)
  }

  function isTrusted(record: ChainedRecord, line: string): boolean {
    if (record.kind !== 'checkpoint') return false
    if (!isKeyed) return true
    const key = keys.get(record.signedBy)
    return key !== undefined && isSignedBy(line, key)
  }

  function settle(told: Told): void {
    if (!ordered && isSettled(told)) events.handOut(told)
  }

  /** A later word becomes part of its event, once as much vouches for it. */
  function settleWord(told: Told): void {
    const before = earlierWord(told, told.vouched)
    if (before === undefined) {
      settle(told)
      return
    }
    events.leave(told)
    events.replace(before, told.event)
    settle(before)
  }

  function add(event: EventRecord, chain: OpenChain): void {
    if (chain.links.has(event.hash) || events.wasHandedOut(event.hash)) return
    const told = events.add(event, chain)
    if (isBehindEnd(chain, event)) {
      events.handOut(told)
      return
    }
    link(event, chain, told)
    // Where nothing is proven, a word need not wait for a checkpoint, unless its event has one.
    if (!isKeyed && earlierWord(told, true) === undefined) settleWord(told)
  }

  function link({ hash, seq, prev }: ChainedRecord, chain: OpenChain, told?: Told): void {
    chain.links.set(hash, { seq, prev, told })
    links += 1
  }

  /** A checkpoint vouches for a record, and for what leads to it. */
  function vouch(chain: OpenChain, record: ChainedRecord): void {
    const { path, added } = decide(chain, record)
    links -= path.length + added.length
    for (const { told } of path) {
      if (told === undefined) continue
      told.vouched = true
      settleWord(told)
    }
    for (const { told } of added) {
      if (told !== undefined && events.isWaiting(told)) events.handOut(told)
    }
  }

  function file(chain: OpenChain): void {
    givingWay.update(chain)
    const isEmpty = chain.links.size === 0 && chain.waiting.size === 0
    if (isEmpty && chain.end === undefined) chains.delete(chain.writer)
  }

  function giveUp(chain: OpenChain): void {
    for (const [hash, { told }] of chain.links) {
      chain.links.delete(hash)
      links -= 1
      if (told === undefined) continue
      events.handOut(told)
      break
    }
    file(chain)
  }

  function makeRoom(current: OpenChain): void {
    while (links > MAX_LINKS) giveUp(givingWay.next(current))
    for (let oldest = events.tooMany(); oldest !== undefined; oldest = events.tooMany()) {
      const stale = givingWay.next(current)
      if (oldest.vouched || stale.links.size === 0) events.handOut(oldest)
      else giveUp(stale)
    }
  }

  return {
    take({ line }) {
      const record = parseAuditLine(line)
      if (record === undefined) return undefined
      const { writer, hash } = record
      const chain = chains.get(writer) ?? newChain(writer)
      chains.set(writer, chain)
      if (isEvent(record)) add(record, chain)
      else if (!isBehindEnd(chain, record) && !chain.links.has(hash)) {
        link(record, chain)
        if (isTrusted(record, line)) vouch(chain, record)
      }
      if (chain.wanted.delete(hash)) vouch(chain, record)
      file(chain)
      makeRoom(chain)
      return record
    },
    *settled() {
      for (const told of ordered ? events.all() : []) {
        if (!isSettled(told)) break
        events.handOut(told)
      }
      yield* events.handedOut()
    },
    *rest() {
      for (const told of events.all()) events.handOut(told)
      yield* events.handedOut()
    },
  }
}
