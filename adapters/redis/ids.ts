import { hash, randomUUID } from 'node:crypto'
import {
  IdShareError,
  type KeptId,
  type ReplayStore,
  type TokenRevocations,
} from '../../src/index.js'
import type { RedisScripts } from './clients.js'
import { numberIn } from './reply.js'
import { createScript } from './run.js'

export interface RedisIdsOptions {
  /** How the keys of this store begin. Default `'sallyport:used'` for assertions, `'sallyport:revoked'` for tokens. */
  readonly prefix?: string
}

/** Of each owner, in each store. */
const MAX_OF_OWNER = 100_000
/** That have ended, and are removed with each that is added: all of them at once would hold up the server. */
const SWEPT = 100

/**
 * Keeps a key for so many milliseconds: replies with 1 where it was not there, else 0. One that is there is kept as long as asked. The value names the call: a
 * client may send it again when its answer was lost, and is answered as before.
 */
const ADD = `
if redis.call('SET', KEYS[1], ARGV[2], 'NX', 'PX', ARGV[1]) then return 1 end
local made = redis.pcall('GET', KEYS[1])
if made == ARGV[2] then return 1 end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 0
`
/** Gives an id a place among those of its owner, each with when it ends by the server's own clock: replies with 0 where none is left. */
const RESERVE = `
local id, left = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local ended = redis.call('ZCOUNT', KEYS[1], '-inf', string.format('%.0f', now))
local swept = math.min(ended, tonumber(ARGV[4]))
if swept > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, swept - 1) end
local kept = redis.call('ZSCORE', KEYS[1], id)
if kept and tonumber(kept) <= now then kept = false end
if not kept and redis.call('ZCARD', KEYS[1]) - (ended - swept) >= tonumber(ARGV[3]) then return 0 end
if not kept or tonumber(kept) < now + left then redis.call('ZADD', KEYS[1], string.format('%.0f', now + left), id) end
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
`
const HAS = `return redis.call('EXISTS', KEYS[1])`

/**
 * Remembers in Redis or Valkey which assertions were used, for all instances of an API: at most 100,000 of each owner. The client stays yours: close it
 * after the gate.
 * @example tokens: { issuer, signingKeys, replayStore: createRedisReplayStore(redis) }
 */
export function createRedisReplayStore(
  client: RedisScripts,
  options: RedisIdsOptions = {},
): ReplayStore {
  const { prefix = 'sallyport:used' } = options
  return { addIfAbsent: createAdd(client, prefix) }
}

/**
 * Remembers in Redis or Valkey which tokens were revoked, for all instances of an API: at most 100,000 of each owner. It must not be one that evicts
 * keys.
 * @example tokens: { issuer, signingKeys, revocations: createRedisRevocations(redis) }
 */
export function createRedisRevocations(
  client: RedisScripts,
  options: RedisIdsOptions = {},
): TokenRevocations {
  const { prefix = 'sallyport:revoked' } = options
  const add = createAdd(client, prefix)
  const has = createScript(client, HAS)
  return {
    async add(tokenId, until, kept) {
      await add(tokenId, until, kept)
    },
    has: async (tokenId) => said(await has([nameOf(prefix, tokenId)], [])),
  }
}

/** Two scripts, as an id and its owner may be on two servers of a cluster. A place whose id could not be added is free again with time. */
function createAdd(client: RedisScripts, prefix: string) {
  const add = createScript(client, ADD)
  const reserve = createScript(client, RESERVE)
  return async (id: string, until: number, kept?: KeptId): Promise<boolean> => {
    const left = String(leftOf(until, kept))
    if (kept?.ownerId !== undefined) {
      const name = hash('sha256', id, 'base64url')
      const place = [name, left, String(MAX_OF_OWNER), String(SWEPT)]
      if (!said(await reserve([nameOf(`${prefix}:owner`, kept.ownerId)], place))) {
        throw new IdShareError(`One owner has ${String(MAX_OF_OWNER)} ids already.`)
      }
    }
    return said(await add([nameOf(prefix, id)], [left, randomUUID()]))
  }
}

/** How long it is until then, by the clock of the gate: that of the server may show another time. @throws {RangeError} */
function leftOf(until: number, kept: KeptId | undefined): number {
  const left = Math.ceil(kept?.forMs ?? until - Date.now())
  if (left >= 1) return left
  throw new RangeError('An id cannot be kept until an instant that is over.')
}

function nameOf(prefix: string, id: string): string {
  return `${prefix}:${hash('sha256', id, 'base64url')}`
}

/** Anything else than a yes or a no is no answer. */
function said(reply: unknown): boolean {
  const number = numberIn(reply)
  if (number !== 0 && number !== 1) throw new Error('Redis answered neither yes nor no.')
  return number === 1
}
