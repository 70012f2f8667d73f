/** What is wrong with a record. */
export type TrailFault =
  | 'changed'
  /** This version cannot read it: verify it with the newer one. */
  | 'made_by_a_newer_version'
  | 'out_of_place'
  | 'broken_link'
  | 'badly_signed'
  | 'unknown_signer'
  | 'missing'
  /** Its chain has ended before it: the last checkpoint said that nothing follows. */
  | 'after_end'
  /** Another chain has the event of this id, and no checkpoint vouches for this one. */
  | 'id_taken'
  /** A start that no checkpoint vouches for names what is not there. Neither invalid nor missing: anybody can write such a start. */
  | 'unproven_claim'
  /** Broken off by a crash: neither invalid nor missing. */
  | 'torn'

export interface TrailFinding {
  readonly fault: TrailFault
  /** The record that is wrong, or the first one that is there after those that are missing. */
  readonly where: string
  readonly writer?: string
  readonly seq?: number
  /** How many are missing. */
  readonly count?: number
}

const MAX_FINDINGS = 100
/** Of so many chains and files it is remembered what is wrong. */
const MAX_PLACES = 1_000
/** Faults of a line that somebody added: they say nothing against the chain that the line names. */
const ADDED: ReadonlySet<TrailFault> = new Set([
  'out_of_place',
  'after_end',
  'id_taken',
  'unproven_claim',
])

interface Noted {
  readonly finding: TrailFinding
  /** In the order of reading. */
  readonly at: number
}

/** What is wrong with a trail, by the places that it is about: no place takes the room of others. */
export interface Findings {
  /** @param isProven whether it is about what a checkpoint vouches for, where the chain and the file of it do not say so */
  readonly tell: (finding: TrailFinding, isProven?: boolean) => void
  /** A checkpoint vouches for a chain: what is wrong with it, and in the file where it stands, is told first. */
  readonly vouch: (writer: string, where: string) => void
  /** What is told from now on is about this line, in the order of reading. */
  readonly readTo: (position: number) => void
  /** Those that are told: what is about proven chains has the first claim on the room. */
  readonly all: () => readonly TrailFinding[]
}

export function createFindings(): Findings {
  const vouched = new Set<string>()
  /** By the places that they are about, of which a checkpoint vouches for the first ones. */
  const proven = new Map<string, Noted[]>()
  const others = new Map<string, Noted[]>()
  let at = 0

  /** What stands in a file with proven records comes in its place among what is wrong with them. */
  function rankOf(finding: TrailFinding): number {
    if (finding.fault === 'unproven_claim') return 2
    return vouched.has(placeOf(finding)) || vouched.has(fileOf(finding.where)) ? 0 : 1
  }

  return {
    tell(finding, isProven = false) {
      const [own, added] = [placeOf(finding), ADDED.has(finding.fault)]
      const isFirst = !added && (isProven || vouched.has(own))
      const [places, place] = [isFirst ? proven : others, added ? `added to ${own}` : own]
      const known = places.get(place) ?? []
      if (known.length >= MAX_FINDINGS) return
      known.push({ finding, at })
      places.set(place, known)
      if (places.size > MAX_PLACES) leaveOne(places)
    },
    vouch(writer, where) {
      for (const place of [writer, fileOf(where)]) {
        vouched.add(place)
        const told = others.get(place)
        if (told === undefined) continue
        proven.set(place, [...told, ...(proven.get(place) ?? [])])
        others.delete(place)
      }
    },
    readTo(position) {
      at = position
    },
    all() {
      const kept = shared([...proven.values()].flat(), MAX_FINDINGS)
      const more = shared([...others.values()].flat(), MAX_FINDINGS - kept.length)
      const ranked = [
        ...kept.map((noted) => ({ ...noted, rank: 0 })),
        ...more.map((noted) => ({ ...noted, rank: rankOf(noted.finding) })),
      ]
      return ranked.sort((a, b) => a.rank - b.rank || a.at - b.at).map(({ finding }) => finding)
    },
  }
}

/** Those that a report shows stay; and the last ones, for which a checkpoint may vouch yet. */
function leaveOne(places: Map<string, Noted[]>): void {
  let left = MAX_FINDINGS
  for (const place of places.keys()) {
    if (left-- > 0) continue
    places.delete(place)
    return
  }
}

/** Of one place, there is room for all that are told; the one with most gives way to another one. */
function shared(all: readonly Noted[], room: number): readonly Noted[] {
  const kept: Noted[] = []
  /** How many are told of each place. */
  const told = new Map<string, number>()
  for (const noted of room > 0 ? [...all].sort((a, b) => a.at - b.at) : []) {
    const whose = placeOf(noted.finding)
    const own = told.get(whose) ?? 0
    if (kept.length >= room) {
      const [largest, most] = [...told].reduce((a, b) => (b[1] > a[1] ? b : a))
      if (own + 1 >= most) continue
      const last = kept.findLastIndex(({ finding }) => placeOf(finding) === largest)
      kept.splice(last, 1)
      told.set(largest, most - 1)
    }
    kept.push(noted)
    told.set(whose, own + 1)
  }
  return kept
}

/** A chain; where that is not known, a file or a table. */
function placeOf({ writer, where }: TrailFinding): string {
  return writer ?? fileOf(where)
}

/** The place of a line without the number at its end. */
export function fileOf(where: string): string {
  return where.replace(/\d+$/, '')
}
