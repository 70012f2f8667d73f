import type { AuditHead, ChainedRecord } from './record.js'
import { isLaterWord, type EventRecord } from './words.js'

/** Of each chain. */
const MAX_WANTED = 100

/** An event that was read, and may not be known whole yet. */
export interface Told {
  event: EventRecord
  /** A checkpoint was read that vouches for it. */
  vouched: boolean
  readonly chain: OpenChain
  /** That of its first record. */
  readonly hash: string
  /** About how many bytes it takes. */
  weight: number
}

/** A record that waits for a checkpoint. */
export interface Link {
  readonly seq: number
  readonly prev: string
  /** Absent: nothing that is to be handed out depends on it. */
  told: Told | undefined
}

/**
 * What was read under the name of one chain, and no checkpoint vouches for yet. Anybody may have added to it, at any place: which records are those of its
 * writer is known when a checkpoint comes, by the hashes that lead back from there.
 */
export interface OpenChain {
  readonly writer: string
  /** By the hashes of their lines, in the order of reading. */
  readonly links: Map<string, Link>
  /** Events that wait, by their ids, in the order of reading. */
  readonly waiting: Map<string, Told[]>
  /** About how many bytes these take. */
  weight: number
  /** Hashes that lead to a checkpoint, of records that were not read yet: copies of what follows them were read first. */
  readonly wanted: Set<string>
  /** The furthest checkpoint that vouches for something. */
  end: AuditHead | undefined
  /** It says that nothing follows. */
  isLast: boolean
}

export function newChain(writer: string): OpenChain {
  const links = new Map<string, Link>()
  const waiting = new Map<string, Told[]>()
  const wanted = new Set<string>()
  return { writer, links, waiting, weight: 0, wanted, end: undefined, isLast: false }
}

/** Whether it stands behind the end of its chain: no checkpoint can vouch for it. */
export function isBehindEnd({ end, isLast }: OpenChain, { seq }: ChainedRecord): boolean {
  return isLast && end !== undefined && seq > end.seq
}

/** What a checkpoint decides. */
export interface Decided {
  /** What leads to it, in the order of the chain. */
  readonly path: readonly Link[]
  /** No checkpoint can vouch for these any more: the chain has other records in their places. */
  readonly added: readonly Link[]
}

/** Takes out of a chain what is decided by a checkpoint, or by a record that leads to one. */
export function decide(chain: OpenChain, record: ChainedRecord): Decided {
  const { links, wanted, end } = chain
  const path: Link[] = []
  let { hash } = record
  for (let link = links.get(hash); link !== undefined; link = links.get(hash)) {
    links.delete(hash)
    path.push(link)
    hash = link.prev
  }
  const isWhole = hash === '' || hash === end?.hash
  if (!isWhole) want(wanted, hash)
  const added = isWhole ? [...links].filter(([, { seq }]) => seq <= record.seq) : []
  for (const [other] of added) links.delete(other)
  if (record.kind === 'checkpoint' && (end === undefined || record.seq > end.seq)) {
    chain.end = record
    chain.isLast = record.last === true
  }
  return { path: path.reverse(), added: added.map(([, link]) => link) }
}

function want(wanted: Set<string>, hash: string): void {
  wanted.add(hash)
  const [oldest] = wanted.size > MAX_WANTED ? wanted : []
  if (oldest !== undefined) wanted.delete(oldest)
}

/** An event of which this is a later word, among those that wait and are vouched for, or are not. */
export function earlierWord({ event, chain }: Told, isVouched: boolean): Told | undefined {
  const same = chain.waiting.get(event.id) ?? []
  return same.find((one) => one.vouched === isVouched && isLaterWord(one.event, event))
}

/** The later words of an event for which nothing vouches, as far as each of them holds. */
export function laterWords({ event: first, chain }: Told): readonly Told[] {
  const words: Told[] = []
  let event = first
  for (const one of chain.waiting.get(event.id) ?? []) {
    if (one.vouched || !isLaterWord(event, one.event)) continue
    event = one.event
    words.push(one)
  }
  return words
}
