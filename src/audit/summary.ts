import { weightOfJson } from '../lib/weight.js'
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
const MOST_EVENTS = 5_000
/** Bytes by estimate, after which a part ends. A page that ended because it was full has more, and is a part of its own. */
const MOST_WEIGHT = 25_165_824

/** The next part of the log: up to some 5,000 events, fewer where they are large. Where there are more, there is a cursor. */
export async function readMany(
  read: ReadEvents,
  query: AuditQuery,
): Promise<AuditPage<OwnAuditEvent>> {
  const items: OwnAuditEvent[] = []
  let weight = 0
  const cursor = await readPages(read, query, (page) => {
    items.push(...page)
    weight += page.reduce((sum, event) => sum + weightOfJson(event), 0)
    return weight < MOST_WEIGHT
  })
  return { items, ...(cursor !== undefined && { cursor }) }
}

/** The seven days before `to`. */
export async function summaryOfWeek(read: ReadEvents, to: Date): Promise<WeekSummary> {
  const from = new Date(to.getTime() - WEEK_MS)
  const count = createCount()
  const cursor = await readPages(read, { from, to }, (items) => count.add(items))
  return { from, to, ...count.summary(), isComplete: cursor === undefined }
}

/**
 * As much at once as a page has room for, as a trail in files is read as a whole for each page.
 * @param take whether it goes on after these @returns the cursor, where there are more
 */
async function readPages(
  read: ReadEvents,
  query: AuditQuery,
  take: (items: readonly OwnAuditEvent[]) => boolean,
): Promise<string | undefined> {
  let { cursor } = query
  let left = MOST_EVENTS
  let goesOn: boolean
  do {
    const page = await read({ ...query, limit: left, ...(cursor !== undefined && { cursor }) })
    left -= page.items.length
    goesOn = take(page.items)
    ;({ cursor } = page)
  } while (cursor !== undefined && left > 0 && goesOn)
  return cursor
}

/** Counts events, and keeps none of them. */
function createCount() {
  const [allowed, denied] = [new Map<string, number>(), new Map<string, number>()]
  const [phi, callers] = [new Map<string, number>(), new Map<string, number>()]
  const addresses = new Set<string>()
  let [changes, records, proven] = [0, 0, 0]

  function addAccess(event: OwnAuditEvent & { readonly kind: 'access' }): void {
    const { count = 1, time, outcome, client } = event
    add(outcome === 'allowed' ? allowed : denied, time.slice(0, 10), count)
    add(callers, event.keyId ?? event.subject ?? event.clientId ?? 'unknown', count)
    if (client !== undefined) addresses.add(client)
    for (const touched of [event.phi, ...(event.furtherPhi ?? [])]) {
      if (touched !== undefined) add(phi, touched.resource, count)
    }
  }

  return {
    add(events: readonly OwnAuditEvent[]): true {
      for (const event of events) {
        records += 1
        if (event.proven) proven += 1
        if (event.kind === 'access') addAccess(event)
        else changes += 1
      }
      return true
    },
    summary: () => ({
      allowed: Object.fromEntries(allowed),
      denied: Object.fromEntries(denied),
      phi: Object.fromEntries(phi),
      callers: Object.fromEntries(callers),
      ...{ addresses: addresses.size, changes },
      verification: { records, proven, unproven: records - proven },
    }),
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}
