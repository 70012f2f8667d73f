import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import {
  createMemoryKeyStore,
  createMemoryLimitStore,
  type AuditOptions,
  type KeyStore,
  type LimitStore,
} from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createPostgresKeyStore, openPostgres } from 'sallyport/postgres'
import { createRedisLimitStore } from 'sallyport/redis'
import { openSqliteKeyStore } from 'sallyport/sqlite'

/** Where an example keeps what it has. */
export interface Place {
  readonly keys: KeyStore
  readonly limits: LimitStore
  /** Where records go, signed. */
  readonly audit: Pick<AuditOptions, 'sink' | 'key'>
  readonly close: () => Promise<void>
}

export interface PlaceOptions {
  /** A SQLite file, `:memory:`, or the URL of a PostgreSQL. */
  readonly database: string
  /** A Redis to count requests in. Absent: in memory. */
  readonly redis: string | undefined
  /** A directory; `undefined`: records are made, and go nowhere. */
  readonly audit: string | undefined
  /** The private key that signs the trail; made where it is not there. */
  readonly key: string
}

/** Everything is made where it is not there, and found again where it is. */
export async function openPlace(options: PlaceOptions): Promise<Place> {
  const keys = await openKeys(options.database)
  const limits = openLimits(options.redis)
  return {
    keys: keys.store,
    limits: limits.store,
    audit: openAudit(options),
    async close() {
      limits.close()
      await keys.close()
    },
  }
}

async function openKeys(database: string) {
  if (database === ':memory:') return { store: createMemoryKeyStore(), close: () => undefined }
  if (/^postgres(?:ql)?:/.test(database)) {
    const pool = await openPostgres(database)
    const store = createPostgresKeyStore(pool)
    await store.migrate()
    return { store, close: () => pool.end() }
  }
  mkdirSync(dirname(database), { recursive: true })
  const store = await openSqliteKeyStore(database)
  return {
    store,
    close() {
      store.close()
    },
  }
}

/** A Redis, with counters that are new at every start as the demo credentials are; without a URL, memory. */
function openLimits(url: string | undefined) {
  if (url === undefined) return { store: createMemoryLimitStore(), close: () => undefined }
  const redis = new Redis(url, { maxRetriesPerRequest: 1 })
  // The gate is told of each outage, and tells it.
  redis.on('error', () => undefined)
  return {
    store: createRedisLimitStore(redis, { prefix: `sallyport:example:${randomUUID()}` }),
    close() {
      redis.disconnect()
    },
  }
}

/** Where no audit trail is asked for, its records go nowhere: they are made all the same. */
export const NOWHERE: Pick<AuditOptions, 'sink'> = { sink: { write: () => undefined } }

function openAudit({ audit, key }: PlaceOptions): Place['audit'] {
  if (audit === undefined) return NOWHERE
  return { sink: createAuditFiles(audit), key: signingKey(key) }
}

/** The public half is beside it, for who verifies the trail. */
function signingKey(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' })
  }
  const pem = readFileSync(file, 'utf8')
  const publicKey = createPublicKey(createPrivateKey(pem))
  writeFileSync(publicHalf(file), publicKey.export({ type: 'spki', format: 'pem' }))
  return pem
}

export function publicHalf(file: string): string {
  return join(dirname(file), 'audit.pub.pem')
}
