import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Redis } from 'ioredis'
import type { Schema } from '../adapters/postgres/schema.js'

/** What was found somewhere: what it is called, where it was, and what stands around it. */
export type Find = readonly [name: string, where: string, around: string]

/** Texts in which secrets are searched for. */
export interface Haystack {
  add(where: string, text: string): void
  /** Whatever somebody may look at: its message, its stack, its causes, its JSON, and what a console shows of it. */
  addValue(where: string, value: unknown): void
  search(secrets: ReadonlyMap<string, string>): Find[]
  readonly size: number
}

export function createHaystack(): Haystack {
  const texts: (readonly [where: string, text: string])[] = []
  return {
    add(where, text) {
      texts.push([where, text])
    },
    addValue(where, value) {
      texts.push([where, inspect(value, { depth: 20, showHidden: true, getters: true })])
      for (let error: unknown = value; error instanceof Error; error = error.cause) {
        texts.push([where, `${error.message}\n${error.stack ?? ''}`])
      }
      const seen = new Set<unknown>()
      const json = JSON.stringify(value, (_, member: unknown) => {
        if (typeof member === 'bigint') return String(member)
        if (typeof member !== 'object' || member === null) return member
        if (seen.has(member)) return undefined
        seen.add(member)
        return member
      }) as string | undefined
      texts.push([where, json ?? ''])
    },
    search: (secrets) =>
      [...secrets].flatMap(([name, secret]) =>
        formsOf(secret).flatMap((form) =>
          texts.flatMap(([where, text]): Find[] => {
            const at = text.indexOf(form)
            return at === -1 ? [] : [[name, where, text.slice(Math.max(0, at - 60), at + 60)]]
          }),
        ),
      ),
    get size() {
      return texts.length
    },
  }
}

/** Of a secret, each form in which it gives itself away. Of a key, its random part with the checksum does; of a token, its signature. */
function formsOf(secret: string): string[] {
  const core = /^[a-z0-9]+_[a-z]+_[sp]k_(\w{33})$/.exec(secret)?.[1]
  const signature = /^eyJ[\w-]+\.[\w-]+\.([\w-]{20,})$/.exec(secret)?.[1]
  const part = core ?? signature ?? secret
  const every = Buffer.from(part).toString('hex').replace(/../g, '%$&')
  // Whatever stands before it, the middle of it looks in one of three ways.
  const encoded = [0, 1, 2].map((before) =>
    Buffer.from('.'.repeat(before) + part)
      .toString('base64')
      .slice(4, -4),
  )
  const forms = [part, every, every.toUpperCase(), Buffer.from(part).toString('hex'), ...encoded]
  return [
    ...new Set([...forms, ...encoded.map((form) => form.replace(/\+/g, '-').replace(/\//g, '_'))]),
  ]
}

/** Every file below a folder, byte by byte. */
export function addFiles(haystack: Haystack, folder: string): number {
  let count = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    haystack.add(`file ${entry.name}`, readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    count += 1
  }
  return count
}

/** Every row of every table of a schema, all of its columns as text. */
export async function addTables(haystack: Haystack, schema: Schema): Promise<string[]> {
  const tables = await schema.query(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1',
    [schema.name],
  )
  const filled: string[] = []
  for (const { name } of tables) {
    const rows = await schema.query(`SELECT t::text AS text FROM ${String(name)} t`)
    if (rows.length > 0) filled.push(String(name))
    for (const { text } of rows) haystack.add(`table ${String(name)}`, String(text))
  }
  return filled.sort()
}

const READERS: Readonly<Record<string, (redis: Redis, key: string) => Promise<unknown>>> = {
  string: (redis, key) => redis.get(key),
  hash: (redis, key) => redis.hgetall(key),
  zset: (redis, key) => redis.zrange(key, '0', '-1', 'WITHSCORES'),
  set: (redis, key) => redis.smembers(key),
  list: (redis, key) => redis.lrange(key, 0, -1),
}

/** Every key with a prefix, and what is kept under it; they are taken away. */
export async function takeRedis(haystack: Haystack, redis: Redis, prefix: string): Promise<number> {
  const keys = await redis.keys(`${prefix}*`)
  for (const key of keys) {
    const read = READERS[await redis.type(key)]
    haystack.add('Redis', `${key} ${JSON.stringify(await read?.(redis, key))}`)
  }
  if (keys.length > 0) await redis.del(...keys)
  return keys.length
}

/** Of many finds, one of each kind. */
export function kindsOf(finds: readonly Find[]): string[] {
  return [...new Map(finds.map((one) => [`${one[0]} in ${one[1]}`, one])).values()].map(String)
}
