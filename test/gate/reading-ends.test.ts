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

  end() {
    this.closed = true
    this.emit('close')
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
  // However long its clients take nothing.
  await jest.advanceTimersByTimeAsync(600_000)
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
