import type { KeyUsage } from '../../src/index.js'
import { instantIn, integerIn, textIn } from './column.js'
import { readable } from './row.js'
import type { Session } from './session.js'

const ADD = `
  INSERT INTO sallyport_key_usage (key_id, day, environment, count, last_used_at)
  SELECT id, ?, ?, ?, ? FROM sallyport_keys WHERE id = ?
  ON CONFLICT (key_id, day, environment) DO UPDATE SET
    count = count + excluded.count,
    last_used_at = max(last_used_at, excluded.last_used_at)`

const DAYS = `
  SELECT key_id, day, environment, ${readable('count')} AS count, ${readable('last_used_at')} AS last_used_at
  FROM sallyport_key_usage
  WHERE key_id = ? AND day >= ? ORDER BY day DESC, environment`

/** Adds to the counts, in one transaction; of keys that are not there, nothing is added. */
export function addUsage(session: Session, usage: readonly KeyUsage[]): void {
  session.atomically(() => {
    for (const { keyId, day, environment, count, lastUsedAt } of usage) {
      session.statement(ADD).run(day, environment, count, lastUsedAt.getTime(), keyId)
    }
    return true
  })
}

/** A row that cannot be understood is left out. */
export function readUsage(session: Session, keyId: string, sinceDay: string): KeyUsage[] {
  return session
    .statement(DAYS)
    .all(keyId, sinceDay)
    .flatMap((row) => {
      try {
        return [usageIn(row)]
      } catch {
        return []
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
