/** Events of so many processes and thousands of their numbers are remembered; an id of another form takes the place of one of them. */
const MAX_PAGES = 100_000
const PAGE = 1_024
/** A process numbers its events. */
const OF_PROCESS = /^([0-9A-Za-z]{12})-([0-9a-z]{1,8})$/

/** The events of a process: which one, and which of them. */
interface Numbered {
  readonly process: string
  readonly number: number
}

/** Which chains have which events. */
export interface EventPages {
  /** A chain has the event of this id. */
  readonly mark: (id: string, writer: string) => void
  /** The chains that have it. */
  readonly holdersOf: (id: string) => readonly string[]
  /** Whether a chain has any event of the process that made this id. */
  readonly isOfItsProcess: (id: string, writer: string) => boolean
}

export function createEventPages(): EventPages {
  /** By process and a thousand of its numbers: which of them a chain has, in bits. */
  const pages = new Map<string, Map<string, Uint32Array>>()
  /** Which chains have events of a process. */
  const chains = new Map<string, Set<string>>()

  return {
    mark(id, writer) {
      const { process, number } = numbered(id)
      const page = pageOf(process, number)
      const known = pages.get(page) ?? new Map<string, Uint32Array>()
      if (!pages.has(page) && pages.size >= MAX_PAGES) return
      pages.set(page, known)
      const bits = known.get(writer) ?? new Uint32Array(PAGE / 32)
      known.set(writer, bits)
      const at = number % PAGE
      bits[at >> 5] = (bits[at >> 5] ?? 0) | (1 << (at & 31))
      const own = chains.get(process) ?? new Set()
      chains.set(process, own.add(writer))
    },
    holdersOf(id) {
      const { process, number } = numbered(id)
      const page = pages.get(pageOf(process, number)) ?? []
      const at = number % PAGE
      const has = (bits: Uint32Array) => ((bits[at >> 5] ?? 0) & (1 << (at & 31))) !== 0
      return [...page].flatMap(([writer, bits]) => (has(bits) ? [writer] : []))
    },
    isOfItsProcess: (id, writer) => chains.get(numbered(id).process)?.has(writer) ?? false,
  }
}

function pageOf(process: string, number: number): string {
  return `${process}-${String(Math.floor(number / PAGE))}`
}

function numbered(id: string): Numbered {
  const [, process = '', digits = ''] = OF_PROCESS.exec(id) ?? []
  const number = Number.parseInt(digits, 36)
  // An id of another form is the only one of its kind.
  return number.toString(36) === digits ? { process, number } : { process: `=${id}`, number: 0 }
}
