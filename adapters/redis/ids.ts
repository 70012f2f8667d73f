import { hash } from 'node:crypto'
import type { ReplayStore, TokenRevocations } from '../../src/index.js'
import type { RedisScripts } from './clients.js'
import { createScript, type RunScript } from './run.js'

export interface RedisIdsOptions {
  /** How the keys of this store begin. Default `'sallyport:used'` for assertions, `'sallyport:revoked'` for tokens. */
  readonly prefix?: string
}

/** Keeps a key until an instant, by the server's own clock: replies with 1 where it was not there, else 0. One that is there is kept as long as asked. */
const ADD = `
local until_ms = tonumber(ARGV[1])
local time = redis.call('TIME')
local left = until_ms - (tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
if left < 1 then left = 1 end
if redis.call('SET', KEYS[1], '1', 'NX', 'PX', string.format('%.0f', left)) then return 1 end
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left)) end
return 0
`
const HAS = `return redis.call('EXISTS', KEYS[1])`

/** Remembers in Redis or Valkey which assertions were used, for all instances of an API. The client stays yours: close it after the gate. */
export function createRedisReplayStore(
  client: RedisScripts,
  options: RedisIdsOptions = {},
): ReplayStore {
  const { prefix = 'sallyport:used' } = options
  const add = createScript(client, ADD)
  return { addIfAbsent: (id, until) => ask(add, nameOf(prefix, id), until) }
}

/** Remembers in Redis or Valkey which tokens were revoked, for all instances of an API. It must not be one that evicts keys. */
export function createRedisRevocations(
  client: RedisScripts,
  options: RedisIdsOptions = {},
): TokenRevocations {
  const { prefix = 'sallyport:revoked' } = options
  const [add, has] = [createScript(client, ADD), createScript(client, HAS)]
  return {
    async add(tokenId, until) {
      await ask(add, nameOf(prefix, tokenId), until)
    },
    has: (tokenId) => ask(has, nameOf(prefix, tokenId)),
  }
}

function nameOf(prefix: string, id: string): string {
  return `${prefix}:${hash('sha256', id, 'base64url')}`
}

/** Anything else than a yes or a no is no answer. */
async function ask(run: RunScript, key: string, until?: number): Promise<boolean> {
  const reply = Number(await run([key], until === undefined ? [] : [String(Math.ceil(until))]))
  if (reply !== 0 && reply !== 1) throw new Error('Redis answered neither yes nor no.')
  return reply === 1
}
