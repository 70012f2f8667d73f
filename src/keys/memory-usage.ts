import type { KeyUsage, OutcomeCount, OwnerUsageQuery, UsageSum } from './key-store.js'
import type { KeyRecord } from './record.js'

interface Counts {
  readonly byId: ReadonlyMap<string, KeyRecord>
  /** By key. */
  readonly uses: ReadonlyMap<string, ReadonlyMap<string, KeyUsage>>
  /** By owner. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, OutcomeCount>>
}

type Part = Omit<OutcomeCount, 'outcome'> & Pick<UsageSum, 'outcome'>

/** See `KeyStore.usageOfOwner`. */
export function sumsOf(ownerId: string, query: OwnerUsageQuery, counts: Counts): UsageSum[] {
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
function unclassified(ownerId: string, told: readonly OutcomeCount[], counts: Counts): Part[] {
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
