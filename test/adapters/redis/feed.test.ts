import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import type { KeyChanged, KeyChangeFeed } from 'sallyport'
import { createRedisKeyChanges } from 'sallyport/redis'
import { describeWith, redisUrl } from '../../services.js'
import { CLIENTS, type Clients } from './clients.js'
import { startInstances, timeUntil, type Instance } from './instances.js'
import { redisServer, startRedis } from './server.js'

const CI = { name: 'CI', ownerId: 'org_1' } as const
const SOON_MS = 5_000

const open: { close(): unknown }[] = []

afterEach(async () => {
  jest.restoreAllMocks()
  for (const each of open.splice(0).reverse()) await each.close()
})

async function connect(client: string, url: string): Promise<Clients> {
  const pair = await CLIENTS[client]?.(url)
  if (pair === undefined) throw new Error(`no such client: ${client}`)
  open.push(pair)
  return pair
}

/** Two instances with clients of their own, and a key that both remember. */
async function start(client: string, url: string, disguise = (feed: KeyChangeFeed) => feed) {
  const channel = `test:${randomUUID()}`
  const pairs = await Promise.all([connect(client, url), connect(client, url)])
  const feeds = pairs.map((pair) => disguise(createRedisKeyChanges({ ...pair, channel })))
  const [here, there] = startInstances(feeds) as [Instance, Instance]
  open.push(here.gate, there.gate)
  const { id, secret } = await here.gate.keys.create(CI)
  for (const each of [here, there]) {
    expect(await timeUntil(() => each.remembers(secret), SOON_MS)).toBeDefined()
  }
  return { here, there, id, secret, channel }
}

/** Listens, as one instance, and keeps what it hears. */
async function listen(feed: KeyChangeFeed) {
  const heard: KeyChanged[] = []
  const lost: unknown[] = []
  const subscription = await feed.listen({
    changed: (change) => heard.push(change),
    lost: (cause) => lost.push(cause),
  })
  return { heard, lost, subscription }
}

/** Tells nobody anything, and is content with itself. */
function deaf(feed: KeyChangeFeed): KeyChangeFeed {
  return {
    async listen() {
      const subscription = await feed.listen({ changed: () => undefined, lost: () => undefined })
      return { ...subscription }
    },
    publish: () => undefined,
  }
}

