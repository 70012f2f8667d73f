import * as v from 'valibot'
import { ifValid } from '../lib/issue.js'
import { StoreError } from '../core/errors.js'
import { matchesText } from './key-query.js'
import type { KeyQuery, KeyUsage, OwnerUsageQuery, Page, UsageSum } from './key-store.js'
import type { KeyRecord } from './record.js'
import { faultOf, refuseFault } from './record-schema.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { plainObject } from '../lib/schema-objects.js'

/*
 * A store of an app's own may answer with anything, and one that compares texts loosely (in any letter case, or without white space at the end) with another
 * key than the one that was asked for. An answer counts where it is one, to this very question.
 */

type Found = KeyRecord | undefined

/** The key that was asked for by this member. @throws {StoreError} for another one, and for what is no record */
export function recordFor(member: 'id' | 'digest', asked: string): (answer: Found | null) => Found {
  return (answer) => {
    if (answer === undefined || answer === null) return undefined
    const record = withKnownUse(answer)
    refuseFault(record)
    if (record[member] === asked) return record
    throw new StoreError(`The key store answered with another key: its '${member}' is not that.`)
  }
}

/** Whether a change was made. @throws {StoreError} for what is neither yes nor no: the change may have been made or not */
export function verdictOf(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new StoreError('The key store answered a change with neither true nor false.')
}

/** The same for each of so many records. @throws {StoreError} */
export function verdictsOf(count: number): (answer: unknown) => readonly boolean[] {
  return (answer) => {
    if (Array.isArray(answer) && answer.length === count) return answer.map(verdictOf)
    throw new StoreError('The key store did not say of each record whether it was inserted.')
  }
}

/** A page, without what is no record or was not asked for. @throws {StoreError} for what is no page */
export function pageFor(query: KeyQuery): (answer: Page<KeyRecord>) => Page<KeyRecord> {
  const isMeant = (record: KeyRecord) => faultOf(record) === undefined && matchesText(record, query)
  return (answer) => {
    const { items, cursor } = answer as { readonly items: unknown; readonly cursor?: unknown }
    const isLast = cursor === undefined || cursor === null
    if (!Array.isArray(items) || !(isLast || typeof cursor === 'string')) {
      throw new StoreError('The key store answered with something that is no page.')
    }
    const records = (items as KeyRecord[]).map(withKnownUse).filter(isMeant)
    return { items: records, ...(!isLast && { cursor }) }
  }
}

const day = lazily(() => v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\d$/)))
const usage = lazily(() =>
  plainObject({
    keyId: v.string(),
    environment: v.string(),
    day: day(),
    count: wholeNumber(0),
    lastUsedAt: v.date(),
  }),
)

/** The days of a key, without what is none. @throws {StoreError} for what is no list */
export function usageFor(keyId: string): (answer: unknown) => readonly KeyUsage[] {
  return (answer) => {
    if (!Array.isArray(answer)) throw new StoreError('The key store answered with no list of uses.')
    return answer.flatMap((day: unknown) => {
      const read = ifValid(usage(), day)
      return read?.keyId === keyId ? [read] : []
    })
  }
}

const sum = lazily(() =>
  plainObject({
    environment: v.string(),
    day: v.exactOptional(day()),
    keyId: v.exactOptional(v.string()),
    outcome: v.string(),
    count: wholeNumber(0),
  }),
)

/** The sums of an owner, without what is none or was not asked for. @throws {StoreError} for what is no list */
export function sumsFor(query: OwnerUsageQuery): (answer: unknown) => readonly UsageSum[] {
  const { from, to, environment, by } = query
  const isMeant = (one: UsageSum) =>
    (environment ?? one.environment) === one.environment &&
    (by === 'key'
      ? one.day === undefined
      : one.day !== undefined && from <= one.day && one.day <= to)
  return (answer) => {
    if (!Array.isArray(answer)) throw new StoreError('The key store answered with no list of uses.')
    return answer.flatMap((given: unknown) => {
      const read = ifValid(sum(), given)
      return read !== undefined && isMeant(read) ? [read] : []
    })
  }
}

/** When a key was last used decides nothing: where that cannot be read, the key can still be managed. */
function withKnownUse(record: KeyRecord): KeyRecord {
  if (typeof (record as unknown) !== 'object' || (record as unknown) === null) return record
  const { lastUsedAt, ...others } = record
  const isKnown = lastUsedAt === undefined || v.safeParse(v.date(), lastUsedAt).success
  return isKnown ? record : others
}
