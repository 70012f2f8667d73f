import { createChainLinks } from './chain-links.js'
import { createEventPages } from './event-pages.js'
import { FairRoom } from '../lib/fair-room.js'
import type { ReadRecord } from './unproven-records.js'

/** Of so many events that no checkpoint vouches for, the ids are remembered: of chains with many, of the last ones. */
const MAX_LOOSE = 100_000

/** An event as it stands in a chain. */
export interface ChainedEvent {
  readonly id: string
  readonly writer: string
  readonly seq: number
  readonly where: string
  /** How many lines are before it in the order of reading. */
  readonly at: number
  /** A later word of it may follow, also in the chain that goes on for this one. */
  readonly isComplete: boolean
}

/** Finds ids that stand in two chains. */
export interface Doubles {
  /** A checkpoint vouches for an event. */
  readonly prove: (event: ChainedEvent) => void
  /** None does. */
  readonly leave: (event: ChainedEvent) => void
  /** A chain goes on for another one: what that one has written may be written again. */
  readonly link: (writer: string, instead: string) => void
  /** A checkpoint vouches for that. */
  readonly proveLink: (writer: string) => void
  /** Those whose id another chain has, in the order of reading. */
  readonly found: () => readonly ChainedEvent[]
}

export function createDoubles(): Doubles {
  const proven = createEventPages()
  const links = createChainLinks(MAX_LOOSE)
  const incomplete = new Set<string>()
  /** By chains. */
  const loose = new Map<string, ChainedEvent[]>()
  const room = new FairRoom<ChainedEvent[]>({
    most: MAX_LOOSE,
    sizeOf: ({ length }) => length,
    letGo: (events) => {
      const [{ writer } = { writer: '' }] = events.splice(0, Math.ceil(events.length / 2))
      if (events.length === 0) loose.delete(writer)
    },
  })

  /** Of a chain that is followed by one with a proven start, or that itself says so and may bring a later word. */
  function isContinued({ id, writer }: ChainedEvent, holder: string): boolean {
    const [own, other] = [links.get(writer), links.get(holder)]
    if (other?.instead === writer && other.isProven) return true
    return own?.instead === holder && (own.isProven || incomplete.has(id))
  }

  /** The process is proven to write to that chain: to several sinks, one after the other. */
  const isOfItsProcess = ({ id, writer }: ChainedEvent) => proven.isOfItsProcess(id, writer)

  /** Which of two that nobody vouches for was there first cannot be told: the one that was read later is told of. */
  function isSecond(event: ChainedEvent, first: Map<string, string>): boolean {
    const { id, writer } = event
    const before = first.get(id) ?? writer
    first.set(id, before)
    const isLinked = links.get(writer)?.instead === before || links.get(before)?.instead === writer
    return before !== writer && !isLinked
  }

  return {
    prove(event) {
      proven.mark(event.id, event.writer)
      if (event.isComplete) incomplete.delete(event.id)
      else if (incomplete.size < MAX_LOOSE) incomplete.add(event.id)
    },
    leave(event) {
      const own = loose.get(event.writer) ?? []
      loose.set(event.writer, own)
      own.push(event)
      room.update(own)
    },
    link: links.add,
    proveLink: links.prove,
    found() {
      const first = new Map<string, string>()
      const all = [...loose.values()].flat().sort((a, b) => a.at - b.at)
      for (const { id, writer } of all.filter(isOfItsProcess)) first.set(id, writer)
      return all.filter((event) => {
        if (isOfItsProcess(event)) return false
        const holders = proven.holdersOf(event.id).filter((other) => other !== event.writer)
        if (holders.some((holder) => !isContinued(event, holder))) return true
        return holders.length === 0 && isSecond(event, first)
      })
    },
  }
}

/** The event of a record, if it tells of one. */
export function chainedEventsIn({
  record,
  where,
  at,
}: Pick<ReadRecord, 'record' | 'where' | 'at'>): ChainedEvent[] {
  if (!('id' in record)) return []
  const { id, writer, seq, isComplete } = record
  return [{ id, writer, seq, where, at, isComplete }]
}
