import {
  acceptanceFrom,
  accessRequestFrom,
  pageOf,
  type AccessStore,
  type AgreementStore,
} from '../../src/access/index.js'
import { besideKeys } from './key-tables.js'
import type { EmbeddedPostgres, PostgresPool } from './client.js'
import { changesIn, CHANGES, pageStatement, placeOf, recordIn, sinceIn } from './documents.js'
import { codeOf } from './errors.js'
import { isText } from './text.js'

const FIND = 'SELECT record::text AS record FROM sallyport_access WHERE id = $1'
const INSERT = `INSERT INTO sallyport_access (id, version, owner_id, state, requested_at, record)
  VALUES ($1, $2, $3, $4, $5, $6)`
/** The SQLSTATE of the trigger on inserts. */
const REQUESTED_BEFORE = 'SP001'
const REPLACE = `UPDATE sallyport_access SET version = $2, state = $3, record = $4
  WHERE id = $1 AND version = $2::integer - 1 RETURNING id`
const OF_OWNER = `SELECT record::text AS record FROM sallyport_access WHERE owner_id = $1
  ORDER BY state NOT IN ('requested', 'approved', 'suspended'), requested_at DESC, id DESC LIMIT 100`

/**
 * Requests for access in PostgreSQL 14 or later, or in PGlite; `migrate` of the key store must have made the tables.
 * @example const access = createAccess({ store: createPostgresAccessStore(pool), agreements: createPostgresAgreementStore(pool) })
 */
export function createPostgresAccessStore(client: PostgresPool | EmbeddedPostgres): AccessStore {
  const { read, change, changes } = open(client, 'sallyport_access')
  const requestOf = (row: unknown) => accessRequestFrom(recordIn(row))
  return {
    async insert(request) {
      const { id, version, ownerId, state, requestedAt } = request
      const record = JSON.stringify(request)
      try {
        await change(INSERT, [id, version, ownerId, state, requestedAt.getTime(), record])
        return true
      } catch (error) {
        if (codeOf(error) === REQUESTED_BEFORE) return false
        throw error
      }
    },
    async find(id) {
      const [row] = isText(id) ? await read(FIND, [id]) : []
      return row === undefined ? undefined : requestOf(row)
    },
    ofOwner: async (ownerId) =>
      isText(ownerId) ? (await read(OF_OWNER, [ownerId])).map(requestOf) : [],
    async replace(next) {
      const { id, version, state } = next
      return (await change(REPLACE, [id, version, state, JSON.stringify(next)])).length === 1
    },
    async list({ ownerId, state, order, limit, cursor }) {
      const page = { table: 'sallyport_access', time: 'requested_at', order, limit, cursor }
      const statement = pageStatement(page, { owner_id: ownerId, state })
      if (statement === undefined) return { items: [] }
      const rows = await read(statement.text, statement.values)
      return pageOf(rows, statement.limit, { recordOf: requestOf, placeOf })
    },
    changes,
  }
}

const FIND_ACCEPTANCE = 'SELECT record::text AS record FROM sallyport_agreements WHERE id = $1'
const INSERT_ACCEPTANCE = `INSERT INTO sallyport_agreements (id, owner_id, terms, accepted_at, ended, record)
  VALUES ($1, $2, $3, $4, false, $5)`
const END = `UPDATE sallyport_agreements SET ended = true, record = $2
  WHERE id = $1 AND NOT ended RETURNING id`
const ACCEPTED = `SELECT record::text AS record FROM sallyport_agreements
  WHERE owner_id = $1 AND NOT ended ORDER BY accepted_at DESC, id DESC LIMIT 1000`

/**
 * Acceptances of terms, as `createPostgresAccessStore`.
 * @example const access = createAccess({ store: createPostgresAccessStore(pool), agreements: createPostgresAgreementStore(pool) })
 */
export function createPostgresAgreementStore(
  client: PostgresPool | EmbeddedPostgres,
): AgreementStore {
  const { read, change, changes } = open(client, 'sallyport_agreements')
  const acceptanceOf = (row: unknown) => acceptanceFrom(recordIn(row))
  const find = async (id: string) => {
    const [row] = isText(id) ? await read(FIND_ACCEPTANCE, [id]) : []
    return row === undefined ? undefined : acceptanceOf(row)
  }
  return {
    async insert(acceptance) {
      const { id, ownerId, terms, at } = acceptance
      const record = JSON.stringify(acceptance)
      await change(INSERT_ACCEPTANCE, [id, ownerId, terms.id, at.getTime(), record])
    },
    find,
    ofOwner: async (ownerId) =>
      isText(ownerId) ? (await read(ACCEPTED, [ownerId])).map(acceptanceOf) : [],
    async end(id, end) {
      const present = await find(id)
      if (present === undefined) return false
      return (await change(END, [id, JSON.stringify({ ...present, end })])).length === 1
    },
    async list({ ownerId, terms, limit, cursor }) {
      const page = { table: 'sallyport_agreements', time: 'accepted_at', limit, cursor }
      const statement = pageStatement(page, { owner_id: ownerId, terms })
      if (statement === undefined) return { items: [] }
      const rows = await read(statement.text, statement.values)
      return pageOf(rows, statement.limit, { recordOf: acceptanceOf, placeOf })
    },
    changes,
  }
}

function open(client: PostgresPool | EmbeddedPostgres, part: string) {
  const { read, change } = besideKeys(client)
  return {
    ...{ read, change },
    changes: async (since?: string) => changesIn(await read(CHANGES, [part, sinceIn(since)])),
  }
}
