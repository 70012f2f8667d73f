import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import type { Limit } from 'sallyport'
import { createRedisLimitStore, type RedisScripts } from 'sallyport/redis'

const HOURLY: Limit = { name: 'hourly', kind: 'quota', limit: 40, windowMs: 3_600_000 }

/** What a client was told, in the words of ioredis. */
interface Told {
  readonly by: 'digest' | 'text'
  readonly script: string
  readonly keys: readonly string[]
  readonly values: readonly string[]
}

type Answer = (by: Told['by']) => unknown

function ioredis(answer: Answer, told: Told[], events: string[]): RedisScripts {
  const call =
    (by: Told['by']) =>
    async (script: string, count: number, ...given: string[]) => {
      await Promise.resolve()
      told.push({ by, script, keys: given.slice(0, count), values: given.slice(count) })
      return answer(by)
    }
  return {
    ...{ status: 'ready', evalsha: call('digest'), eval: call('text') },
    on: (event) => events.push(event),
  }
}

/** Of a cluster, which does not say whether it is ready. */
function nodeRedis(answer: Answer, told: Told[], events: string[]): RedisScripts {
  const call =
    (by: Told['by']) =>
    async (script: string, given: { readonly keys: string[]; readonly arguments: string[] }) => {
      await Promise.resolve()
      told.push({ by, script, keys: given.keys, values: given.arguments })
      return answer(by)
    }
  return { evalSha: call('digest'), eval: call('text'), on: (event) => events.push(event) }
}

function fail(cause: unknown): never {
  throw cause
}

describe.each([
  ['ioredis', ioredis],
  ['node-redis', nodeRedis],
] as const)('a script that is run with a client of %s', (_, clientOf) => {
  async function run(answer: Answer) {
    const told: Told[] = []
    const events: string[] = []
    const store = createRedisLimitStore(clientOf(answer, told, events))
    const ask = async (): Promise<unknown> =>
      store.consume({ subject: 'org_1', limits: [HOURLY], cost: 1, at: 0 })
    const outcome = await ask().catch((cause: unknown) => cause)
    return { told, events, outcome, ask }
  }

  test('is called by the digest of its text first, and by its text with the same keys and values', async () => {
    const { told } = await run((by) => fail(new Error(by === 'digest' ? 'NOSCRIPT' : 'gone')))
    const [first, second, ...more] = told
    expect(more).toEqual([])
    expect(first).toMatchObject({ by: 'digest', keys: [expect.stringContaining('org_1')] })
    expect(first?.values.length).toBeGreaterThan(0)
    expect(second).toEqual({ ...first, by: 'text', script: expect.any(String) })
    const sha1 = createHash('sha1').update(String(second?.script))
    expect(first?.script).toBe(sha1.digest('hex'))
  })

  test('is called again, whether or not the client says that it is ready', async () => {
    const { told, ask } = await run(() => fail(new Error('gone')))
    await expect(ask()).rejects.toThrow('gone')
    expect(told).toHaveLength(2)
  })

  test.each([
    ['what is no error', 'NOSCRIPT hunter2'],
    ['nothing', undefined],
  ])('fails with an error where the client fails with %s', async (_name, thrown) => {
    const { told, outcome } = await run(() => fail(thrown))
    expect(outcome).toEqual(new Error('The client failed.'))
    expect(told).toHaveLength(1)
  })

  test('is not sent as text where the server speaks of a script that is missing later in its words', async () => {
    const { told } = await run(() => fail(new Error('ERR not NOSCRIPT')))
    expect(told.map(({ by }) => by)).toEqual(['digest'])
  })

  test('errors of its connection are heard, and end no process', async () => {
    const { events } = await run(() => fail(new Error('gone')))
    expect(events).toContain('error')
  })
})
