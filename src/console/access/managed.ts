import type { AccessFilter, AccessRequest } from '../../access/access-store.js'
import type { OwnerTerms } from '../../access/owner-access.js'
import { isManaged, mayAccept } from '../../access/shown.js'
import type { Page } from '../../keys/key-store.js'
import { environmentsOf } from '../keys/managed-keys.js'
import { Problem } from '../kit/problem.js'
import type { PageRequest } from '../web/exchange.js'
import { accessOf } from './words.js'

/** Pages of the store that are read for one page of the console. */
const MOST_PAGES = 10

const OUT_OF_SIGHT =
  'There is no such request, or it asks for an environment that you do not manage.'

/** Whether the person manages all that a request is about, as at the access endpoints. */
export function manages(
  { user }: Pick<PageRequest, 'user'>,
  request: Pick<AccessRequest, 'environments'>,
): boolean {
  return isManaged(request, user.environments)
}

/** Why the person does not accept terms for the organization, as at the access endpoints. `undefined`: the person may. */
export function whyNotAccepted(
  { user, portal }: Pick<PageRequest, 'user' | 'portal'>,
  terms: Pick<OwnerTerms, 'environments'>,
): string | undefined {
  const all = [...new Set(portal.gates.all.flatMap(environmentsOf))]
  if (mayAccept(terms, user.environments, all)) return undefined
  return `Somebody who manages ${(terms.environments ?? all).join(' and ')} accepts them.`
}

/** @throws {Problem} 403 where some of these terms are not the person's to accept */
export async function checkMayAccept(asked: PageRequest, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const { terms } = await accessOf(asked).of(asked.user.ownerId, asked.user.environments)
  for (const one of terms.filter(({ id }) => ids.includes(id))) {
    const why = whyNotAccepted(asked, one)
    if (why === undefined) continue
    const detail = `You do not accept ${one.title ?? one.id}. ${why} Nothing was changed.`
    throw new Problem(403, { detail, link: ['access', 'Go to access'] })
  }
}

/**
 * Requests that are there for the person, as at the access endpoints: those whose environments the person manages, all of them.
 * @param least how many are looked for, where there are more pages
 */
export async function listManaged(
  asked: PageRequest,
  filter: AccessFilter,
  least = 1,
): Promise<Page<AccessRequest>> {
  const items: AccessRequest[] = []
  let { cursor } = filter
  for (let read = 0; read < MOST_PAGES; read++) {
    const found = await accessOf(asked).list({ ...filter, ...(cursor !== undefined && { cursor }) })
    items.push(...found.items.filter((request) => manages(asked, request)))
    cursor = found.cursor
    if (cursor === undefined) return { items }
    if (items.length >= least) break
  }
  return { items, ...(cursor !== undefined && { cursor }) }
}

/** The request of the page's address. @throws {Problem} 404 also for one that is out of sight */
export async function findManaged(asked: PageRequest): Promise<AccessRequest> {
  const request = await inSight(asked)
  if (request !== undefined) return request
  throw new Problem(404, { detail: OUT_OF_SIGHT, link: ['requests', 'All requests'] })
}

/** The same, to decide it. Whether a request that is out of sight exists is not told here either. @throws {Problem} 403 */
export async function findToDecide(asked: PageRequest): Promise<AccessRequest> {
  const request = await inSight(asked)
  const link = ['requests', 'All requests'] as const
  if (request === undefined) throw new Problem(403, { ...NO_DECISION, detail: OUT_OF_SIGHT, link })
  return request
}

export const NO_DECISION = { title: 'No decision was made' } as const

async function inSight(asked: PageRequest): Promise<AccessRequest | undefined> {
  const request = await accessOf(asked).get(asked.params['id'] ?? '')
  return request !== undefined && manages(asked, request) ? request : undefined
}

/** Why the person does not decide a request, as the decision itself would say; `undefined`: the person may. */
export async function whyNotDecided(
  asked: PageRequest,
  request: AccessRequest,
): Promise<string | undefined> {
  const { id, ownerId } = asked.user
  if (request.ownerId === ownerId || request.steps[0]?.by.id === id) {
    return 'Nobody decides a request of their own organization.'
  }
  const { requests } = await accessOf(asked).of(ownerId)
  if (!requests.some(({ state }) => state === 'suspended')) return undefined
  return 'Access of your own organization is suspended: you decide about no other.'
}
