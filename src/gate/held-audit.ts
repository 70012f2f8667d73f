import type { Audit } from '../audit/audit.js'
import type { AuditEvent } from '../audit/filter.js'
import type { AppAuth } from '../core/auth.js'

/** The records of the actor's own owner in the environments that it manages. Of an operator, they say no more than keys do: that it was one. */
export function heldAudit(audit: Audit, held: AppAuth): Audit {
  const { ownerId, environment, environments = [environment] } = held
  const sees = (event: AuditEvent) =>
    environmentsOf(event)?.some((name) => environments.includes(name)) !== false

  return Object.freeze<Audit>({
    ...audit,
    async query(query = {}, options) {
      if ((query.ownerId ?? ownerId) !== ownerId) return { items: [] }
      const { items: all, unproven, ...rest } = await audit.query({ ...query, ownerId }, options)
      const items = all.filter(sees).map((event) => withoutOperator(event, ownerId))
      const counted = unproven !== undefined && {
        unproven: items.filter(({ proven }) => !proven).length,
      }
      return { ...rest, items, ...counted }
    },
  })
}

/** `undefined`: it is of none in particular. */
function environmentsOf(event: AuditEvent): readonly string[] | undefined {
  if (event.kind === 'enrollment') return event.environments
  return event.environment === undefined ? undefined : [event.environment]
}

function withoutOperator(event: AuditEvent, ownerId: string): AuditEvent {
  const isOperators =
    (event.kind === 'key' && event.by?.operator === true) ||
    (event.kind === 'enrollment' && event.by.ownerId !== ownerId)
  if (!isOperators) return event
  const { client: _, ...rest } = event
  return { ...rest, by: { operator: true } }
}
