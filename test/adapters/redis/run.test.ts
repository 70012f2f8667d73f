import { describe, expect, test } from '@jest/globals'
import type { Limit, LimitStore } from 'sallyport'
import { createRedisLimitStore, type RedisScripts } from 'sallyport/redis'

const HOURLY: Limit = { name: 'hourly', kind: 'quota', limit: 40, windowMs: 3_600_000 }

const ask = async (store: LimitStore): Promise<unknown> =>
  store.consume({ subject: 'org_1', limits: [HOURLY], cost: 1, at: 0 })

/** A client of each form whose calls are counted, and fail with what `failing` says. */
interface Fake {
  readonly client: RedisScripts
  readonly calls: string[]
  ready(isReady: boolean): void
}

type Failing = (name: string) => Error

function ioredis(failing: Failing): Fake {
  const calls: string[] = []
  const call = (name: string) => () => {
    calls.push(name)
    return Promise.reject(failing(name))
  }
  const client = {
    ...{ status: 'connecting', evalsha: call('by digest'), eval: call('by text') },
    on: () => undefined,
  }
  return {
    ...{ client, calls },
    ready(isReady) {
      client.status = isReady ? 'ready' : 'reconnecting'
    },
  }
}

function nodeRedis(failing: Failing): Fake {
  const calls: string[] = []
  const call = (name: string) => () => {
    calls.push(name)
    return Promise.reject(failing(name))
  }
  const client = {
    ...{ isReady: false, evalSha: call('by digest'), eval: call('by text') },
    on: () => undefined,
  }
  return {
    ...{ client, calls },
    ready(isReady) {
      client.isReady = isReady
    },
  }
}

const SECRET = 'AUTH hunter2'

/** As clients make them: with the command that failed, and its arguments. */
function failureWith(message: string): Error {
  const command = { name: 'evalsha', args: [SECRET] }
  return Object.assign(new Error(message, { cause: command }), { command, args: [SECRET] })
}

describe.each([
  ['ioredis', ioredis],
  ['node-redis', nodeRedis],
] as const)('a script that is run with a client of %s', (_, open) => {
  test('waits in the client for the first connection, and never for a later one', async () => {
    const { client, calls, ready } = open(() => new Error('gone'))
    const store = createRedisLimitStore(client)
    await expect(ask(store)).rejects.toThrow('gone')
    expect(calls).toHaveLength(1)
    ready(true)
    await expect(ask(store)).rejects.toThrow('gone')
    expect(calls).toHaveLength(2)
    ready(false)
    for (let count = 0; count < 3; count++) {
      await expect(ask(store)).rejects.toThrow('The client is not connected to Redis.')
    }
    expect(calls).toHaveLength(2)
    ready(true)
    await expect(ask(store)).rejects.toThrow('gone')
    expect(calls).toHaveLength(3)
  })

  test.each([
    ['by its digest', (_name: string) => 'ERR by digest', ['by digest']],
    [
      'by its text, which the server does not know yet',
      (name: string) => (name === 'by digest' ? 'NOSCRIPT No matching script.' : 'ERR by text'),
      ['by digest', 'by text'],
    ],
  ])('fails without what it was given, where it is called %s', async (_form, message, called) => {
    const { client, calls } = open((name) => failureWith(message(name)))
    const error: unknown = await ask(createRedisLimitStore(client)).catch((cause: unknown) => cause)
    expect(calls).toEqual(called)
    expect(error).toHaveProperty('message', message(called.at(-1) ?? ''))
    expect(Object.getOwnPropertyNames(error).sort()).toEqual(['message', 'stack'])
  })
})
