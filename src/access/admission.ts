import type { AdmitKey, KeyAdmission } from '../keys/access-rule.js'
import { then } from '../lib/maybe.js'
import type { AccessContext } from './context.js'
import { accessIn, lackingTerms, lackOfAccess, lackOfTerms, requiredTerms } from './status.js'

/** An owner may have keys where its access is approved and it has accepted the terms that are required, with the scopes that were approved. */
export function createAdmission({ owners, terms, clock }: AccessContext): AdmitKey {
  return ({ ownerId, environment, scopes }) =>
    then(owners.findNow(ownerId), (facts): KeyAdmission => {
      const now = clock()
      const lack = lackOfAccess(facts, environment, now)
      if (lack !== undefined) return { refused: 'access_not_approved', message: lack.message }
      const [lacking] = lackingTerms(facts, requiredTerms(terms), environment, now)
      if (lacking !== undefined) {
        return { refused: 'terms_not_accepted', message: lackOfTerms(lacking).message }
      }
      const { request } = accessIn(facts, environment, now)
      const approved = request?.scopes ?? []
      const beyond = scopes.find((scope) => !approved.includes(scope))
      if (approved.length > 0 && beyond !== undefined) {
        const message = `Your organization's access to '${environment}' has no scope '${beyond}'; approved are ${approved.join(', ')}.`
        return { refused: 'access_not_approved', message }
      }
      return request?.plan === undefined ? {} : { plan: request.plan }
    })
}
