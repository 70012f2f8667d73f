/** A process that takes one step of an access request, and is killed at one of its statements. */
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AccessStore,
  type AgreementStore,
} from 'sallyport/access'
import {
  createPostgresAccessStore,
  createPostgresAgreementStore,
  openPostgres,
  type PostgresPool,
} from 'sallyport/postgres'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  openSqliteKeyStore,
  type SqliteDatabase,
} from 'sallyport/sqlite'
import { SLOW, TERMS, type Death } from './kill.js'

const death = JSON.parse(process.argv[2] ?? '') as Death
let statements = 0

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

function isLast(): boolean {
  statements += 1
  return statements === death.statement
}

function mortalDatabase(database: SqliteDatabase): SqliteDatabase {
  const mortal =
    <A extends unknown[], R>(run: (...values: A) => R) =>
    (...values: A): R => {
      const last = isLast()
      if (last && death.when === 'sent') die()
      const result = run(...values)
      if (last) die()
      return result
    }
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        run: mortal((...values) => statement.run(...values)),
        get: mortal((...values) => statement.get(...values)),
        all: mortal((...values) => statement.all(...values)),
      }
    },
  }
}

function mortalPool(pool: PostgresPool): PostgresPool {
  return {
    options: pool.options,
    on: (event, listener) => pool.on(event, listener),
    removeListener: (event, listener) => pool.removeListener(event, listener),
    async connect() {
      const client = await pool.connect()
      return {
        async query(text, values) {
          const last = isLast()
          const answer = client.query(text, values)
          if (last && death.when === 'sent') die()
          const rows = await answer
          if (last) die()
          return rows
        },
        release: (error) => {
          client.release(error)
        },
        on: (event, listener) => client.on(event, listener),
        removeListener: (event, listener) => client.removeListener(event, listener),
      }
    },
  }
}

async function open(): Promise<readonly [AccessStore, AgreementStore]> {
  if (death.url === undefined) {
    const { database } = await openSqliteKeyStore(death.path ?? '', { migrate: false })
    const mortal = mortalDatabase(database)
    return [createSqliteAccessStore(mortal), createSqliteAgreementStore(mortal)]
  }
  const pool = mortalPool(await openPostgres(death.url))
  return [createPostgresAccessStore(pool), createPostgresAgreementStore(pool)]
}

const [store, agreements] = await open()
const only = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
// The other store is no part of the step.
const stores = death.act === 'approve' ? { ...only, store } : { ...only, agreements }
const access = createAccess({ ...stores, terms: TERMS })
try {
  const by = { id: 'approver_1' }
  if (death.act === 'approve') await access.approve(death.id, { by, conditions: 'None.' })
  else {
    const terms = { id: 'api-terms', version: '1' }
    await access.agreements.accept({ ownerId: death.id, by: { id: 'user_1' }, terms })
  }
  process.exit()
} catch (error) {
  if (!(error instanceof Error && error.name === 'StoreError')) throw error
  process.exit(SLOW)
}
