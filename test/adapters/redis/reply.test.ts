import { describe, expect, test } from '@jest/globals'
import {
  createRedisKeyChanges,
  createRedisLimitStore,
  createRedisReplayStore,
  createRedisRevocations,
  type RedisScripts,
} from 'sallyport/redis'

/** A client that has this for an answer, whatever it is asked. */
function answering(reply: unknown): RedisScripts {
  const answer = () => Promise.resolve(reply)
  return { status: 'ready', evalsha: answer, eval: answer, on: () => undefined }
}

const NOTHING: readonly (readonly [unknown])[] = [
  [null],
  [undefined],
  [''],
  [' '],
  [false],
  [true],
  [[]],
  [['0']],
  ['0x0'],
  [{}],
]

describe('a reply that is neither yes nor no', () => {
  test.each(NOTHING)('%j says of no token that it was not revoked', async (reply) => {
    await expect(createRedisRevocations(answering(reply)).has('tok_1')).rejects.toThrow()
  })

  test.each(NOTHING)('%j says of no assertion that it is new, or used', async (reply) => {
    const store = createRedisReplayStore(answering(reply))
    await expect(store.addIfAbsent('jti', Date.now() + 60_000)).rejects.toThrow()
  })

  test.each([
    [1, true],
    ['1', true],
    [1n, true],
    [Buffer.from('1'), true],
    [0, false],
    ['0', false],
    [0n, false],
  ])('control: %p is %j', async (reply, revoked) => {
    expect(await createRedisRevocations(answering(reply)).has('tok_1')).toBe(revoked)
  })
})

describe('a reply of the limits', () => {
  const limit = { name: 'quota-1h', kind: 'quota', limit: 10, windowMs: 3_600_000 } as const
  const request = { subject: 'live:owner:org_1', limits: [limit], cost: 1, at: 0 }
  const consume = async (reply: unknown) => createRedisLimitStore(answering(reply)).consume(request)

  test.each([
    [['1', null, '9', '0', '0']],
    [['1', '1000', null, null, null]],
    [[null, '1000', '9', '2000', '0']],
    [['', '1000', '9', '2000', '0']],
    [['1', '1000', '9', [], '0']],
  ])('%j is no verdict', async (reply) => {
    await expect(consume(reply)).rejects.toThrow('no verdict')
  })

  test('control: one that is whole', async () => {
    const verdict = { allowed: true, at: 1_000, states: [{ remaining: 9, resetAt: 2_000 }] }
    expect(await consume(['1', '1000', '9', '2000', '0'])).toEqual(verdict)
    expect(await consume(['0', '1000', '0', 'Infinity', 'Infinity'])).toMatchObject({
      allowed: false,
      states: [{ resetAt: Infinity, retryAt: Infinity }],
    })
  })
})

test('a client that throws at each subscription is tried each time, as one that rejects', async () => {
  let tried = 0
  const changes = createRedisKeyChanges({
    publisher: { publish: () => Promise.resolve(0), on: () => undefined },
    subscriber: {
      subscribe: () => {
        tried += 1
        throw new Error('The client is closed')
      },
      on: () => undefined,
    },
  })
  const listener = { changed: () => undefined, lost: () => undefined }
  for (let count = 0; count < 150; count++) {
    await expect(changes.listen(listener)).rejects.toThrow('closed')
  }
  expect(tried).toBe(150)
})
