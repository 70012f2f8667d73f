import { EventEmitter } from 'node:events'
import { afterEach, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { stopTimers } from '../still-timers.js'

afterEach(() => {
  jest.useRealTimers()
})

/** A response whose client takes it when the test says so. */
class Response extends EventEmitter {
  readonly statusCode = 200
  readonly writableFinished = false
  closed = false
  isDestroyed = false

  end() {
    this.closed = true
    this.emit('close')
  }

  /** The gate has ended its connection. */
  destroy() {
    this.isDestroyed = true
    this.end()
  }
}

function open() {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:audit'] })
  const { shareReading } = gate.endpoints.owner
  const begun: string[] = []
  /** `read`, or why not. */
  function read(ownerId: string, id: string, response: Response, until = Promise.resolve()) {
    return shareReading(
      { id, ownerId, isLarge: false, response },
      async () => {
        begun.push(`${ownerId}.${id}`)
        await until
        return 'read'
      },
      (_seconds, why) => why,
    )
  }
  return { begun, read, shareReading }
}

/** What needs no time is done by now. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a reading of the audit log is over when its answer is sent, not when it was read', async () => {
  stopTimers()
  const { read } = open()
  const sent = [new Response(), new Response()]
  for (const one of sent) expect(await read('org_1', 'a', one)).toBe('read')
  await jest.advanceTimersByTimeAsync(604_000)
  expect(await read('org_1', 'a', new Response())).toBe('concurrency_exceeded')
  sent[0]?.end()
  expect(await read('org_1', 'a', new Response())).toBe('read')
})

test('control: an answer that is taken makes room at once', async () => {
  const { read } = open()
  for (let time = 0; time < 20; time++) {
    const response = new Response()
    expect(await read('org_1', 'a', response)).toBe('read')
    response.end()
  }
})

test('answers that nobody takes keep nobody else from a turn', async () => {
  stopTimers()
  const { read, begun } = open()
  for (const id of ['a', 'b', 'c', 'd']) {
    await read('org_1', id, new Response())
    await read('org_2', id, new Response())
  }
  const other = read('org_3', 'a', new Response())
  await settle()
  expect(begun).not.toContain('org_3.a')
  await jest.advanceTimersByTimeAsync(5_000)
  expect(await other).toBe('read')
})

test('answers that nobody takes are sixteen at most: those of the owner with the most of them are ended, the oldest first', async () => {
  stopTimers()
  const { read } = open()
  const slow = new Response()
  await read('org_slow', 'a', slow)
  await jest.advanceTimersByTimeAsync(5_000)
  const all: Response[] = [slow]
  for (let round = 0; round < 10; round++) {
    for (const id of ['a', 'b', 'c', 'd']) {
      for (const ownerId of ['org_1', 'org_2']) {
        const response = new Response()
        if ((await read(ownerId, id, response)) === 'read') all.push(response)
      }
    }
    expect(all.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(16)
    await jest.advanceTimersByTimeAsync(5_000)
    expect(all.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(8)
  }
  expect(all.length).toBeGreaterThan(16)
  expect(slow.isDestroyed).toBe(false)
  expect(all[1]?.isDestroyed).toBe(true)
  expect(await read('org_3', 'a', new Response())).toBe('read')
})

test('answers of as many owners as there are have no more room', async () => {
  stopTimers()
  const { read } = open()
  const all: Response[] = []
  for (let round = 0; round < 5; round++) {
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const response = new Response()
      expect(await read(`org_${id}${String(round)}`, 'a', response)).toBe('read')
      all.push(response)
    }
    await jest.advanceTimersByTimeAsync(5_000)
  }
  expect(all.map(({ isDestroyed }) => isDestroyed)).toEqual([
    ...Array<boolean>(32).fill(true),
    ...Array<boolean>(8).fill(false),
  ])
})

test('an answer that was not taken after ten minutes is ended, and its owner has room again', async () => {
  stopTimers()
  const { read } = open()
  const [one, other] = [new Response(), new Response()]
  await read('org_1', 'a', one)
  await jest.advanceTimersByTimeAsync(60_000)
  await read('org_1', 'a', other)
  await jest.advanceTimersByTimeAsync(545_000)
  expect([one.isDestroyed, other.isDestroyed]).toEqual([true, false])
  expect(await read('org_1', 'a', new Response())).toBe('read')
})

test('the answer of a reading that was given up is one of them once it is there', async () => {
  stopTimers()
  const { read } = open()
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const all: Response[] = []
  const readings: Promise<string>[] = []
  for (let round = 0; round < 3; round++) {
    for (const ownerId of ['org_1', 'org_2', 'org_3', 'org_4']) {
      for (const id of ['a', 'b']) {
        const response = new Response()
        all.push(response)
        readings.push(read(ownerId, id, response, held))
      }
    }
    await settle()
    await jest.advanceTimersByTimeAsync(120_000)
  }
  release()
  expect(new Set(await Promise.all(readings))).toEqual(new Set(['read']))
  expect(all.filter(({ isDestroyed }) => !isDestroyed)).toHaveLength(8)
})

test('a page that reads twice takes one share', async () => {
  const { read } = open()
  const response = new Response()
  for (let time = 0; time < 5; time++) expect(await read('org_1', 'a', response)).toBe('read')
  expect(await read('org_1', 'a', new Response())).toBe('read')
  expect(await read('org_1', 'a', new Response())).toBe('concurrency_exceeded')
})

test('whoever has gone while it waits for a turn is not read for', async () => {
  stopTimers()
  const { begun, read } = open()
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const first = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => ({
    response: new Response(),
    owner: `org_${id}`,
  }))
  const reading = first.map(({ response, owner }) => read(owner, 'a', response, held))
  await settle()
  const gone = ['k', 'l', 'm', 'n'].map((id) => ({ response: new Response(), owner: `org_${id}` }))
  const waiting = gone.map(({ response, owner }) => read(owner, 'a', response))
  const stays = read('org_z', 'a', new Response())
  await settle()
  for (const { response } of gone) response.end()
  expect(await Promise.all(waiting)).toEqual(Array<string>(4).fill('concurrency_exceeded'))
  release()
  await Promise.all(reading)
  for (const { response } of first) response.end()
  expect(await stays).toBe('read')
  expect(begun).toEqual([...first.map(({ owner }) => `${owner}.a`), 'org_z.a'])
})
