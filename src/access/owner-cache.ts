import { LRUCache } from 'lru-cache'
import type { Elapsed } from '../lib/elapsed.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'
import { SingleFlight } from '../lib/single-flight.js'
import { weightOfJson } from '../lib/weight.js'
import type { AccessChanges, AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import type { TimedStores } from './timed-stores.js'

/** In bytes, about: what owners write themselves may be long. */
const ROOM = { maxSize: 2 ** 25, sizeCalculation: weightOfJson }
/** For how long nobody looks whether something has changed. With the look itself, a change is in effect elsewhere as soon as one of a key. */
const FRESH_MS = 200
/** For how long what is remembered counts while a store fails: as long as keys do. */
const SERVE_STALE_MS = 4_500

/** What is stored of an owner. */
export interface OwnerFacts {
  readonly requests: readonly AccessRequest[]
  /** Those that were not ended. */
  readonly acceptances: readonly Acceptance[]
}

/** Reads what is stored of owners, remembering it as long as the stores say that nothing has changed. */
export interface OwnerCache {
  /** @throws {StoreError} */
  find(ownerId: string): MaybePromise<OwnerFacts>
  /** The same after a look whether something has changed, however short ago the last one was. @throws {StoreError} */
  findNow(ownerId: string): MaybePromise<OwnerFacts>
  /** This process has changed something of an owner, or may have. */
  forget(ownerId: string): void
}

export function createOwnerCache(
  { access, agreements }: TimedStores,
  elapsed: Elapsed,
): OwnerCache {
  const known = new LRUCache<string, OwnerFacts>(ROOM)
  const reads = new SingleFlight<OwnerFacts>()
  const looks = new SingleFlight<undefined>()
  const revisions: { -readonly [Part in keyof TimedStores]?: string } = {}
  /** When it was last known that nothing has changed since what is remembered was read. */
  let provenAt = -Infinity

  function forget(ownerId: string): void {
    known.delete(ownerId)
    reads.forget(ownerId)
  }

  function take(part: keyof TimedStores, { revision, ownerIds }: AccessChanges): void {
    if (revision === revisions[part]) return
    revisions[part] = revision
    if (ownerIds !== undefined) {
      ownerIds.forEach(forget)
      return
    }
    known.clear()
    reads.forget()
  }

  /** Looks whether something has changed, unless that was done a moment ago. */
  function prove(): MaybePromise<undefined> {
    const begun = elapsed()
    if (begun - provenAt < FRESH_MS) return undefined
    return looks.underWay('all') ?? looks.ask('all', () => look(begun))
  }

  function look(begun: number): MaybePromise<undefined> {
    return then(access.changes(revisions.access), (ofAccess) =>
      then(agreements.changes(revisions.agreements), (ofAgreements) => {
        take('access', ofAccess)
        take('agreements', ofAgreements)
        provenAt = begun
        return undefined
      }),
    )
  }

  function read(ownerId: string): MaybePromise<OwnerFacts> {
    return (
      reads.underWay(ownerId) ??
      reads.ask(ownerId, (isCurrent) =>
        then(access.ofOwner(ownerId), (requests) =>
          then(agreements.ofOwner(ownerId), (acceptances) => {
            const facts = { requests, acceptances }
            if (isCurrent()) known.set(ownerId, facts)
            return facts
          }),
        ),
      )
    )
  }

  const factsOf = (ownerId: string) => known.get(ownerId) ?? read(ownerId)

  return {
    findNow: (ownerId) =>
      then(
        looks.ask('all', () => look(elapsed())),
        () => factsOf(ownerId),
      ),
    find: (ownerId) =>
      recover<OwnerFacts, OwnerFacts>(
        () => then(prove(), () => factsOf(ownerId)),
        (failure) => {
          const facts = known.get(ownerId)
          if (facts === undefined || elapsed() - provenAt >= SERVE_STALE_MS) throw failure
          return facts
        },
      ),
    forget,
  }
}
