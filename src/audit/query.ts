import * as v from 'valibot'
import { REASON_NAMES } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import { IDENTIFIER_RULE, isIdentifier } from '../core/identifier.js'
import type { Page } from '../keys/key-store.js'
import { hasMethods } from '../lib/has-methods.js'
import { readInput } from '../lib/issue.js'
import { publicKeysOf } from './chain.js'
import type { ReadOptions } from './events.js'
import type { AuditEvent, AuditFilter } from './filter.js'
import { cursorOf, endIn, futureFrom } from './page-order.js'
import { readPage } from './page.js'
import { AUDIT_KINDS, AUDIT_OUTCOMES } from './record.js'
import type { Shape } from './schema.js'
import type { Sight } from './visible-records.js'
import type { TrailReader } from './sink.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { isObject } from '../lib/is-object.js'
import { strictObject } from '../lib/schema-objects.js'

/** Which events, in pages. */
export interface AuditQuery extends AuditFilter {
  /** How many at most: 1 to 5,000. Default 50. A page may have fewer, also one that is not the last. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

/** Events, newest first. */
export interface AuditPage<Event = AuditEvent> extends Page<Event> {
  /**
   * How many of the items no checkpoint vouches for: anybody who can add to the trail may have added them, and they take the places of others. Ask for `proven: true` to leave them out. Those of
   * the last minute have no checkpoint yet. Absent where no public key is known, as nothing is proven then.
   */
  readonly unproven?: number
}

/** A look at the audit log, on a page of your app. */
export interface AuditView {
  /** The address of the page, without its query. At most 256 characters are kept. */
  readonly path: string
  /** What was asked for, by name. */
  readonly filter: Readonly<Record<string, string>>
}

const MAX_LIMIT = 5_000
const DEFAULT_LIMIT = 50
/** The longest that a writer and an id make, whatever characters they have. */
const MAX_CURSOR = 8_192
/** More than an issuer and a subject have together, which make an owner. */
const MAX_ID = 8_192

const text = lazily(() => v.optional(v.pipe(v.string(), v.maxCodePoints(512))))
/** What this code has never taken for an owner, a tenant or a key finds nothing, which must not pass for "nothing happened". */
const name = lazily(() =>
  v.optional(
    v.pipe(
      v.string(),
      v.maxCodePoints(MAX_ID),
      v.check((value) => isIdentifier(value, Infinity), IDENTIFIER_RULE),
    ),
  ),
)
/** Times are compared as text, of which all years from 0 to 9999 have the same form. */
const date = lazily(() =>
  v.optional(
    v.pipe(
      v.date(),
      v.minValue(new Date('0000-01-01T00:00:00Z')),
      v.maxValue(new Date('9999-12-31T23:59:59.999Z')),
    ),
  ),
)
const schema = lazily(() =>
  strictObject({
    kind: v.optional(v.picklist(AUDIT_KINDS)),
    ownerId: name(),
    tenantId: name(),
    keyId: name(),
    issuer: text(),
    clientId: text(),
    subject: text(),
    requestId: text(),
    outcome: v.optional(v.picklist(AUDIT_OUTCOMES)),
    reason: v.optional(v.picklist(REASON_NAMES)),
    phi: v.optional(
      strictObject({
        resource: v.pipe(v.string(), v.maxCodePoints(64)),
        id: v.optional(v.pipe(v.string(), v.maxCodePoints(128))),
      }),
    ),
    proven: v.optional(v.boolean()),
    from: date(),
    to: date(),
    limit: v.optional(wholeNumber(1, MAX_LIMIT), DEFAULT_LIMIT),
    cursor: v.optional(v.pipe(v.string(), v.maxCodePoints(MAX_CURSOR))),
  } satisfies Shape<Omit<AuditQuery, 'phi'>> & Record<'phi', v.GenericSchema>),
)

/**
 * A page of events, newest first. Events of the future come after all others, as anybody who can add to the trail can write any time: those more than 5
 * minutes after now. Of several records of one event, the last one that holds counts: see `readEvents`. What is written meanwhile disturbs no page: what was
 * there when the first was read is on exactly one. A cursor that is not of this call leads to an empty page.
 * @throws {MisuseError} also where `proven` is asked for without a public key @throws what the reader throws
 * @example
 * ```ts
 * const { items } = await queryTrail(reader, { phi: { resource: 'Patient' }, proven: true }, { publicKeys })
 * const { unproven = 0 } = await queryTrail(reader, { phi: { resource: 'Patient' } }, { publicKeys })
 * ```
 */
export function queryTrail(
  reader: TrailReader,
  query?: AuditQuery,
  options?: ReadOptions,
): Promise<AuditPage> {
  return querySeen(reader, query, options)
}

const EXAMPLE = "gate.audit.query({ ownerId: 'org_1', limit: 50 })"

/** For what reads a query before it is checked. @throws {MisuseError} `invalid_option` */
export function checkArguments(query: unknown, options: unknown): void {
  if (!isObject(query)) throw misuse(`must be an object; write ${EXAMPLE}`)
  if (isObject(options)) return
  throw misuse('the second argument must be an object, such as { publicKeys: [publicKey] }')
}

function misuse(complaint: string): MisuseError {
  return new MisuseError('invalid_option', `gate.audit.query: ${complaint}`)
}

/** @param sight which records are there at all. Default: all */
export async function querySeen(
  reader: TrailReader,
  query: AuditQuery = {},
  options: ReadOptions = {},
  sight?: Sight,
): Promise<AuditPage> {
  if (!hasMethods(reader, 'lines'))
    throw misuse("a trail must be given; write queryTrail(createAuditFiles('/var/log/api/audit'))")
  checkArguments(query, options)
  const { limit, cursor, ...rest } = readInput(schema(), query, EXAMPLE, misuse)
  const filter = rest as AuditFilter
  const keys = publicKeysOf(options.publicKeys ?? [])
  // Nothing is proven without one, which must not pass for "nothing happened".
  if (filter.proven !== undefined && keys.size === 0) {
    throw misuse("'proven' needs audit.key, or a key in 'publicKeys'")
  }
  const before = cursor === undefined ? undefined : endIn(cursor)
  if (before === null) return { items: [] }
  const future = before?.future ?? futureFrom((options.clock ?? Date.now)())
  const after = before && { after: before.at }
  const { items, last } = await readPage(
    reader,
    { filter, limit, keys, future, ...after, ...(sight && { sight }) },
    options.onDamaged,
  )
  const unproven = items.filter((event) => !event.proven).length
  return {
    items,
    ...(last && { cursor: cursorOf({ at: last, future }) }),
    ...(keys.size > 0 && { unproven }),
  }
}
