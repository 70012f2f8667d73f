import {
  understood,
  type KeyUsage,
  type OutcomeCount,
  type OwnerUsageQuery,
  type UsageAdded,
  type UsageSum,
} from '../../src/index.js'
import { instantIn, integerIn, textIn } from './column.js'
import { readable } from './row.js'
import type { Session } from './session.js'
import type { SqliteValue } from './types.js'

const MOST = String(Number.MAX_SAFE_INTEGER)
/** A count that is at its end stays there: it must not keep the others from being written. */
const ADDED = `min(count + excluded.count, ${MOST})`

const ADD = `
  INSERT INTO sallyport_key_usage (key_id, day, environment, count, last_used_at)
  SELECT id, ?, ?, ?, ? FROM sallyport_keys WHERE id = ?
  ON CONFLICT (key_id, day, environment) DO UPDATE SET
    count = ${ADDED},
    last_used_at = max(last_used_at, excluded.last_used_at)
  RETURNING count >= ${MOST} AS full`

const DAYS = `
  SELECT key_id, day, environment, ${readable('count')} AS count, ${readable('last_used_at')} AS last_used_at
  FROM sallyport_key_usage
  WHERE key_id = ? AND day >= ? ORDER BY day DESC, environment`

const ADD_OUTCOME = `
  INSERT INTO sallyport_usage (owner_id, day, environment, key_id, outcome, count)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (owner_id, day, environment, key_id, outcome) DO UPDATE SET
    count = ${ADDED}
  RETURNING count >= ${MOST} AS full`

/** Sums of the outcomes, and beside them the uses that no outcome counts, as `unclassified`. */
const sums = (by: 'day' | 'key_id') => `
  WITH told AS (
    SELECT day, environment, key_id, outcome, count FROM sallyport_usage
    WHERE owner_id = ? AND day BETWEEN ? AND ? AND ? IN ('', environment)
  ), uses AS (
    SELECT day, environment, key_id, -count AS count FROM told
    WHERE outcome <> 'unauthenticated' AND key_id <> ''
    UNION ALL
    SELECT u.day, u.environment, u.key_id, u.count FROM sallyport_keys k
    JOIN sallyport_key_usage u ON u.key_id = k.id
    WHERE k.owner_id = ? AND u.day BETWEEN ? AND ? AND ? IN ('', u.environment)
  ), parts AS (
    SELECT day, environment, key_id, outcome, count FROM told
    UNION ALL
    SELECT day, environment, key_id, 'unclassified', sum(count) FROM uses
    GROUP BY day, environment, key_id HAVING sum(count) > 0
  )
  SELECT ${by}, environment, outcome, ${readable('sum(count)')} AS count FROM parts
  GROUP BY ${by}, environment, outcome HAVING sum(count) > 0
  ORDER BY ${by} DESC, environment, outcome`
const BY_DAY = sums('day')
const BY_KEY = sums('key_id')

/** Adds to the counts, in one transaction; to those of keys that are not there, nothing is added. Answers how many are at their end. */
export function addUsage(
  session: Session,
  usage: readonly KeyUsage[],
  outcomes: readonly OutcomeCount[],
): UsageAdded {
  let full = 0
  const add = (sql: string, ...values: SqliteValue[]) => {
    const row = session.statement(sql).get(...values)
    if (row !== undefined && integerIn(row, 'full') === 1) full += 1
  }
  session.atomically(() => {
    for (const { ownerId, day, environment, keyId = '', outcome, count } of outcomes) {
      add(ADD_OUTCOME, ownerId, day, environment, keyId, outcome, count)
    }
    for (const { keyId, day, environment, count, lastUsedAt } of usage) {
      add(ADD, day, environment, count, lastUsedAt.getTime(), keyId)
    }
    return true
  })
  return { full }
}

export function readUsage(session: Session, keyId: string, sinceDay: string): KeyUsage[] {
  return understood(session.statement(DAYS).all(keyId, sinceDay), usageIn)
}

export function readOwnerUsage(
  session: Session,
  ownerId: string,
  { from, to, environment = '', by }: OwnerUsageQuery,
): UsageSum[] {
  const asked = [ownerId, from, to, environment]
  const rows = session.statement(by === 'day' ? BY_DAY : BY_KEY).all(...asked, ...asked)
  return understood(rows, (row) => {
    const named = textIn(row, by === 'day' ? 'day' : 'key_id')
    return {
      environment: textIn(row, 'environment'),
      ...(by === 'day' ? { day: named } : named !== '' && { keyId: named }),
      outcome: textIn(row, 'outcome'),
      count: integerIn(row, 'count'),
    }
  })
}

function usageIn(row: unknown): KeyUsage {
  return {
    keyId: textIn(row, 'key_id'),
    day: textIn(row, 'day'),
    environment: textIn(row, 'environment'),
    count: integerIn(row, 'count'),
    lastUsedAt: instantIn(row, 'last_used_at'),
  }
}
