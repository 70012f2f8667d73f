import { errors, type Adapter, type AdapterFactory, type AdapterPayload } from 'oidc-provider'
import type { RunSql } from '../stores.js'

const TABLE = `create table if not exists oauth_documents (
  model text not null, id text not null, grant_id text, uid text, body text not null, ends_at bigint not null,
  primary key (model, id))`
const WRITE = `insert into oauth_documents (model, id, grant_id, uid, body, ends_at)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (model, id) do update set body = excluded.body, ends_at = excluded.ends_at`
const CONSUME = `update oauth_documents set body = $3
  where model = $1 and id = $2 and body = $4 returning id`
const DELETE = 'delete from oauth_documents where'
const END_GRANT = `${DELETE} grant_id = $1 or (model = 'Grant' and id = $1)`

/** Where oidc-provider keeps sessions, grants, codes and refresh tokens until they end: found again after a restart, and by other processes. */
export async function createGrantStore(runSql: RunSql): Promise<AdapterFactory> {
  await runSql(TABLE)

  async function bodyOf(model: string, column: 'id' | 'uid', value: string) {
    const select = `select body from oauth_documents where model = $1 and ${column} = $2 and ends_at > $3`
    const [row] = (await runSql(select, model, value, Date.now())) as { readonly body: string }[]
    return row?.body
  }

  async function find(...of: Parameters<typeof bodyOf>) {
    const body = await bodyOf(...of)
    return body === undefined ? undefined : parsed(body)
  }

  return (model): Adapter => ({
    async upsert(id, payload, expiresIn) {
      const { grantId = null, uid = null } = payload
      const now = Date.now()
      await runSql(`${DELETE} ends_at <= $1`, now)
      const endsAt = now + expiresIn * 1_000
      await runSql(WRITE, model, id, grantId, uid, JSON.stringify(payload), endsAt)
    },
    find: (id) => find(model, 'id', id),
    findByUid: (uid) => find(model, 'uid', uid),
    // Of devices without a browser: they have no flow here.
    findByUserCode: () => Promise.resolve(undefined),
    // Of several requests at once, all have found it unused: the database says which one was first. For the others it is stolen, and its grant ends (RFC 6749 section 4.1.2).
    async consume(id) {
      const body = await bodyOf(model, 'id', id)
      if (body === undefined) throw new errors.InvalidGrant('its grant has ended')
      const found = parsed(body)
      const used = JSON.stringify({ ...found, consumed: Math.floor(Date.now() / 1_000) })
      const isFirst =
        found.consumed === undefined && (await runSql(CONSUME, model, id, used, body)).length > 0
      if (isFirst) return
      if (found.grantId !== undefined) await runSql(END_GRANT, found.grantId)
      throw new errors.InvalidGrant('it was used already')
    },
    async destroy(id) {
      await runSql(`${DELETE} model = $1 and id = $2`, model, id)
    },
    async revokeByGrantId(grantId) {
      await runSql(`${DELETE} model = $1 and grant_id = $2`, model, grantId)
    },
  })
}

function parsed(body: string): AdapterPayload {
  return JSON.parse(body) as AdapterPayload
}
