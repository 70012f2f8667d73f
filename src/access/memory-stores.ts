import { checkNames } from '../core/names.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { deepCopy, deepFreeze } from '../lib/copy.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import {
  LIVE_STATES,
  type AccessChanges,
  type AccessRequest,
  type AccessStore,
} from './access-store.js'
import type { Acceptance, AgreementStore } from './agreement-store.js'
import { inOrder, pageFrom, type ListPlace, type PageOptions } from './documents.js'
import { stateAt } from './status.js'

const PAGE = 50
const MAX_OF_OWNER = 100
const MAX_ACCEPTANCES = 1_000

export interface MemoryAccessOptions {
  /** Where the events `access.*` go: the outbox of the gate's key store, such as `createMemoryKeyStore().outbox`. Default: none, and steps cause no events. */
  readonly outbox?: Pick<KeyOutbox, 'add'> | undefined
}

/**
 * Requests for access in the memory of this process. They end with it.
 * @example
 * ```ts
 * const keys = createMemoryKeyStore()
 * const store = createMemoryAccessStore({ outbox: keys.outbox })
 * const access = createAccess({ store, agreements: createMemoryAgreementStore() })
 * ```
 */
export function createMemoryAccessStore(options: MemoryAccessOptions = {}): AccessStore {
  const { outbox } = checkOptions(options)
  const placeOf = ({ id, requestedAt }: AccessRequest) => ({ id, at: requestedAt.getTime() })
  const { kept, put, change, list, changes } = createTable<AccessRequest>(placeOf)
  return {
    insert(request) {
      const { id, ownerId, environments, requestedAt } = request
      const isTaken = (one: AccessRequest) =>
        one.ownerId === ownerId &&
        one.id !== id &&
        LIVE_STATES.includes(stateAt(one, requestedAt.getTime())) &&
        one.environments.some((each) => environments.includes(each))
      if ([...kept.values()].some(isTaken)) return false
      put(request)
      return tell(outbox, request)
    },
    find: (id) => kept.get(id),
    ofOwner(ownerId) {
      const own = list((request) => request.ownerId === ownerId)
      const isLive = ({ state }: AccessRequest) => LIVE_STATES.includes(state)
      const rest = own.filter((request) => !isLive(request))
      return [...own.filter(isLive), ...rest].slice(0, MAX_OF_OWNER)
    },
    replace(next) {
      const before = kept.get(next.id)?.state
      const isMade = change(next, ({ version }) => version === next.version - 1)
      return isMade && next.state !== before ? tell(outbox, next) : isMade
    },
    list({ ownerId, state, order = 'newest', limit = PAGE, cursor }) {
      const wanted = (request: AccessRequest) =>
        (ownerId === undefined || request.ownerId === ownerId) &&
        (state === undefined || request.state === state)
      return pageFrom(list(wanted, order), { limit, cursor, order }, placeOf)
    },
    changes,
  }
}

/** @throws {MisuseError} */
function checkOptions(options: MemoryAccessOptions): MemoryAccessOptions {
  const where = 'createMemoryAccessStore'
  checkNames(options, ['outbox'], where, '{ outbox: keys.outbox }')
  return options
}

/** An event of a step, as the stores in databases add it in its transaction. */
function tell(outbox: MemoryAccessOptions['outbox'], request: AccessRequest): MaybePromise<true> {
  const { id, version, state } = request
  const added = outbox?.add([
    {
      ...{ type: `access.${state}`, subject: id, at: new Date() },
      data: JSON.parse(JSON.stringify(request)) as Readonly<Record<string, unknown>>,
      once: `access ${id} ${String(version)}`,
    },
  ])
  return then(added, () => true)
}

/**
 * Acceptances of terms in the memory of this process. They end with it.
 * @example const access = createAccess({ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() })
 */
export function createMemoryAgreementStore(): AgreementStore {
  const placeOf = ({ id, at }: Acceptance) => ({ id, at: at.getTime() })
  const { kept, put, change, list, changes } = createTable<Acceptance>(placeOf)
  return {
    insert: put,
    find: (id) => kept.get(id),
    ofOwner: (ownerId) =>
      list((one) => one.ownerId === ownerId && one.end === undefined).slice(0, MAX_ACCEPTANCES),
    end(id, end) {
      const present = kept.get(id)
      return present !== undefined && change({ ...present, end }, (one) => one.end === undefined)
    },
    list({ ownerId, terms, limit = PAGE, cursor }) {
      const wanted = (one: Acceptance) =>
        (ownerId === undefined || one.ownerId === ownerId) &&
        (terms === undefined || one.terms.id === terms)
      return pageFrom(list(wanted), { limit, cursor, order: 'newest' }, placeOf)
    },
    changes,
  }
}

function createTable<T extends { readonly id: string; readonly ownerId: string }>(
  placeOf: (one: T) => ListPlace,
) {
  const kept = new Map<string, T>()
  let count = 0
  const changedAt = new Map<string, number>()
  const set = (one: T) => {
    count += 1
    changedAt.set(one.ownerId, count)
    // Whoever holds what was given, or was answered, must not change what is kept.
    kept.set(one.id, deepFreeze(deepCopy(one)))
  }
  return {
    kept,
    put: (one: T): void => {
      if (kept.has(one.id)) throw new Error(`The id '${one.id}' is taken.`)
      set(one)
    },
    change: (next: T, mayBe: (present: T) => boolean): boolean => {
      const present = kept.get(next.id)
      if (present === undefined || !mayBe(present)) return false
      set(next)
      return true
    },
    list: (wanted: (one: T) => boolean, order: PageOptions['order'] = 'newest'): T[] =>
      inOrder([...kept.values()].filter(wanted), order, placeOf),
    changes: (since?: string): AccessChanges => {
      const revision = String(count)
      const from = Number(since)
      if (!(from <= count)) return { revision }
      return { revision, ownerIds: [...changedAt].filter(([, at]) => at > from).map(([id]) => id) }
    },
  }
}
