import type { OwnAuditEvent } from './filter.js'
import type { AuditPage, AuditQuery } from './query.js'

/** What happened in a week, counted. */
export interface WeekSummary {
  readonly from: Date
  /** The end: no event is from this instant or later. */
  readonly to: Date
  /** Requests by day of UTC, such as `'2030-01-31'`. */
  readonly allowed: Counts
  readonly denied: Counts
  /** Accesses to health information, by kind of resource. */
  readonly phi: Counts
  /** Requests by key, or else by subject or client of a token. */
  readonly callers: Counts
  /** How many addresses requests came from. */
  readonly addresses: number
  /** Of keys and of access. */
  readonly changes: number
  /** How many records were counted, and how many of them a checkpoint vouches for. */
  readonly verification: {
    readonly records: number
    readonly proven: number
    readonly unproven: number
  }
  /** False: there are more records, and only the latest were counted. */
  readonly isComplete: boolean
}

type Counts = Readonly<Record<string, number>>
/** Reads a page. */
export type ReadEvents = (query: AuditQuery) => Promise<AuditPage<OwnAuditEvent>>

const WEEK_MS = 7 * 86_400_000
/** Events that are read at once. */
const MOST_EVENTS = 5_000
const PAGE = 200

/** Pages until there are no more, or some 5,000 events: then there is a cursor. */
export async function readMany(
  read: ReadEvents,
  query: AuditQuery,
): Promise<AuditPage<OwnAuditEvent>> {
  const items: OwnAuditEvent[] = []
  let { cursor } = query
  do {
    const page = await read({ ...query, limit: PAGE, ...(cursor !== undefined && { cursor }) })
    items.push(...page.items)
    ;({ cursor } = page)
  } while (cursor !== undefined && items.length < MOST_EVENTS)
  return { items, ...(cursor !== undefined && { cursor }) }
}

/** The seven days before `to`. */
export async function summaryOfWeek(read: ReadEvents, to: Date): Promise<WeekSummary> {
  const from = new Date(to.getTime() - WEEK_MS)
  const { items, cursor } = await readMany(read, { from, to })
  return { from, to, ...counted(items), isComplete: cursor === undefined }
}

function counted(items: readonly OwnAuditEvent[]) {
  const [allowed, denied] = [new Map<string, number>(), new Map<string, number>()]
  const [phi, callers] = [new Map<string, number>(), new Map<string, number>()]
  const addresses = new Set<string>()
  let changes = 0
  for (const event of items) {
    if (event.kind !== 'access') {
      changes += 1
      continue
    }
    const { count = 1, time, outcome, client } = event
    add(outcome === 'allowed' ? allowed : denied, time.slice(0, 10), count)
    add(callers, event.keyId ?? event.subject ?? event.clientId ?? 'unknown', count)
    if (client !== undefined) addresses.add(client)
    for (const touched of [event.phi, ...(event.furtherPhi ?? [])]) {
      if (touched !== undefined) add(phi, touched.resource, count)
    }
  }
  const proven = items.filter((event) => event.proven).length
  return {
    allowed: Object.fromEntries(allowed),
    denied: Object.fromEntries(denied),
    phi: Object.fromEntries(phi),
    callers: Object.fromEntries(callers),
    ...{ addresses: addresses.size, changes },
    verification: { records: items.length, proven, unproven: items.length - proven },
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}
