import { recordedName } from '../core/redaction.js'
import type { EventRecord } from './words.js'

/** Whose records somebody may know of, of one owner. */
export interface Reader {
  readonly ownerId: string
  /** Those that it manages. */
  readonly environments: readonly string[]
  /** Those that it acts for. Absent: it was given no list, and is not held to any. */
  readonly tenants: readonly string[] | undefined
}

/** Which records of a trail are there for somebody: pages are made of these alone, or their ends would tell of others. */
export interface Sight extends Pick<Reader, 'environments' | 'tenants'> {
  readonly sees: (event: EventRecord) => boolean
}

/** @param isTold whether it may know of a record beside that */
export function sightOf(
  { environments, tenants: given }: Reader,
  isTold: (event: EventRecord) => boolean,
): Sight {
  const tenants = given?.map((tenant) => recordedName(tenant))
  const isServed = (event: EventRecord) =>
    environmentsOf(event)?.some((name) => environments.includes(name)) !== false
  return {
    ...{ environments, tenants },
    sees: (event) => isServed(event) && isOfTenant(event, tenants) && isTold(event),
  }
}

/** What is of no tenant in particular is of the owner. But what was refused without one may have been meant for any. */
function isOfTenant(event: EventRecord, tenants: readonly string[] | undefined): boolean {
  if (event.kind !== 'access' || tenants === undefined) return true
  const { tenantId, outcome } = event
  return tenantId === undefined ? outcome === 'allowed' : tenants.includes(tenantId)
}

/** `undefined`: it is of none in particular. */
function environmentsOf(event: EventRecord): readonly string[] | undefined {
  if (event.kind === 'enrollment') return event.environments
  return event.environment === undefined ? undefined : [event.environment]
}
