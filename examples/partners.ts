import type { KeyStore } from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type Access,
  type AccessOptions,
} from 'sallyport/access'

const STAFF = { id: 'staff_1', name: 'Partner team' } as const

/** Which organizations may use an API, and what they have agreed to: in memory, and told anew at every start. */
export function createPartners(
  options: Pick<AccessOptions, 'terms' | 'eligible' | 'reviewDays'> = {},
  outbox?: KeyStore['outbox'],
): Access {
  return createAccess({
    store: createMemoryAccessStore({ outbox }),
    agreements: createMemoryAgreementStore(),
    ...options,
  })
}

/** An organization asks for access: the API's staff finds the request in its queue. Returns the id of the request. */
export async function askForAccess(
  access: Access,
  ownerId: string,
  environments: readonly string[],
  useCase = 'To show what a partner can do',
): Promise<string> {
  const by = { id: `developer@${ownerId}`, ownerId }
  const { terms } = await access.of(ownerId, environments)
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
  await access.approve(id, { by: STAFF })
  return {
    suspend: () => access.suspend(id, { by: STAFF, reason: 'The contract is not signed.' }),
    end: () => access.end(id, { by: STAFF }),
  }
}

/** What was signed on paper, as the staff writes it down. */
export async function recordSigned(access: Access, ownerId: string, id: string, version: string) {
  const by = { id: `director@${ownerId}`, ownerId }
  await access.agreements.record({ ownerId, by, recordedBy: STAFF, terms: { id, version } })
}
