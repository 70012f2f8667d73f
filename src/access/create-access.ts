import { MisuseError } from '../core/errors.js'
import type { GateRequest } from '../core/request.js'
import type { LentByGate } from '../gate/gate-access.js'
import { createElapsed } from '../lib/elapsed.js'
import type { Access } from './access.js'
import { createAdmission } from './admission.js'
import { createAgreements } from './agreements.js'
import { changedTerms } from './changed-terms.js'
import { checkAccessOptions, type Terms } from './check-options.js'
import type { AccessContext } from './context.js'
import { createAccessEndpoints } from './endpoints.js'
import { checked, checkedId, ofSchema } from './input.js'
import type { AccessOptions } from './options.js'
import { ownerAccess } from './owner-access.js'
import { createOwnerCache } from './owner-cache.js'
import { createPolicies } from './policies.js'
import { createRecorder } from './recorder.js'
import { requestAccess } from './request-access.js'
import {
  approveRequest,
  denyRequest,
  endAccess,
  requestsSchema,
  resumeAccess,
  suspendAccess,
} from './requests.js'
import { timedStores } from './timed-stores.js'

/**
 * Requests for access to an API, decisions about them, and agreements. Give it to a gate as `access`: then no key is made without approved access, steps are in
 * the audit log, and `accessEndpoints` of an adapter serves it over HTTP.
 * @throws {MisuseError} by the name of the option that is wrong
 * @example
 * ```ts
 * const access = createAccess({
 *   store: createSqliteAccessStore(keys.database),
 *   agreements: createSqliteAgreementStore(keys.database),
 *   terms: { 'api-terms': { version: '2026-01', text: await readFile('terms.md', 'utf8') } },
 * })
 * const gate = createGate({ ...options, access, policies: [access.approved()] })
 * ```
 */
export function createAccess(options: AccessOptions): Access {
  const {
    store,
    agreements: agreementStore,
    clock: ownClock,
    ...rest
  } = checkAccessOptions(options)
  let gate: LentByGate | undefined
  const exempt = new WeakSet<GateRequest>()
  const clock = () => (ownClock ?? gate?.clock ?? Date.now)()
  const stores = timedStores({ access: store, agreements: agreementStore })
  const owners = createOwnerCache(stores, createElapsed(clock))
  const context: AccessContext = {
    ...{ ...rest, stores, owners, clock },
    environments: () => gate?.environments,
    scopes: () => gate?.scopes,
    plans: () => gate?.plans,
    record: createRecorder(() => gate?.journal, owners),
  }
  const agreements = createAgreements(context)
  const policies = createPolicies(
    context,
    (request) => request !== undefined && exempt.has(request),
  )

  const access: Access = {
    ...policies,
    request: (input) => requestAccess(context, agreements, input),
    approve: async (id, input) => approveRequest(context, checkedId(id, 'access.approve'), input),
    deny: async (id, input) => denyRequest(context, checkedId(id, 'access.deny'), input),
    suspend: async (id, input) => suspendAccess(context, checkedId(id, 'access.suspend'), input),
    resume: async (id, input) => resumeAccess(context, checkedId(id, 'access.resume'), input),
    end: async (id, input) => endAccess(context, checkedId(id, 'access.end'), input),
    get: async (id) => stores.access.find(checkedId(id, 'access.get')),
    list: async (filter = {}) => stores.access.list(checked(requestsSchema, filter, 'access.list')),
    of: async (ownerId, environments) =>
      ownerAccess(
        context,
        checked(ofSchema, { ownerId, ...(environments && { environments }) }, 'access.of'),
      ),
    agreements,
    admitKey: createAdmission(context),
    changedTerms: () => changedTerms(context),
    unreadableTerms: unreadableOf(rest.terms),
    attach(lent) {
      if (gate !== undefined) {
        throw new MisuseError(
          'invalid_option',
          "createGate: 'access' belongs to another gate already",
        )
      }
      gate = lent
    },
    endpoints(requirement) {
      if (gate === undefined)
        throw new MisuseError(
          'invalid_option',
          "accessEndpoints: give 'access' to createGate first",
        )
      return createAccessEndpoints({ access, gate, exempt }, requirement)
    },
  }
  return Object.freeze(access)
}

function unreadableOf(terms: ReadonlyMap<string, Terms>): readonly string[] {
  return [...terms.values()]
    .filter(({ acceptedBy, text, url }) => acceptedBy === 'owner' && text === undefined && !url)
    .map(({ id }) => id)
}
