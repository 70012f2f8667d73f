import type { KeyObject } from 'node:crypto'
import { isSignedBy, parseAuditLine } from './chain.js'
import type { AuditEvent } from './filter.js'
import { earlierWord, isBehindEnd, type OpenChain, type Told } from './open-chain.js'
import { createOpenChains } from './open-chains.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine } from './sink.js'
import { createWaitingEvents } from './waiting-events.js'
import { type EventRecord, isAborted, isAnswered, isComplete, isEvent } from './words.js'

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
  const events = createWaitingEvents(isKeyed)
  const chains = createOpenChains(events)

  function isSettled(told: Told): boolean {
    return isComplete(told.event) && (told.vouched || !isKeyed)
  }

  function settle(told: Told): void {
    if (ordered) return
    if (isSettled(told) && isAnswered(told.event)) events.mayGrow(told)
    else if (isSettled(told)) events.handOut(told)
    else if (isAborted(told.event) && (told.vouched || !isKeyed)) events.mayLeave(told)
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
    chains.link(event, chain, told)
    // Where nothing is proven, a word need not wait for a checkpoint, unless its event has one.
    if (!isKeyed && earlierWord(told, true) === undefined) settleWord(told)
  }

  /** A checkpoint vouches for a record, and for what leads to it. */
  function vouch(chain: OpenChain, record: ChainedRecord): void {
    const { path, added } = chains.decide(chain, record)
    for (const { told } of path) {
      if (told === undefined) continue
      told.vouched = true
      settleWord(told)
    }
    for (const { told } of added) {
      if (told !== undefined && events.isWaiting(told)) events.handOut(told)
    }
  }

  return {
    take({ line }) {
      const record = parseAuditLine(line)
      if (record === undefined) return undefined
      const { writer, hash } = record
      const chain = chains.find(writer)
      if (isEvent(record)) add(record, chain)
      else if (!isBehindEnd(chain, record) && !chain.links.has(hash)) {
        chains.link(record, chain)
        if (isTrusted(keys, record, line)) vouch(chain, record)
      }
      if (chain.wanted.delete(hash)) vouch(chain, record)
      chains.settle(chain)
      return record
    },
    *settled() {
      for (const told of ordered ? events.all() : []) {
        if (!isSettled(told) || (isAnswered(told.event) && !events.areMany())) break
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

/** Whether a checkpoint is signed with one of these keys; without any, each is trusted. */
function isTrusted(
  keys: ReadonlyMap<string, KeyObject>,
  record: ChainedRecord,
  line: string,
): boolean {
  if (record.kind !== 'checkpoint') return false
  if (keys.size === 0) return true
  const key = keys.get(record.signedBy)
  return key !== undefined && isSignedBy(line, key)
}
