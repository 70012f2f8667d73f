export { createSqliteAccessStore, createSqliteAgreementStore } from './access.js'
export { openSqliteKeyStore, reportSqliteTables, type OpenSqliteOptions } from './open.js'
export { createSqliteKeyStore } from './store.js'
export type {
  OpenSqliteKeyStore,
  SqliteDatabase,
  SqliteKeyStore,
  SqliteStatement,
  SqliteValue,
} from './types.js'
export { createSqliteReplayStore } from './used-ids.js'
export { createSqliteReviewStore } from './reviews.js'
