import type { ChangedTerms } from '../gate/gate-access.js'
import type { AccessContext } from './context.js'

/** Acceptances of one terms that are looked through for another version. */
const LOOKED_THROUGH = 200

/** Terms of which somebody has accepted another version than the one that holds now. @throws {StoreError} */
export async function changedTerms({
  terms,
  stores,
}: Pick<AccessContext, 'terms' | 'stores'>): Promise<readonly ChangedTerms[]> {
  const changed: ChangedTerms[] = []
  for (const { id, version, digest, title, url } of terms.values()) {
    const { items } = await stores.agreements.list({ terms: id, limit: LOOKED_THROUGH })
    const other = items.find((one) => one.terms.version !== version || one.terms.digest !== digest)
    if (other === undefined) continue
    changed.push({
      ...{ id, version, digest, previous: other.terms.version },
      ...(title !== undefined && { title }),
      ...(url !== undefined && { url }),
    })
  }
  return changed
}