describeWith(redisUrl, 'key changes over Redis', (url) => {
  describe.each(Object.keys(CLIENTS))('%s', (client) => {
    test('a key revoked in one instance is refused by the other within a second', async () => {
      const { here, there, id, secret } = await start(client, url)
      await here.gate.keys.revoke(id)
      const after = await timeUntil(async () => !(await there.accepts(secret)), SOON_MS)
      expect(after).toBeLessThan(1_000)
      expect([...here.errors, ...there.errors]).toEqual([])
    })

    test('whoever has caught up was told of what was published before', async () => {
      const channel = `test:${randomUUID()}`
      const [one, other] = await Promise.all([connect(client, url), connect(client, url)])
      const { heard, subscription } = await listen(createRedisKeyChanges({ ...one, channel }))
      const elsewhere = createRedisKeyChanges({ ...other, channel })
      for (let version = 1; version <= 500; version++) {
        await elsewhere.publish?.({ id: 'key_1', version })
        await subscription.catchUp?.()
        expect(heard).toHaveLength(version)
        expect(heard.at(-1)).toEqual({ id: 'key_1', version })
      }
    })

    test('an error of a client does not end the process, and a lost connection is told', async () => {
      const pair = await connect(client, url)
      const emitters = [pair.publisher, pair.subscriber] as unknown as NodeJS.EventEmitter[]
      const cause = new Error('connection reset')
      // Control: without the feed it would.
      for (const each of emitters) {
        expect(() => each.emit('error', cause)).toThrow('connection reset')
      }
      const { lost, subscription } = await listen(
        createRedisKeyChanges({ ...pair, channel: `test:${randomUUID()}` }),
      )
      emitters[0]?.emit('error', cause)
      expect(lost).toEqual([])
      emitters[1]?.emit('error', cause)
      emitters[1]?.emit('error', cause)
      expect(lost).toMatchObject([{ cause }])
      await subscription.close()
    })
  })

  test('control: with a feed that never tells, the other believes what it remembers, for 5 s', async () => {
    const { here, there, id, secret } = await start('ioredis', url, deaf)
    const { effectiveBy } = await here.gate.keys.revoke(id)
    expect(await there.accepts(secret)).toBe(true)
    expect(await timeUntil(async () => !(await there.accepts(secret)), 500)).toBeUndefined()
    const now = performance.now.bind(performance)
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 5_000)
    expect(await there.accepts(secret)).toBe(false)
    expect(effectiveBy.getTime() - Date.now()).toBeLessThanOrEqual(5_000)
  })

  test('a change is in effect everywhere within 5 s, as the answer says', async () => {
    const { here, id } = await start('ioredis', url)
    const before = Date.now()
    const { effectiveBy } = await here.gate.keys.revoke(id)
    expect(effectiveBy.getTime()).toBeGreaterThanOrEqual(before + 5_000)
    expect(effectiveBy.getTime()).toBeLessThanOrEqual(Date.now() + 5_000)
  })

  test.each([
    ['no words', ''],
    ['words of others', 'hello'],
    ['JSON', '{"id":"key_1","version":2}'],
    ['an id alone', 'changed key_1'],
    ['no id', 'changed  2'],
    ['version 0', 'changed key_1 0'],
    ['a negative version', 'changed key_1 -1'],
    ['a fraction', 'changed key_1 1.5'],
    ['an exponent', 'changed key_1 1e9'],
    ['a version that is no safe integer', 'changed key_1 99999999999999999999'],
    ['more after it', 'changed key_1 2 3'],
    ['a line more', 'changed key_1 2\nchanged key_1 3'],
    ['an id that is too long', `changed ${'k'.repeat(129)} 2`],
    ['10 MB', `changed ${'k'.repeat(10_000_000)} 2`],
    ["another's proof of hearing", `echo ${randomUUID()}`],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('is not moved by %s', async (_name, message) => {
    const channel = `test:${randomUUID()}`
    const pair = await connect('ioredis', url)
    const { heard, lost, subscription } = await listen(createRedisKeyChanges({ ...pair, channel }))
    const stranger = new Redis(url)
    open.push({
      close: () => {
        stranger.disconnect()
      },
    })
    expect(await stranger.publish(channel, message)).toBe(1)
    await subscription.catchUp?.()
    expect(heard).toEqual([])
    expect(lost).toEqual([])
    // Control: a message of ours, from the same stranger, is heard.
    await stranger.publish(channel, 'changed key_1 2')
    await subscription.catchUp?.()
    expect(heard).toEqual([{ id: 'key_1', version: 2 }])
  })

  test('a forged version costs one read, and no key its force', async () => {
    const { there, id, secret, channel } = await start('ioredis', url)
    const stranger = new Redis(url)
    open.push({
      close: () => {
        stranger.disconnect()
      },
    })
    await stranger.publish(channel, `changed ${id} 999999999999999`)
    expect(await timeUntil(() => there.remembers(secret), SOON_MS)).toBeDefined()
    expect(await there.accepts(secret)).toBe(true)
  })

  test('messages of other channels on the same client are not ours', async () => {
    const pair = await connect('ioredis', url)
    const [mine, others] = [`test:${randomUUID()}`, `test:${randomUUID()}`]
    const one = await listen(createRedisKeyChanges({ ...pair, channel: mine }))
    const other = await listen(createRedisKeyChanges({ ...pair, channel: others }))
    await createRedisKeyChanges({ ...pair, channel: others }).publish?.({ id: 'key_1', version: 2 })
    await one.subscription.catchUp?.()
    await other.subscription.catchUp?.()
    expect(other.heard).toHaveLength(1)
    expect(one.heard).toEqual([])
  })

  test('whoever has closed its subscription hears no more, and the client goes on', async () => {
    const pair = await connect('ioredis', url)
    const feed = createRedisKeyChanges({ ...pair, channel: `test:${randomUUID()}` })
    const gone = await listen(feed)
    const here = await listen(feed)
    await gone.subscription.close()
    await feed.publish?.({ id: 'key_1', version: 2 })
    await here.subscription.catchUp?.()
    expect(here.heard).toHaveLength(1)
    expect(gone.heard).toEqual([])
  })
})

describeWith(redisServer, 'a Redis that is not there', () => {
  test.each(Object.keys(CLIENTS))('%s: listening fails, closing does not', async (client) => {
    const server = await startRedis()
    open.push({ close: () => server.kill() })
    const pair = await connect(client, server.url)
    const feed = createRedisKeyChanges(pair)
    const { lost, subscription } = await listen(feed)
    await server.kill()
    expect(await timeUntil(() => Promise.resolve(lost.length > 0), SOON_MS)).toBeDefined()
    expect(lost).toHaveLength(1)
    await Promise.all([
      expect(subscription.catchUp?.()).rejects.toThrow(),
      expect(listen(feed)).rejects.toThrow(),
    ])
    await subscription.close()
  })

  test('a client that acknowledges nothing is not given ever more', async () => {
    const published: string[] = []
    const client = {
      on: () => undefined,
      subscribe: () => Promise.resolve(),
      publish(_channel: string, message: string) {
        published.push(message)
        return new Promise<void>(() => undefined)
      },
    }
    const feed = createRedisKeyChanges({ publisher: client, subscriber: client })
    const waiting = Array.from({ length: 100 }, () => listen(feed))
    for (const each of waiting) each.catch(() => undefined)
    await expect(listen(feed)).rejects.toThrow('acknowledges nothing')
    expect(published).toHaveLength(100)
    // A change is always worth the attempt.
    void feed.publish?.({ id: 'key_1', version: 2 })
    expect(published).toHaveLength(101)
  })

  test('nobody hears where the two clients speak to different servers', async () => {
    const servers = await Promise.all([startRedis(), startRedis()])
    for (const server of servers) open.push({ close: () => server.kill() })
    const [one, other] = await Promise.all(servers.map(({ url }) => connect('ioredis', url)))
    if (one === undefined || other === undefined) throw new Error('no clients')
    const feed = createRedisKeyChanges({ publisher: one.publisher, subscriber: other.subscriber })
    await expect(listen(feed)).rejects.toThrow('did not bring a message back within 3000 ms')
  })
})
