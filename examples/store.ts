import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Redis } from 'ioredis'
import {
  createMemoryKeyStore,
  createMemoryLimitStore,
  KeyError,
  type ApiKey,
  type Keys,
  type KeyStore,
  type LimitStore,
} from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { openSqliteKeyStore } from 'sallyport/sqlite'

/** Where the keys of an example are. */
export interface OpenStore {
  readonly store: KeyStore
  readonly close: () => void
}

/** A SQLite file, made with its folder where it is not there; without a path, memory. */
export async function openStore(path: string | undefined): Promise<OpenStore> {
  if (path === undefined) return { store: createMemoryKeyStore(), close: () => undefined }
  mkdirSync(dirname(path), { recursive: true })
  const store = await openSqliteKeyStore(path)
  return {
    store,
    close() {
      store.close()
    },
  }
}

/** Where the requests of an example are counted. */
export interface OpenLimitStore {
  readonly store: LimitStore
  readonly close: () => void
}

/** A Redis, with counters that are new at every start as the demo credentials are; without a URL, memory. */
export function openLimitStore(url: string | undefined): OpenLimitStore {
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

/** The metadata of keys that an example makes for itself, anew at every start. */
export const DEMO = { demo: true } as const

/** Revokes the keys that the start before this one has made; those of users stay. */
export async function endFormerDemo(keys: Pick<Keys, 'list' | 'revoke'>): Promise<void> {
  const former: ApiKey[] = []
  for (const state of ['active', 'disabled'] as const) {
    let cursor: string | undefined
    do {
      const page = await keys.list({ state, limit: 200, ...(cursor !== undefined && { cursor }) })
      former.push(...page.items.filter(({ metadata }) => metadata['demo'] === true))
      cursor = page.cursor
    } while (cursor !== undefined)
  }
  for (const { id } of former) await keys.revoke(id, { reason: 'the example was started again' })
}

/** Lets an import be made again. */
export async function unlessIssued(imported: Promise<unknown>): Promise<void> {
  try {
    await imported
  } catch (error) {
    if (!(error instanceof KeyError && error.code === 'already_issued')) throw error
  }
}
