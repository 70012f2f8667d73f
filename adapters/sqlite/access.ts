import {
  acceptanceFrom,
  accessRequestFrom,
  type AccessStore,
  type AgreementStore,
} from '../../src/access/index.js'
import { textIn } from './column.js'
import { pageStatement, readChanges, readPage } from './documents.js'
import { KNOWN_COLUMNS } from './row.js'
import { createTables } from './tables.js'
import { createSession, isKeepable } from './session.js'
import type { SqliteDatabase } from './types.js'

const FIND = 'SELECT record FROM sallyport_access WHERE id = ?'
const INSERT = `INSERT INTO sallyport_access (id, version, owner_id, state, requested_at, record)
  SELECT ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (
    SELECT 1 FROM sallyport_access a, json_each(a.record, '$.environments') taken, json_each(?, '$.environments') wanted
    WHERE a.owner_id = ? AND a.id <> ? AND taken.value = wanted.value AND (a.state IN ('requested', 'suspended')
      OR (a.state = 'approved' AND coalesce(json_extract(a.record, '$.until') > ?, true))))`
const REPLACE = `UPDATE sallyport_access SET version = ?, state = ?, record = ?
  WHERE id = ? AND version = ?`
const OF_OWNER = `SELECT record FROM sallyport_access WHERE owner_id = ?
  ORDER BY state NOT IN ('requested', 'approved', 'suspended'), requested_at DESC, id DESC LIMIT 100`

/**
 * Requests for access in an open database; `migrate` of the key store must have made the tables. The connection may be that of a key store.
 * @example const access = createAccess({ store: createSqliteAccessStore(keys.database), agreements: createSqliteAgreementStore(keys.database) })
 */
export function createSqliteAccessStore(database: SqliteDatabase): AccessStore {
  const { session, read, changes } = open(database, 'access')
  const requestOf = (row: unknown) => accessRequestFrom(textIn(row, 'record'))
  return {
    insert(request) {
      const { id, version, ownerId, state, requestedAt } = request
      const record = JSON.stringify(request)
      const asked = [record, ownerId, id, requestedAt.toISOString()]
      const values = [id, version, ownerId, state, requestedAt.getTime(), record, ...asked]
      return Number(read(INSERT).run(...values).changes) === 1
    },
    find(id) {
      const row = isKeepable(id) ? read(FIND).get(id) : undefined
      return row === undefined ? undefined : requestOf(row)
    },
    ofOwner: (ownerId) => (isKeepable(ownerId) ? read(OF_OWNER).all(ownerId).map(requestOf) : []),
    replace(next) {
      const { id, version, state } = next
      const { changes } = read(REPLACE).run(version, state, JSON.stringify(next), id, version - 1)
      return Number(changes) === 1
    },
    list({ ownerId, state, order, limit, cursor }) {
      const page = { table: 'sallyport_access', time: 'requested_at', order, limit, cursor }
      const statement = pageStatement(page, { owner_id: ownerId, state })
      return readPage(session, statement, requestOf)
    },
    changes,
  }
}

const FIND_ACCEPTANCE = 'SELECT record FROM sallyport_agreements WHERE id = ?'
const INSERT_ACCEPTANCE = `INSERT INTO sallyport_agreements (id, owner_id, terms, accepted_at, ended, record)
  VALUES (?, ?, ?, ?, 0, ?)`
const END = 'UPDATE sallyport_agreements SET ended = 1, record = ? WHERE id = ? AND ended = 0'
const ACCEPTED = `SELECT record FROM sallyport_agreements WHERE owner_id = ? AND ended = 0
  ORDER BY accepted_at DESC, id DESC LIMIT 1000`

/**
 * Acceptances of terms in an open database, as `createSqliteAccessStore`.
 * @example const access = createAccess({ store: createSqliteAccessStore(keys.database), agreements: createSqliteAgreementStore(keys.database) })
 */
export function createSqliteAgreementStore(database: SqliteDatabase): AgreementStore {
  const { session, read, changes } = open(database, 'agreements')
  const acceptanceOf = (row: unknown) => acceptanceFrom(textIn(row, 'record'))
  const find = (id: string) => {
    const row = isKeepable(id) ? read(FIND_ACCEPTANCE).get(id) : undefined
    return row === undefined ? undefined : acceptanceOf(row)
  }
  return {
    insert(acceptance) {
      const { id, ownerId, terms, at } = acceptance
      read(INSERT_ACCEPTANCE).run(id, ownerId, terms.id, at.getTime(), JSON.stringify(acceptance))
    },
    find,
    ofOwner: (ownerId) =>
      isKeepable(ownerId) ? read(ACCEPTED).all(ownerId).map(acceptanceOf) : [],
    end(id, end) {
      const present = find(id)
      if (present === undefined) return false
      return Number(read(END).run(JSON.stringify({ ...present, end }), id).changes) === 1
    },
    list({ ownerId, terms, limit, cursor }) {
      const page = { table: 'sallyport_agreements', time: 'accepted_at', limit, cursor }
      const statement = pageStatement(page, { owner_id: ownerId, terms })
      return readPage(session, statement, acceptanceOf)
    },
    changes,
  }
}

function open(database: SqliteDatabase, part: 'access' | 'agreements') {
  const session = createSession(database)
  const tables = createTables(session, KNOWN_COLUMNS)
  const read = (sql: string) => {
    tables.check()
    return session.statement(sql)
  }
  return { session, read, changes: (since?: string) => readChanges(read, part, since) }
}
