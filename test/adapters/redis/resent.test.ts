import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import type { Limit } from 'sallyport'
import {
  createRedisLimitStore,
  createRedisReplayStore,
  createRedisRevocations,
  type RedisScripts,
} from 'sallyport/redis'
import { describeWith, redisUrl } from '../../services.js'
import { timeUntil } from './instances.js'
import { startProxy, type Proxy } from './proxy.js'
import { SCRIPT_CLIENTS, type ScriptClient } from './script-clients.js'

const PREFIX = `sallyport-resent-test-${String(process.pid)}`
const HOURLY: Limit = { name: 'hourly', kind: 'quota', limit: 40, windowMs: 3_600_000 }
const PLACES: Limit = { name: 'places', kind: 'concurrency', limit: 2, windowMs: 60_000 }
/** Those who send again what was not answered, by default. */
const RESENDING = ['ioredis', 'iovalkey'] as const

jest.setTimeout(60_000)

describeWith(redisUrl, 'a command whose answer is lost with its connection', (url) => {
  let redis: Redis
  let proxy: Proxy
  let through: string

  beforeAll(async () => {
    redis = new Redis(url)
    proxy = await startProxy(Number(new URL(url).port || 6379))
    through = `redis://127.0.0.1:${String(proxy.port)}`
  })
  afterAll(async () => {
    const keys = await redis.keys(`${PREFIX}*`)
    if (keys.length > 0) await redis.del(...keys)
    redis.disconnect()
    proxy.close()
  })

  /** Makes a call whose answer is lost, and one before it, so that the connection is there and the script is known. */
  async function cut<T>(
    { client, close }: ScriptClient,
    call: (client: RedisScripts, id: string) => Promise<T>,
  ): Promise<T | 'failed'> {
    await call(client, 'before')
    proxy.cutAnswer()
    // Who sends nothing again may never be told, as with ioredis: a gate waits for 50 ms.
    const answer = await Promise.race([
      call(client, 'cut').catch(() => 'failed' as const),
      new Promise<'failed'>((resolve) => setTimeout(resolve, 2_000, 'failed')),
    ])
    // What is sent again is sent before what comes now.
    expect(
      await timeUntil(
        () =>
          call(client, 'after').then(
            () => true,
            () => false,
          ),
        10_000,
      ),
    ).toBeDefined()
    close()
    return answer
  }

  describe.each(Object.keys(SCRIPT_CLIENTS))('with %s', (name) => {
    const open = () => SCRIPT_CLIENTS[name]?.(through) as ScriptClient
    const sendsAgain = RESENDING.some((one) => one === name)
    const prefix = `${PREFIX}-${name}`
    const kept = { ownerId: 'org_1', forMs: 60_000 }
    const until = Date.now() + 60_000

    test('an assertion is not called used before because it was sent again', async () => {
      const add = (client: RedisScripts, id: string) =>
        Promise.resolve(createRedisReplayStore(client, { prefix }).addIfAbsent(id, until))
      expect(await cut(open(), add)).toBe(sendsAgain ? true : 'failed')
      const { client, close } = open()
      expect(await add(client, 'cut')).toBe(false)
      close()
    })

    test('a token is revoked once it was sent', async () => {
      const revoke = (client: RedisScripts, id: string) =>
        Promise.resolve(createRedisRevocations(client, { prefix }).add(id, until, kept))
      expect(await cut(open(), revoke)).toBe(sendsAgain ? undefined : 'failed')
      const { client, close } = open()
      expect(await createRedisRevocations(client, { prefix }).has('cut')).toBe(true)
      close()
    })

    test('a request takes one place, however often it was sent', async () => {
      const take = (client: RedisScripts, slot: string) =>
        Promise.resolve(
          createRedisLimitStore(client, { prefix }).consume({
            ...{ subject: `places-${name}-${slot}`, limits: [PLACES], cost: 1, slot, at: 0 },
          }),
        )
      const answer = await cut(open(), take)
      expect(answer === 'failed' ? answer : answer.allowed).toBe(sendsAgain ? true : 'failed')
      expect(await redis.zcard(`${prefix}:{places-${name}-cut}:places`)).toBe(1)
    })

    test('what a request took is given back once, however often that was sent', async () => {
      const store = createRedisLimitStore(redis, { prefix })
      const asked = (id: string) => ({
        ...{ subject: `given-${name}-${id}`, limits: [HOURLY], cost: 5, at: 0 },
      })
      const verdict = await store.consume(asked('cut'))
      const give = (client: RedisScripts, id: string) =>
        Promise.resolve(
          createRedisLimitStore(client, { prefix }).release?.({ ...asked(id), cost: 2 }, verdict),
        )
      await cut(open(), give)
      expect(await store.consume({ ...asked('cut'), cost: 0 })).toMatchObject({
        states: [{ remaining: 37 }],
      })
    })
  })

  test.each([
    ['ioredis', () => new Redis(through, { autoResendUnfulfilledCommands: false })],
    ['iovalkey', () => new Valkey(through, { autoResendUnfulfilledCommands: false })],
  ] as const)(
    'a request counts once with %s that sends nothing again; and twice with one as it is by default',
    async (name, openOnce) => {
      const counted = async (opened: ScriptClient, kind: string) => {
        const subject = `count-${name}-${kind}`
        await cut(opened, (client, id) =>
          Promise.resolve(
            createRedisLimitStore(client, { prefix: PREFIX }).consume({
              ...{ subject: id === 'cut' ? subject : 'others', limits: [HOURLY], cost: 1, at: 0 },
            }),
          ),
        )
        const [taken] = Object.values(await redis.hgetall(`${PREFIX}:{${subject}}`))
        return taken?.split(' ')[0]
      }
      const client = openOnce()
      const once = {
        client,
        close: () => {
          client.disconnect()
        },
      }
      expect(await counted(once, 'once')).toBe('1')
      expect(await counted(SCRIPT_CLIENTS[name]?.(through) as ScriptClient, 'default')).toBe('2')
    },
  )
})
