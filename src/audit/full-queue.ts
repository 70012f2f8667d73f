import type { PendingRecord } from './pending-record.js'

/** Records of a full queue, by whose they are. */
export interface Crowd {
  /** A record that gives way to this one: the last of the owner that has most, if that has more than the owner of this one. The new one is taken in. */
  displace(pending: PendingRecord): PendingRecord | undefined
}

export function createCrowd(records: Iterable<PendingRecord>): Crowd {
  const owners = new Map<string, PendingRecord[]>()
  let largest: PendingRecord[] = []

  function ofOwner({ whose = '' }: PendingRecord): PendingRecord[] {
    const known = owners.get(whose)
    if (known !== undefined) return known
    const own: PendingRecord[] = []
    owners.set(whose, own)
    return own
  }

  function findLargest(): void {
    for (const one of owners.values()) if (one.length > largest.length) largest = one
  }

  for (const pending of records) ofOwner(pending).push(pending)
  findLargest()

  return {
    displace(pending) {
      const own = ofOwner(pending)
      if (own === largest) return undefined
      if (own.length + 1 >= largest.length) findLargest()
      if (own.length + 1 >= largest.length) return undefined
      own.push(pending)
      return largest.pop()
    },
  }
}
