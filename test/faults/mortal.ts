/** A process that makes one change to keys, and is killed at one of its statements. */
import { createGate, StoreError, type KeyStore } from 'sallyport'
import { createPostgresKeyStore, openPostgres, type PostgresPool } from 'sallyport/postgres'
import { TOO_SLOW, type Death } from './kill.js'

const death = JSON.parse(process.argv[2] ?? '') as Death
let statements = 0

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

/** Kills the process when a statement is sent, or when it is answered. */
function mortal(pool: PostgresPool): PostgresPool {
  return {
    options: death.limited ? pool.options : {},
    on: (event, listener) => pool.on(event, listener),
    removeListener: (event, listener) => pool.removeListener(event, listener),
    async connect() {
      const client = await pool.connect()
      return {
        async query(text, values) {
          statements += 1
          const last = statements === death.statement
          const answer = client.query(text, values)
          if (last && death.when === 'sent') return die()
          const rows = await answer
          return last ? die() : rows
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

/** The control: what should be one step is two. */
function halved(store: KeyStore): KeyStore {
  const { updateAll: _, ...rest } = store
  return {
    ...rest,
    async rotate(id, version, endsAt, successor) {
      const { id: rotatedTo, createdAt: rotatedAt } = successor
      const done = await store.update(id, { expiresAt: endsAt, rotatedTo, rotatedAt }, version)
      if (done) await store.insert(successor)
      return done
    },
  }
}

const store = createPostgresKeyStore(mortal(await openPostgres(death.url)), { listen: false })
const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme', store: death.halved ? halved(store) : store },
  scopes: [],
})
try {
  if (death.act === 'create') await gate.keys.create({ name: 'CI', ownerId: death.ownerId })
  else await gate.keys[death.act](death.keyId)
  process.exit()
} catch (error) {
  if (!(error instanceof StoreError)) throw error
  process.exit(TOO_SLOW)
}
