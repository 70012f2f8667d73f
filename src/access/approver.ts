import { AccessError } from '../core/errors.js'
import type { AccessContext } from './context.js'
import type { AccessPerson } from './person.js'

/** Whose own organization is suspended decides about no other. @throws {AccessError} `approver_suspended` */
export async function checkApprover(
  { owners }: AccessContext,
  { ownerId }: AccessPerson,
): Promise<void> {
  if (ownerId === undefined) return
  const { requests } = await owners.findNow(ownerId)
  if (!requests.some(({ state }) => state === 'suspended')) return
  const message = 'Access of your own organization is suspended: you decide about no other.'
  throw new AccessError('approver_suspended', message)
}
