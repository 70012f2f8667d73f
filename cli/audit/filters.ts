import { Option, type Command } from 'commander'
import { AUDIT_KINDS, AUDIT_OUTCOMES, type AuditEvent, type AuditFilter } from 'sallyport'
import { UsageError } from '../exit.js'
import { parseMoment, parseName } from '../parse.js'
import type { Column } from '../table.js'
import { callerName } from './caller.js'
import type { KeyOptions } from './source.js'

/** Which events are wanted, as options have it. */
export interface FilterOptions {
  readonly kind?: AuditEvent['kind']
  readonly owner?: string
  readonly tenant?: string
  readonly key?: string
  readonly issuer?: string
  readonly client?: string
  readonly subject?: string
  readonly request?: string
  readonly outcome?: AuditEvent['outcome']
  readonly reason?: NonNullable<AuditFilter['reason']>
  readonly phi?: NonNullable<AuditFilter['phi']>
  readonly proven?: true
  readonly from?: Date
  readonly to?: Date
}

export function addFilters(command: Command): Command {
  return addPeriod(
    command
      .addOption(
        new Option(
          '--kind <kind>',
          'only accesses, changes of keys, or steps of access to the API',
        ).choices(AUDIT_KINDS),
      )
      .option('--owner <id>', 'only of this organization', parseName)
      .option('--tenant <id>', 'only of this tenant', parseName)
      .option('--key <id>', 'only of this key', parseName)
      .option('--issuer <iss>', 'only of tokens of this issuer')
      .option('--client <id>', 'only of tokens of this client')
      .option(
        '--subject <sub>',
        'only of this subject of tokens, or of this person, also what the person has changed',
      )
      .option('--request <id>', 'only of this request: the x-request-id of its answer')
      .addOption(
        new Option('--outcome <outcome>', 'only with this outcome').choices(AUDIT_OUTCOMES),
      )
      .option('--reason <reason>', 'only what was denied for this reason')
      .option(
        '--phi <resource>',
        "only what touched health information of this kind, or one record of it: 'Patient', 'Patient/123'",
        parsePhi,
      )
      .addOption(provenOption()),
  )
}

export function provenOption(): Option {
  return new Option('--proven', 'only what a checkpoint of a --public-key vouches for')
}

/** @throws {UsageError} where nothing could be proven */
export function checkProven({
  proven,
  publicKey,
}: KeyOptions & Pick<FilterOptions, 'proven'>): void {
  if (proven && publicKey === undefined) throw new UsageError('--proven needs a --public-key')
}

export function addPeriod(command: Command): Command {
  return command
    .option('--from <time>', "only since this day, instant or time ago, such as '7d'", parseMoment)
    .option('--to <time>', 'only before this one', parseMoment)
}

/** Which option asks for a member of a filter: none is missing. */
const OPTIONS = {
  kind: 'kind',
  ownerId: 'owner',
  tenantId: 'tenant',
  keyId: 'key',
  issuer: 'issuer',
  clientId: 'client',
  subject: 'subject',
  requestId: 'request',
  outcome: 'outcome',
  reason: 'reason',
  phi: 'phi',
  proven: 'proven',
  from: 'from',
  to: 'to',
} as const satisfies Record<keyof AuditFilter, keyof FilterOptions>

/** @throws {UsageError} */
export function filterOf(options: FilterOptions & KeyOptions): AuditFilter {
  checkProven(options)
  const asked = Object.entries(OPTIONS).map(([member, option]) => [member, options[option]])
  return Object.fromEntries(asked.filter(([, value]) => value !== undefined)) as AuditFilter
}

function parsePhi(text: string): NonNullable<AuditFilter['phi']> {
  const slash = text.indexOf('/')
  if (slash < 0) return { resource: text }
  return { resource: text.slice(0, slash), id: text.slice(slash + 1) }
}

const COLUMNS: readonly Column<AuditEvent>[] = [
  { title: 'TIME', width: 19, whole: true, of: ({ time }) => time.slice(0, 19).replace('T', ' ') },
  { title: 'OWNER', width: 14, of: ({ ownerId }) => ownerId ?? '-' },
  { title: 'WHO', width: 26, of: whoOf },
  { title: 'WHAT', width: 40, of: whatOf },
  { title: 'OUTCOME', width: 32, of: outcomeOf },
  { title: 'FROM', width: 39, of: ({ client = '-' }) => client },
]

/** With keys, a column says what a checkpoint vouches for. */
export function columnsFor({ publicKey = [] }: KeyOptions): readonly Column<AuditEvent>[] {
  if (publicKey.length === 0) return COLUMNS
  return [...COLUMNS, { title: 'PROVEN', of: ({ proven }) => (proven ? 'yes' : 'no') }]
}

function whoOf(event: AuditEvent): string {
  if (event.kind === 'enrollment') return event.by.name ?? event.by.subject ?? '-'
  if (event.kind === 'key') return (event.by && callerName(event.by)) ?? 'the server'
  return callerName(event) ?? '-'
}

function whatOf(event: AuditEvent): string {
  if (event.kind === 'key') return `${event.action} ${event.keyId}`
  if (event.kind === 'enrollment') return `${event.action} ${event.subjectId}`
  const { method = '', path = '', count, oauthSteps = [] } = event
  const steps = oauthSteps.length === 0 ? '' : `${oauthSteps.join(', ')}: `
  const times = count === undefined ? '' : ` (${String(count)} times)`
  return steps + `${method} ${path}`.trim() + times || '-'
}

function outcomeOf(event: AuditEvent): string {
  if (event.kind !== 'access') return event.outcome
  const { outcome, status, aborted, reason, oauthError } = event
  return [outcome, status, aborted && 'aborted', reason, oauthError]
    .filter((part) => part !== undefined)
    .join(' ')
}
