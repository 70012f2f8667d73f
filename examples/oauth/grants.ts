import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'
import type { RunSql } from '../stores.js'

const TABLE = `create table if not exists oauth_documents (
  model text not null, id text not null, grant_id text, uid text, body text not null, ends_at bigint not null,
  primary key (model, id))`
const WRITE = `insert into oauth_documents (model, id, grant_id, uid, body, ends_at)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (model, id) do update set body = excluded.body, ends_at = excluded.ends_at`
const CONSUME = 'update oauth_documents set body = $3 where model = $1 and id = $2'
const DELETE = 'delete from oauth_documents where'

/** Where oidc-provider keeps sessions, grants, codes and refresh tokens until they end: found again after a restart, and by other processes. */
export async function createGrantStore(runSql: RunSql): Promise<AdapterFactory> {
  await runSql(TABLE)

  async function find(model: string, column: 'id' | 'uid', value: string) {
    const select = `select body from oauth_documents where model = $1 and ${column} = $2 and ends_at > $3`
    const [row] = (await runSql(select, model, value, Date.now())) as { readonly body: string }[]
    return row && (JSON.parse(row.body) as AdapterPayload)
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
    async consume(id) {
      const consumed = {
        ...(await find(model, 'id', id)),
        consumed: Math.floor(Date.now() / 1_000),
      }
      await runSql(CONSUME, model, id, JSON.stringify(consumed))
    },
    async destroy(id) {
      await runSql(`${DELETE} model = $1 and id = $2`, model, id)
    },
    async revokeByGrantId(grantId) {
      await runSql(`${DELETE} model = $1 and grant_id = $2`, model, grantId)
    },
  })
}
