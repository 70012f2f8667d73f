import { DuplicateKeyError, StoreError } from '../core/errors.js'
import { recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter } from '../telemetry/outages.js'
import { createBulkhead } from './bulkhead.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyStore } from './key-store.js'
import { pageFor, recordFor, sumsFor, usageFor, verdictOf, verdictsOf } from './store-answers.js'

const LIMIT_MS = 250
/** Under load some calls come too late and others do not: an outage is over when none has failed for so long. */
const STEADY_MS = 1_000

/** A store that answers in time, and keeps some of itself back from a flood. */
export interface TimedKeyStore extends KeyStore {
  /**
   * `findByDigest` for a secret that was not seen lately: such look-ups take half of what the store can do at once, and the time for an answer begins with their turn. `source`: who
   * brings it. @throws {CrowdedError} where it got no turn: the store was not asked
   */
  findStranger(digest: string, source: string): ReturnType<KeyStore['findByDigest']>
}

interface TimedOptions {
  /** Default: the store's own feed. */
  readonly changes?: KeyChangeFeed | undefined
  /** What a change waits for, as long as for the store. That it fails keeps no change back. */
  readonly beforeChange?: (() => MaybePromise<void>) | undefined
}

/** The same store, which answers within 250 ms or throws a StoreError, and throws nothing else but DuplicateKeyError. */
export function createTimedKeyStore(
  store: KeyStore,
  { changes = store.changes, beforeChange }: TimedOptions = {},
): TimedKeyStore {
  const { concurrency } = store
  const strangers =
    concurrency === undefined ? undefined : createBulkhead(Math.max(1, Math.floor(concurrency / 2)))

  const timed = createTimedCalls(store)
  const changed: typeof timed = (call) => {
    if (beforeChange === undefined) return timed(call)
    const begun = recover(
      () => withTimeout(beforeChange(), LIMIT_MS, lateError),
      () => undefined,
    )
    return then(begun, () => timed(call))
  }

  /** What is wrong with one record is no outage. */
  function found(
    member: 'id' | 'digest',
    asked: string,
    call: () => ReturnType<KeyStore['findById']>,
  ): ReturnType<KeyStore['findById']> {
    return recover(
      () => then(timed(call), recordFor(member, asked)),
      (cause) => {
        throw storeErrorOf(cause)
      },
    )
  }

  const findByDigest = (digest: string) => found('digest', digest, () => store.findByDigest(digest))

  return {
    findByDigest,
    findStranger: (digest, source) => {
      if (strangers === undefined) return findByDigest(digest)
      return then(strangers.enter(source), () =>
        found('digest', digest, () => strangers.hold(() => store.findByDigest(digest))),
      )
    },
    findById: (id) => found('id', id, () => store.findById(id)),
    insert: (record, provided) => changed(() => store.insert(record, provided)),
    update: (id, patch, version, provided) =>
      changed(() => then(store.update(id, patch, version, provided), verdictOf)),
    rotate: (id, version, endsAt, successor, provided) =>
      changed(() => then(store.rotate(id, version, endsAt, successor, provided), verdictOf)),
    ...(store.suspendCreation && {
      suspendCreation: (ownerId, id, durationMs) =>
        timed(() => store.suspendCreation?.(ownerId, id, durationMs)),
    }),
    list: (query) => timed(() => then(store.list(query), pageFor(query))),
    recordUsage: (usage, outcomes) => timed(() => store.recordUsage(usage, outcomes)),
    ...(store.insertAll && {
      insertAll: (records) =>
        changed(() => then(store.insertAll?.(records) ?? [], verdictsOf(records.length))),
    }),
    ...(store.updateAll && {
      updateAll: (changes) => changed(() => then(store.updateAll?.(changes) ?? false, verdictOf)),
    }),
    ...(store.usageOf && {
      usageOf: (id, since) => timed(() => then(store.usageOf?.(id, since) ?? [], usageFor(id))),
    }),
    ...(store.usageOfOwner && {
      usageOfOwner: (ownerId, query) =>
        timed(() => then(store.usageOfOwner?.(ownerId, query) ?? [], sumsFor(query))),
    }),
    ...(changes && { changes }),
  }
}

/** Makes calls of a store in time, and tells of its outages. @throws {StoreError} */
function createTimedCalls(store: KeyStore): <T>(call: () => MaybePromise<T>) => MaybePromise<T> {
  const outage = new OutageReporter('key_store', { store })
  let failedAt: number | undefined

  function answered<T>(value: T): T {
    if (failedAt !== undefined && performance.now() - failedAt >= STEADY_MS) {
      failedAt = undefined
      outage.over()
    }
    return value
  }

  function failed(cause: unknown): never {
    if (cause instanceof DuplicateKeyError) throw cause
    const error = storeErrorOf(cause)
    failedAt = performance.now()
    outage.begun(error)
    throw error
  }

  return (call) =>
    then(
      recover(() => withTimeout(call(), LIMIT_MS, lateError), failed),
      answered,
    )
}

function lateError(): StoreError {
  return new StoreError(`The key store did not answer within ${String(LIMIT_MS)} ms.`)
}

function storeErrorOf(cause: unknown): StoreError {
  return cause instanceof StoreError ? cause : new StoreError('The key store failed.', { cause })
}
