export { createPostgresAccessStore, createPostgresAgreementStore } from './access.js'
export { createPostgresAuditSink, type PostgresAuditSink } from './audit.js'
export type { EmbeddedPostgres, PooledClient, PostgresPool } from './client.js'
export { openPostgres, type OpenPostgres, type OpenPostgresOptions } from './pool.js'
export {
  createPostgresKeyStore,
  type PostgresKeyStore,
  type PostgresKeyStoreOptions,
} from './store.js'
export { createPostgresReplayStore } from './used-ids.js'
export { createPostgresReviewStore } from './reviews.js'
