import type { ReadRecord } from './held.js'

/** Events of so many processes and thousands of their numbers are remembered; an id of another form takes the place of one of them. */
const MAX_PAGES = 100_000
/** Of so many events that no checkpoint vouches for, the ids are remembered. */
const MAX_LOOSE = 100_000
const PAGE = 1_024
/** A process numbers its events. */
const OF_PROCESS = /^([0-9A-Za-z]{12})-([0-9a-z]{1,8})$/

/** An event as it stands in a chain. */
export interface ChainedEvent {
  readonly id: string
  readonly writer: string
  readonly seq: number
  readonly where: string
  /** A later word of it may follow, also in the chain that goes on for this one. */
  readonly isComplete: boolean
}

/** The events of a process: which one, and which of them. */
interface Numbered {
  readonly process: string
  readonly number: number
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
  /** By process and a thousand of its numbers: which of them a chain has, in bits. */
  const pages = new Map<string, Map<string, Uint32Array>>()
  /** Which chains have events of a process. */
  const chains = new Map<string, Set<string>>()
  const incomplete = new Set<string>()
  const loose: ChainedEvent[] = []
  const links = new Map<string, { readonly instead: string; isProven: boolean }>()

  function mark({ process, number }: Numbered, writer: string): void {
    const page = `${process}-${String(Math.floor(number / PAGE))}`
    const known = pages.get(page) ?? new Map<string, Uint32Array>()
    if (!pages.has(page) && pages.size >= MAX_PAGES) return
    pages.set(page, known)
    const bits = known.get(writer) ?? new Uint32Array(PAGE / 32)
    known.set(writer, bits)
    const at = number % PAGE
    bits[at >> 5] = (bits[at >> 5] ?? 0) | (1 << (at & 31))
    const own = chains.get(process) ?? new Set()
    chains.set(process, own.add(writer))
  }

  function holdersOf({ process, number }: Numbered): readonly string[] {
    const page = pages.get(`${process}-${String(Math.floor(number / PAGE))}`) ?? []
    const at = number % PAGE
    const has = (bits: Uint32Array) => ((bits[at >> 5] ?? 0) & (1 << (at & 31))) !== 0
    return [...page].flatMap(([writer, bits]) => (has(bits) ? [writer] : []))
  }

  /** Of a chain that is followed by one with a proven start, or that itself says so and may bring a later word. */
  function isContinued({ id, writer }: ChainedEvent, holder: string): boolean {
    const [own, other] = [links.get(writer), links.get(holder)]
    if (other?.instead === writer && other.isProven) return true
    return own?.instead === holder && (own.isProven || incomplete.has(id))
  }

  /** The process is proven to write to that chain: to several sinks, one after the other. */
  function isOfItsProcess({ id, writer }: ChainedEvent): boolean {
    return chains.get(numbered(id).process)?.has(writer) ?? false
  }

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
      mark(numbered(event.id), event.writer)
      if (event.isComplete) incomplete.delete(event.id)
      else if (incomplete.size < MAX_LOOSE) incomplete.add(event.id)
    },
    leave(event) {
      if (loose.length < MAX_LOOSE) loose.push(event)
    },
    link(writer, instead) {
      // Anybody can write such a start: it takes the place of none that is proven.
      if (links.get(writer)?.isProven === true) return
      links.set(writer, { instead, isProven: false })
      if (links.size <= MAX_LOOSE) return
      for (const [name, { isProven }] of links) {
        if (isProven) continue
        links.delete(name)
        return
      }
    },
    proveLink(writer) {
      const link = links.get(writer)
      if (link !== undefined) link.isProven = true
    },
    found() {
      const first = new Map<string, string>()
      const own = loose.filter(isOfItsProcess)
      for (const { id, writer } of own) first.set(id, writer)
      return loose.filter((event) => {
        if (isOfItsProcess(event)) return false
        const holders = holdersOf(numbered(event.id)).filter((other) => other !== event.writer)
        if (holders.some((holder) => !isContinued(event, holder))) return true
        return holders.length === 0 && isSecond(event, first)
      })
    },
  }
}

function numbered(id: string): Numbered {
  const [, process = '', digits = ''] = OF_PROCESS.exec(id) ?? []
  const number = Number.parseInt(digits, 36)
  // An id of another form is the only one of its kind.
  return number.toString(36) === digits ? { process, number } : { process: `=${id}`, number: 0 }
}

/** The event of a record, if it tells of one. */
export function chainedEventsIn({
  record,
  where,
}: Pick<ReadRecord, 'record' | 'where'>): ChainedEvent[] {
  if (record.kind !== 'access' && record.kind !== 'key') return []
  const { id, writer, seq, isComplete } = record
  return [{ id, writer, seq, where, isComplete }]
}
