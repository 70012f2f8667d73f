import { Option, type Command } from 'commander'
import type { AuditEvent, AuditFilter } from 'sallyport'
import { parseMoment } from '../parse.js'
import type { Column } from '../table.js'

/** Which events are wanted, as options have it. */
export interface FilterOptions {
  readonly owner?: string
  readonly tenant?: string
  readonly key?: string
  readonly subject?: string
  readonly request?: string
  readonly outcome?: AuditEvent['outcome']
  readonly reason?: NonNullable<AuditFilter['reason']>
  readonly phi?: NonNullable<AuditFilter['phi']>
  readonly from?: Date
  readonly to?: Date
}

const OUTCOMES = [
  'allowed',
  'denied',
  'intended',
  'made',
  'failed',
] satisfies AuditEvent['outcome'][]

export function addFilters(command: Command): Command {
  return addPeriod(
    command
      .option('--owner <id>', 'only of this organization')
      .option('--tenant <id>', 'only of this tenant')
      .option('--key <id>', 'only of this key')
      .option('--subject <sub>', 'only of this subject of tokens')
      .option('--request <id>', 'only of this request: the x-request-id of its answer')
      .addOption(new Option('--outcome <outcome>', 'only with this outcome').choices(OUTCOMES))
      .option('--reason <reason>', 'only what was denied for this reason')
      .option(
        '--phi <resource>',
        "only what touched health information of this kind, or one record of it: 'Patient', 'Patient/123'",
        parsePhi,
      ),
  )
}

export function addPeriod(command: Command): Command {
  return command
    .option('--from <time>', "only since this day, instant or time ago, such as '7d'", parseMoment)
    .option('--to <time>', 'only before this one', parseMoment)
}

export function filterOf(options: FilterOptions): AuditFilter {
  const { owner, tenant, key, subject, request, outcome, reason, phi, from, to } = options
  return {
    ...(owner !== undefined && { ownerId: owner }),
    ...(tenant !== undefined && { tenantId: tenant }),
    ...(key !== undefined && { keyId: key }),
    ...(subject !== undefined && { subject }),
    ...(request !== undefined && { requestId: request }),
    ...(outcome !== undefined && { outcome }),
    ...(reason !== undefined && { reason }),
    ...(phi !== undefined && { phi }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
}

function parsePhi(text: string): NonNullable<AuditFilter['phi']> {
  const slash = text.indexOf('/')
  if (slash < 0) return { resource: text }
  return { resource: text.slice(0, slash), id: text.slice(slash + 1) }
}

export const COLUMNS: readonly Column<AuditEvent>[] = [
  { title: 'TIME', width: 19, of: ({ time }) => time.slice(0, 19).replace('T', ' ') },
  { title: 'OWNER', width: 14, of: ({ ownerId }) => ownerId ?? '-' },
  { title: 'WHO', width: 26, of: whoOf },
  { title: 'WHAT', width: 40, of: whatOf },
  { title: 'OUTCOME', width: 32, of: outcomeOf },
  { title: 'FROM', width: 39, of: (event) => (event.kind === 'access' && event.client) || '-' },
]

function whoOf(event: AuditEvent): string {
  if (event.kind === 'key') return event.by?.keyId ?? event.by?.subject ?? 'the server'
  return event.keyId ?? event.subject ?? event.clientId ?? '-'
}

function whatOf(event: AuditEvent): string {
  if (event.kind === 'key') return `${event.action} ${event.keyId}`
  const { method = '', path = '', count } = event
  return (
    `${method} ${path}`.trim() + (count === undefined ? '' : ` (${String(count)} times)`) || '-'
  )
}

function outcomeOf(event: AuditEvent): string {
  if (event.kind === 'key') return event.outcome
  return [event.outcome, event.status, event.reason].filter((part) => part !== undefined).join(' ')
}
