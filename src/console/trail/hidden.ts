import type { OwnAuditEvent } from '../../audit/filter.js'
import { routesIn } from '../keys/openapi-routes.js'
import type { PageRequest } from '../web/exchange.js'
import { FILTERS } from './query.js'

type AccessEvent = Extract<OwnAuditEvent, { kind: 'access' }>
type PathMask = (path: string) => string
export type Hide = (event: AccessEvent) => AccessEvent

/** In the place of what may be the id of a record. */
const REST = '\u2026'
/** A part of a path that is no id, whatever the API is. */
const VERSION = /^v\d{1,2}$/
const VARIABLE = /[:{*(]/
/** The kind of a record, such as `Patient`: no id, and no kind with an id. */
const KIND = /^[A-Z][A-Za-z]{1,63}$/

/** Makes of an event one without ids of records: its path is the template of its route, of itself, of another event or of the description of the API; where none is known, it is cut. */
export function createHiding(
  { portal }: Pick<PageRequest, 'portal'>,
  events: readonly OwnAuditEvent[],
): Hide {
  const described = routesIn(portal.options.description?.openApi()).map(({ path }) => path)
  const seen = events.flatMap((event) => (event.kind === 'access' ? (event.route ?? []) : []))
  const mask = createPathMask([...new Set([...described, ...seen])])
  return ({ path, ...event }) => {
    const shown = event.route ?? (path === undefined ? undefined : mask(path))
    const { auditFilter } = event
    return {
      ...event,
      ...(shown !== undefined && { path: shown }),
      ...(auditFilter && { auditFilter: withoutRecords(auditFilter) }),
    }
  }
}

/** @param templates such as `/v1/patients/:id` or `/v1/patients/{id}` */
export function createPathMask(templates: readonly string[]): PathMask {
  const known = templates.map((template) => ({ template, parts: template.split('/') }))
  return (path) => {
    const given = path.split('/')
    const fitting = known.find(({ parts }) => fits(parts, given))
    if (fitting !== undefined) return fitting.template
    const kept = Math.max(0, ...known.map(({ parts }) => sameParts(parts, given)))
    const start = given.findIndex(
      (part, at) => at >= kept && part !== '' && !(at === 1 && VERSION.test(part)),
    )
    return start === -1 ? path : [...given.slice(0, start), REST].join('/')
  }
}

function fits(parts: readonly string[], given: readonly string[]): boolean {
  return (
    parts.length === given.length &&
    parts.every((part, at) => VARIABLE.test(part) || part === given[at])
  )
}

/** How many parts at the start of a path are words of a template. */
function sameParts(parts: readonly string[], given: readonly string[]): number {
  const other = given.findIndex((part, at) => part !== parts[at] || VARIABLE.test(part))
  return other === -1 ? given.length : other
}

/** What somebody has looked for: of an app's own pages, only the names are known not to be ids. */
function withoutRecords(filter: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filter).map(([name, text]) => {
      const isShown = name === 'phi' ? KIND.test(text) : OWN.has(name)
      return [name, isShown ? text : REST]
    }),
  )
}

/** What the console notes of its own pages. */
const OWN: ReadonlySet<string> = new Set([
  ...FILTERS,
  ...['reminders', 'review', 'signed', 'digest'],
])
