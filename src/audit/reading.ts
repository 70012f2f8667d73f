import type { KeyObject } from 'node:crypto'
import { weightOfJson } from '../lib/weight.js'
import { isSignedBy, parseAuditLine } from './chain.js'
import type { AuditEvent } from './filter.js'
import { createGivingWay } from './giving-way.js'
import {
  decide,
  earlierWord,
  isBehindEnd,
  laterWords,
  newChain,
  type OpenChain,
  type Told,
} from './open-chain.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine } from './sink.js'
import { type EventRecord, isComplete, isEvent } from './words.js'

/** How many events wait for a later word or a checkpoint, and how many bytes they take by estimate. */
const WAITING = 10_000
const MAX_WEIGHT = 134_217_728
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
  const chains = new Map<string, OpenChain>()
  const givingWay = createGivingWay(
    (chain) => chain.weight > MAX_WEIGHT / 2 || chain.links.size > WAITING / 2,
  )
  /** In the order in which they were read first. */
  const waiting = new Set<Told>()
  const ready: Told[] = []
  /** Whether one that was handed out was proven, by its hash: to have a line twice is the same as to have it once. */
  const recent = new Map<string, boolean>()
  let weight = 0
  let links = 0

  function isProven({ vouched }: Told): boolean {
    return vouched && keys.size > 0
  }

  function isSettled(told: Told): boolean {
    return isComplete(told.event) && (told.vouched || keys.size === 0)
  }

  function isTrusted(record: ChainedRecord, line: string): boolean {
    if (record.kind !== 'checkpoint') return false
    if (keys.size === 0) return true
    const key = keys.get(record.signedBy)
    return key !== undefined && isSignedBy(line, key)
  }

  function weigh(told: Told, more: number): void {
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
    weigh(told, -told.weight)
    const others = chain.waiting.get(event.id)?.filter((one) => one !== told) ?? []
    if (others.length > 0) chain.waiting.set(event.id, others)
    else chain.waiting.delete(event.id)
    const link = chain.links.get(told.hash)
    if (link !== undefined) link.told = undefined
  }

  function handOut(told: Told): void {
    for (const word of told.vouched ? [] : laterWords(told)) {
      replace(told, word.event)
      leave(word)
    }
    leave(told)
    ready.push(told)
    recent.set(told.hash, isProven(told))
    const [oldest] = recent.size > WAITING ? recent.keys() : []
    if (oldest !== undefined) recent.delete(oldest)
  }

  function settle(told: Told): void {
    if (!ordered && isSettled(told)) handOut(told)
  }

  /** A later word becomes part of its event, once as much vouches for it. */
  function settleWord(told: Told): void {
    const before = earlierWord(told, told.vouched)
    if (before === undefined) {
      settle(told)
      return
    }
    leave(told)
    replace(before, told.event)
    settle(before)
  }

  function add(event: EventRecord, chain: OpenChain): void {
    const { hash } = event
    const known = recent.get(hash)
    // One that came unproven, as a copy may, can still be proven where it stands.
    if (chain.links.has(hash) || (known !== undefined && (known || keys.size === 0))) return
    const told = { event, vouched: false, chain, hash, weight: 0 }
    waiting.add(told)
    weigh(told, weightOfJson(event))
    chain.waiting.set(event.id, [...(chain.waiting.get(event.id) ?? []), told])
    if (isBehindEnd(chain, event)) {
      handOut(told)
      return
    }
    link(event, chain, told)
    // Where nothing is proven, a word need not wait for a checkpoint, unless its event has one.
    if (keys.size === 0 && earlierWord(told, true) === undefined) settleWord(told)
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
    for (const { told } of added) if (told !== undefined && waiting.has(told)) handOut(told)
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
      handOut(told)
      break
    }
    file(chain)
  }

  function makeRoom(current: OpenChain): void {
    while (links > MAX_LINKS) giveUp(givingWay.next(current))
    while (waiting.size > WAITING || weight > MAX_WEIGHT) {
      const [oldest] = waiting
      if (oldest === undefined) break
      const stale = givingWay.next(current)
      if (oldest.vouched || stale.links.size === 0) handOut(oldest)
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
      for (const told of ordered ? waiting : []) {
        if (!isSettled(told)) break
        handOut(told)
      }
      yield* ready.splice(0).map(handedOut)
    },
    *rest() {
      for (const told of waiting) handOut(told)
      yield* ready.splice(0).map(handedOut)
    },
  }

  function handedOut(told: Told): AuditEvent {
    return { ...told.event, proven: isProven(told) }
  }
}
