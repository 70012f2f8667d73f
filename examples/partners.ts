import { createAccess, type Access, type AccessOptions, type TermsOptions } from 'sallyport/access'
import { accessInMemory, type AccessStores } from './stores.js'

const STAFF = { id: 'staff_1', name: 'Partner team' } as const

/** The terms that everybody agrees to who uses an API. */
export function termsOf(api: string): Readonly<Record<'api-terms', TermsOptions>> {
  const text = `Terms of ${api}, for the example.`
  return { 'api-terms': { version: '2026-01', title: 'API terms', text } }
}

/** Which organizations may use an API, and what they have agreed to. */
export function createPartners(
  options: Pick<AccessOptions, 'terms' | 'eligible' | 'reviewDays'>,
  stores: AccessStores = accessInMemory(),
): Access {
  return createAccess({ ...stores, ...options })
}

/** An organization asks for access, and accepts the terms: the API's staff finds the request in its queue. Returns the id of the request, or of the one that it has made before. */
export async function askForAccess(
  access: Access,
  ownerId: string,
  environments: readonly string[],
  useCase = 'To show what a partner can do',
): Promise<string> {
  const by = { id: `developer@${ownerId}`, ownerId }
  const { requests, terms } = await access.of(ownerId, environments)
  const open = requests.find(({ state }) => state === 'requested' || state === 'approved')
  if (open !== undefined) return open.id
  // It asks anew.
  const suspended = requests.find(({ state }) => state === 'suspended')
  if (suspended !== undefined) await access.end(suspended.id, { by: STAFF })
  const accept = terms
    .filter(({ required, acceptedBy }) => required && acceptedBy === 'owner')
    .map(({ id, version }) => ({ id, version }))
  const { id } = await access.request({ ownerId, by, useCase, environments, accept })
  return id
}

/** The same, and the API's staff approves it. Returns how to suspend it, and how to end it. */
export async function admitPartner(
  access: Access,
  ownerId: string,
  environments: readonly string[],
): Promise<Readonly<Record<'suspend' | 'end', () => Promise<unknown>>>> {
  const id = await askForAccess(access, ownerId, environments)
  const request = await access.get(id)
  if (request?.state === 'requested') await access.approve(id, { by: STAFF })
  return {
    suspend: () => access.suspend(id, { by: STAFF, reason: 'The contract is not signed.' }),
    end: () => access.end(id, { by: STAFF }),
  }
}

/** What was signed on paper, as the staff writes it down. */
export async function recordSigned(access: Access, ownerId: string, id: string, version: string) {
  const { terms } = await access.of(ownerId)
  const signed = terms.find((each) => each.id === id)?.acceptance
  if (signed?.terms.version === version) return
  const by = { id: `director@${ownerId}`, ownerId }
  await access.agreements.record({ ownerId, by, recordedBy: STAFF, terms: { id, version } })
}
