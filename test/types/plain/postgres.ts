import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { createGate, type AuditPage, type AuditSink, type KeyStore } from 'sallyport'
import {
  createPostgresAuditSink,
  createPostgresKeyStore,
  openPostgres,
  type OpenPostgres,
  type PostgresKeyStore,
} from 'sallyport/postgres'
import { exactly } from '../equals.js'

const pool = new Pool()

export const stores: KeyStore[] = [
  createPostgresKeyStore(pool),
  createPostgresKeyStore(pool, { listen: false }),
  createPostgresKeyStore(pool, { listen: new Pool() }),
  createPostgresKeyStore(new PGlite()),
  // @ts-expect-error neither a pool nor PGlite
  createPostgresKeyStore({ query: () => Promise.resolve({ rows: [] }) }),
  // @ts-expect-error an option that is not there
  createPostgresKeyStore(pool, { listens: false }),
]

const opened = await openPostgres('postgres://127.0.0.1/app', { max: 5 })
exactly<OpenPostgres>()(opened, true)
const store = createPostgresKeyStore(opened)
exactly<PostgresKeyStore>()(store, true)
export const gate = createGate({ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] })

export const sinks: AuditSink[] = [
  createPostgresAuditSink(opened),
  createPostgresAuditSink(new PGlite()),
  // @ts-expect-error neither a pool nor PGlite
  createPostgresAuditSink({ query: () => Promise.resolve({ rows: [] }) }),
]

const page = await gate.audit.query({ phi: { resource: 'Patient' }, reason: 'quota_exceeded' })
exactly<AuditPage>()(page, true)
// @ts-expect-error no reason of a denial
export const wrong = gate.audit.query({ reason: 'bad_mood' })
