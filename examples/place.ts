import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
} from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { Redis } from 'ioredis'
import {
  createMemoryLimitStore,
  type AuditOptions,
  type AuditSink,
  type TrailReader,
  type Clock,
  type GateEvent,
  type GateWebhooks,
  type KeyStore,
  type LimitStore,
} from 'sallyport'
import type { ConsoleOptions } from 'sallyport/console'
import { createAuditFiles } from 'sallyport/file'
import { createRedisLimitStore } from 'sallyport/redis'
import { createWebhooks } from 'sallyport/webhooks'
import { openStores, type Stores } from './stores.js'

/** Where an example keeps what it has. */
export interface Place {
  readonly keys: KeyStore
  /** Requests for access, and what organizations have agreed to. */
  readonly access: Stores['access']
  readonly limits: LimitStore
  /** What else an app keeps in the same database. */
  readonly runSql: Stores['runSql']
  /** Where records go, signed. */
  readonly audit: Pick<AuditOptions, 'sink' | 'key'>
  /** What an app would send by mail: reminders, what is unusual, steps of access. */
  readonly notify: (event: GateEvent) => void
  /** Who receives the same, signed. */
  readonly webhooks?: GateWebhooks
  /** What the developer console keeps: forms that were sent, signed reviews, and what signs its forms. */
  readonly console: PortalPlace
  /** A private key of this name, as PEM; made where it is not there. */
  readonly privateKey: (name: string, type?: KeyType) => string
  readonly close: () => Promise<void>
}

type KeyType = 'ed25519' | 'rsa'

export type PortalPlace = Pick<ConsoleOptions, 'forms' | 'reviews' | 'secret'>

export interface PlaceOptions {
  /** A SQLite file, `:memory:`, or the URL of a PostgreSQL. */
  readonly database: string
  /** A Redis to count requests in. Absent: in memory. */
  readonly redis: string | undefined
  /** A directory; `undefined`: records are made, and go nowhere. */
  readonly audit: string | undefined
  /** The private key that signs the trail; made where it is not there. */
  readonly key: string
  /** Where events are written, one a line. */
  readonly events: string
  /** Where they are posted to. */
  readonly webhook: string | undefined
}

/** What a gate of an example is made from; what is left out is in memory, or goes nowhere. */
export type GatePlace = Partial<Omit<Place, 'close'>> & { readonly clock?: Clock }

/** Everything is made where it is not there, and found again where it is. */
export async function openPlace(options: PlaceOptions): Promise<Place> {
  const { keys, access, console, runSql, close } = await openStores(options.database)
  const limits = openLimits(options.redis)
  const privateKey: Place['privateKey'] = (name, type) =>
    privateKeyIn(join(dirname(options.key), `${name}.pem`), type)
  return {
    ...{ keys, access, runSql },
    // Any text of 32 bytes that stays the same; who reads it could forge forms.
    console: { ...console, secret: privateKey('console') },
    limits: limits.store,
    audit: openAudit(options),
    notify: writeTo(options.events),
    ...(options.webhook !== undefined && {
      webhooks: createWebhooks({
        endpoints: [{ url: options.webhook, secret: webhookSecret(options.key) }],
      }),
    }),
    privateKey,
    async close() {
      limits.close()
      await close()
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

/** Events as lines of JSON, in the place of mail. */
function writeTo(file: string): Place['notify'] {
  mkdirSync(dirname(file), { recursive: true })
  return (event) => {
    appendFileSync(file, `${JSON.stringify(event)}\n`)
  }
}

/** Where no audit trail is asked for, its records go nowhere: they are made all the same, and nobody finds any. */
const NOTHING: AuditSink & TrailReader = {
  write: () => undefined,
  lines: () => Readable.from([]),
}
export const NOWHERE: Pick<AuditOptions, 'sink'> = { sink: NOTHING }

function openAudit({ audit, key }: PlaceOptions): Place['audit'] {
  if (audit === undefined) return NOWHERE
  return { sink: createAuditFiles(audit), key: signingKey(key) }
}

/** The public half is beside it, for who verifies the trail. */
function signingKey(file: string): string {
  const pem = privateKeyIn(file)
  const publicKey = createPublicKey(createPrivateKey(pem))
  writeFileSync(publicHalf(file), publicKey.export({ type: 'spki', format: 'pem' }))
  return pem
}

/** Two that start at once have the key of the first. */
function privateKeyIn(file: string, type: KeyType = 'ed25519'): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const { privateKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 3_072 })
        : generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    try {
      writeFileSync(file, pem, { mode: 0o600, flag: 'wx' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return readFileSync(file, 'utf8')
}

/** What events are signed with: the same at each start. */
export function webhookSecret(key: string): string {
  const pem = privateKeyIn(join(dirname(key), 'webhooks.pem'))
  return `whsec_${createHash('sha256').update(pem).digest('base64')}`
}

export function publicHalf(file: string): string {
  return join(dirname(file), 'audit.pub.pem')
}
