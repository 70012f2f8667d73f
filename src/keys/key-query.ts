import type { KeyQuery } from './key-store.js'
import { stateOf, type KeyRecord } from './record.js'

/** Whether a record is one that a store is asked for: what SQL says of it in the stores of databases. Its `lastUsedAt` is filled in where that is known. */
export function matchesQuery(record: KeyRecord, query: KeyQuery): boolean {
  const { standing, unrotatedSince, unusedSince, ending } = query
  return (
    matchesText(record, query) &&
    (standing === undefined || stateOf(record, standing.at.getTime()) === standing.state) &&
    (ending === undefined || isEnding(record, ending)) &&
    (unrotatedSince === undefined ||
      (record.rotatedTo === undefined && record.createdAt <= unrotatedSince)) &&
    (unusedSince === undefined ||
      (record.createdAt < unusedSince && !(record.lastUsedAt && record.lastUsedAt >= unusedSince)))
  )
}

function isEnding(
  { expiresAt, revokedAt }: KeyRecord,
  ending: NonNullable<KeyQuery['ending']>,
): boolean {
  if (ending === 'never') return revokedAt === undefined && expiresAt === undefined
  const isWithin = expiresAt !== undefined && expiresAt > ending.after && expiresAt <= ending.until
  return isWithin && revokedAt === undefined
}

/** Whose key it is, who made it and what it is called: what a store that compares loosely, or does not know the question, may have wrong. */
export function matchesText(record: KeyRecord, query: KeyQuery): boolean {
  const { ownerId, environment, createdBy = {}, search } = query
  const made = Object.entries(createdBy) as [keyof typeof createdBy, string | true][]
  return (
    (ownerId === undefined || record.ownerId === ownerId) &&
    (environment === undefined || record.environment === environment) &&
    made.every(([member, value]) => record.createdBy?.[member] === value) &&
    (search === undefined || isIn(record.name, search) || isIn(record.hint, search))
  )
}

function isIn(text: string, wanted: string): boolean {
  return lower(text).includes(lower(wanted))
}

/** As databases do it without a language. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
