import type { KeyUsage, OutcomeCount, OwnerUsageQuery, UsageSum } from './key-store.js'
import type { KeyRecord } from './record.js'

type Part = Omit<OutcomeCount, 'outcome'> & Pick<UsageSum, 'outcome'>

/** How often keys were used, in the memory of this process. */
export class MemoryUsage {
  readonly byId: ReadonlyMap<string, KeyRecord>
  /** By key, then by day and environment. */
  readonly uses = new Map<string, Map<string, KeyUsage>>()
  /** By owner, then by all that is not the count. */
  readonly outcomes = new Map<string, Map<string, OutcomeCount>>()

  constructor(byId: ReadonlyMap<string, KeyRecord>) {
    this.byId = byId
  }

  /** A record with the time of its last use. */
  withUse(record: KeyRecord): KeyRecord {
    const times = [...this.#daysOf(record.id)].map(({ lastUsedAt }) => +lastUsedAt)
    return times.length === 0 ? record : { ...record, lastUsedAt: new Date(Math.max(...times)) }
  }

  /** See `KeyStore.recordUsage`. */
  record(usage: readonly KeyUsage[], counts: readonly OutcomeCount[]): void {
    for (const one of counts) this.#count(one)
    for (const use of usage) if (this.byId.has(use.keyId)) this.#use(use)
  }

  /** See `KeyStore.usageOf`. */
  of(keyId: string, sinceDay: string): KeyUsage[] {
    const days = [...this.#daysOf(keyId)].filter(({ day }) => day >= sinceDay)
    return days.sort((a, b) => (a.day < b.day ? 1 : -1))
  }

  #daysOf(keyId: string): Iterable<KeyUsage> {
    return this.uses.get(keyId)?.values() ?? []
  }

  #count(one: OutcomeCount): void {
    const { ownerId, environment, keyId, day, outcome } = one
    const name = JSON.stringify([environment, keyId, day, outcome])
    const ofOwner = this.outcomes.get(ownerId) ?? new Map<string, OutcomeCount>()
    const count = one.count + (ofOwner.get(name)?.count ?? 0)
    this.outcomes.set(ownerId, ofOwner.set(name, { ...one, count }))
  }

  #use(use: KeyUsage): void {
    const days = this.uses.get(use.keyId) ?? new Map<string, KeyUsage>()
    const name = `${use.day} ${use.environment}`
    const { count = 0, lastUsedAt = use.lastUsedAt } = days.get(name) ?? {}
    const latest = new Date(Math.max(+lastUsedAt, +use.lastUsedAt))
    const sum = { ...use, count: count + use.count, lastUsedAt: latest }
    this.uses.set(use.keyId, days.set(name, sum))
  }
}

/** See `KeyStore.usageOfOwner`. */
export function sumsOf(ownerId: string, query: OwnerUsageQuery, counts: MemoryUsage): UsageSum[] {
  const { from, to, environment, by } = query
  const told = [...(counts.outcomes.get(ownerId)?.values() ?? [])]
  const sums = new Map<string, UsageSum>()
  for (const part of [...told, ...unclassified(ownerId, told, counts)]) {
    if (part.day < from || part.day > to || part.count === 0) continue
    if (environment !== undefined && part.environment !== environment) continue
    const { keyId, day, outcome } = part
    const named = {
      environment: part.environment,
      ...(by === 'day' ? { day } : keyId !== undefined && { keyId }),
      outcome,
    }
    const name = JSON.stringify(named)
    sums.set(name, { ...named, count: part.count + (sums.get(name)?.count ?? 0) })
  }
  return [...sums.values()].sort(
    (a, b) => -compare(a.day, b.day) || compare(a.environment, b.environment),
  )
}

function compare(one = '', other = ''): number {
  return one === other ? 0 : one < other ? -1 : 1
}

/** Uses that are in no outcome. */
function unclassified(ownerId: string, told: readonly OutcomeCount[], counts: MemoryUsage): Part[] {
  const name = ({ keyId, day, environment }: Part | KeyUsage) =>
    JSON.stringify([keyId, day, environment])
  const classified = new Map<string, number>()
  for (const one of told) {
    if (one.keyId === undefined || one.outcome === 'unauthenticated') continue
    classified.set(name(one), one.count + (classified.get(name(one)) ?? 0))
  }
  return [...counts.uses]
    .filter(([keyId]) => counts.byId.get(keyId)?.ownerId === ownerId)
    .flatMap(([, days]) => [...days.values()])
    .map((use) => ({
      ...{ ownerId, environment: use.environment, keyId: use.keyId, day: use.day },
      outcome: 'unclassified' as const,
      count: Math.max(0, use.count - (classified.get(name(use)) ?? 0)),
    }))
}
