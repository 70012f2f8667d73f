import { StoreError } from '../core/errors.js'
import { recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter } from '../telemetry/outages.js'
import type { AccessStore } from './access-store.js'
import type { Acceptance, AgreementStore } from './agreement-store.js'
import {
  acceptancePage,
  acceptancesOf,
  acceptanceWith,
  changesOf,
  requestPage,
  requestsOf,
  requestWith,
  verdictOf,
} from './store-answers.js'

const LIMIT_MS = 250

/** Both stores, each call of which answers within 250 ms or throws a StoreError. */
export interface TimedStores {
  readonly access: AccessStore
  readonly agreements: Omit<AgreementStore, 'insert'> & {
    /** False: there is one with this id, such as that of another instance at the same moment. */
    insert(acceptance: Acceptance): MaybePromise<boolean>
  }
}

export function timedStores({
  access,
  agreements,
}: {
  readonly access: AccessStore
  readonly agreements: AgreementStore
}): TimedStores {
  const ofAccess = timed('access_store', access, 'The access store')
  const ofAgreements = timed('agreement_store', agreements, 'The agreement store')
  return {
    access: {
      insert: (request) => ofAccess(() => then(access.insert(request), verdictOf)),
      find: (id) => ofAccess(() => then(access.find(id), requestWith(id))),
      ofOwner: (ownerId) => ofAccess(() => then(access.ofOwner(ownerId), requestsOf(ownerId))),
      replace: (next) => ofAccess(() => then(access.replace(next), verdictOf)),
      list: (filter) => ofAccess(() => then(access.list(filter), requestPage(filter.ownerId))),
      changes: (since) => ofAccess(() => then(access.changes(since), changesOf)),
    },
    agreements: {
      insert: (acceptance) => ofAgreements(() => insertOnce(agreements, acceptance)),
      find: (id) => ofAgreements(() => then(agreements.find(id), acceptanceWith(id))),
      ofOwner: (ownerId) =>
        ofAgreements(() => then(agreements.ofOwner(ownerId), acceptancesOf(ownerId))),
      end: (id, end) => ofAgreements(() => then(agreements.end(id, end), verdictOf)),
      list: (filter) =>
        ofAgreements(() => then(agreements.list(filter), acceptancePage(filter.ownerId))),
      changes: (since) => ofAgreements(() => then(agreements.changes(since), changesOf)),
    },
  }
}

/** A store throws for an id that is taken, which is no outage. */
function insertOnce(store: AgreementStore, acceptance: Acceptance): MaybePromise<boolean> {
  const { id } = acceptance
  return recover<boolean, boolean>(
    () => then(store.insert(acceptance), () => true),
    (error) =>
      then(store.find(id), (found) => {
        if (acceptanceWith(id)(found) === undefined) throw error
        return false
      }),
  )
}

function timed(part: 'access_store' | 'agreement_store', store: object, name: string) {
  const outage = new OutageReporter(part, { store })
  const late = () => new StoreError(`${name} did not answer within ${String(LIMIT_MS)} ms.`)

  function failed(cause: unknown): never {
    const error = cause instanceof StoreError ? cause : new StoreError(`${name} failed.`, { cause })
    outage.begun(error)
    throw error
  }

  return <T>(call: () => MaybePromise<T>): MaybePromise<T> =>
    recover(() => then(withTimeout(call(), LIMIT_MS, late), answered), failed)

  function answered<T>(value: T): T {
    outage.over()
    return value
  }
}
