import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import {
  createMemoryLimitStore,
  type Decision,
  type Requirement,
  type GateOptions,
  type LimitStore,
  type Plan,
} from 'sallyport'
import { openGate, requestWith, verdictOf } from './limited.js'

const TWO: Plan = { concurrency: 2 }

/** A response that is over when the test says so. */
class Response extends EventEmitter {
  readonly statusCode = 200
  readonly writableFinished = true
  closed = false

  close(): void {
    this.closed = true
    this.emit('close')
  }
}

async function open(plan: Plan = TWO, options: Partial<GateOptions> = {}) {
  const { limits, ...rest } = options
  const site = openGate({
    ...{ plans: { plus: plan }, limits: { defaultPlan: 'plus', ...limits } },
    ...rest,
  })
  const { secret } = await site.issue({ scopes: ['read:orders'] })
  const ask = async (response?: Response, requirement?: Requirement, more = {}) =>
    site.gate.check(requestWith(secret, { response, ...more }), requirement)
  return { ...site, secret, ask }
}

function end(decision: Decision | undefined): void {
  if (decision?.allowed === true) decision.end()
}

describe('requests at once', () => {
  test('are let in up to the limit, and again when the response of one is closed', async () => {
    const { ask } = await open()
    const [one, two] = [new Response(), new Response()]
    expect(verdictOf(await ask(one))).toBe('allowed')
    expect(verdictOf(await ask(two))).toBe('allowed')
    const refused = await ask(new Response())
    expect(refused).toMatchObject({ status: 429, reason: 'concurrency_exceeded' })
    expect(refused.headers['retry-after']).toBe('1')
    one.close()
    expect(verdictOf(await ask(new Response()))).toBe('allowed')
    expect(verdictOf(await ask(new Response()))).toBe('concurrency_exceeded')
  })

  test('are over, once, when whoever has no response says so', async () => {
    const { ask, gate, secret } = await open()
    const one = await ask()
    const two = await gate.verify(secret)
    expect(verdictOf(await ask())).toBe('concurrency_exceeded')
    end(one)
    end(one)
    expect(verdictOf(await ask())).toBe('allowed')
    expect(verdictOf(await ask())).toBe('concurrency_exceeded')
    end(two)
    expect(verdictOf(await gate.verify(secret))).toBe('allowed')
  })

  test('are over after the lease where nobody says so', async () => {
    const { ask, time } = await open({ concurrency: { limit: 1, lease: '30s' } })
    expect(verdictOf(await ask())).toBe('allowed')
    time.now += 29_999
    expect(verdictOf(await ask())).toBe('concurrency_exceeded')
    time.now += 1
    expect(verdictOf(await ask())).toBe('allowed')
  })

  test.each([
    ['forward', 3_600_000, 'allowed'],
    ['back', -3_600_000, 'concurrency_exceeded'],
  ])(
    'are held no longer than the lease by a clock that jumps an hour %s',
    async (_, jump, then) => {
      const { ask, time } = await open({ concurrency: 1 })
      await ask()
      time.now += jump
      expect(verdictOf(await ask())).toBe(then)
      time.now += 60_000
      expect(verdictOf(await ask())).toBe('allowed')
      expect(verdictOf(await ask())).toBe('concurrency_exceeded')
    },
  )

  test('do not count where a rule refuses them, or the client has gone meanwhile', async () => {
    const { ask } = await open({ concurrency: 1 })
    const scopes = { scopes: ['manage:keys'] }
    expect(verdictOf(await ask(undefined, scopes))).toBe('insufficient_scope')
    expect(verdictOf(await ask(new Response(), scopes))).toBe('insufficient_scope')
    const gone = new Response()
    gone.close()
    expect(verdictOf(await ask(gone))).toBe('allowed')
    expect(verdictOf(await ask())).toBe('allowed')
  })

  test('count once, however many guards look at one', async () => {
    const { ask } = await open({ concurrency: 1, quota: { limit: 10, window: '1h' } })
    const response = new Response()
    const first = await ask(response)
    const later = await ask(response, { cost: 3 }, { grant: first })
    expect(verdictOf(later)).toBe('allowed')
    expect(later.headers['x-ratelimit-remaining']).toBe('7')
    expect(verdictOf(await ask(new Response()))).toBe('concurrency_exceeded')
    expect(response.listenerCount('close')).toBe(1)
    response.close()
    expect(verdictOf(await ask(new Response()))).toBe('allowed')
  })

  test('hold nothing when a later guard counts one whose client has gone meanwhile', async () => {
    const { ask } = await open({ concurrency: 1 })
    const response = new Response()
    const first = await ask(response)
    response.close()
    expect(verdictOf(await ask(response, { cost: 3 }, { grant: first }))).toBe('allowed')
    expect(verdictOf(await ask(new Response()))).toBe('allowed')
    expect(verdictOf(await ask(new Response()))).toBe('concurrency_exceeded')
  })

  test('that cost nothing are not counted, until a later guard says what they cost', async () => {
    const { ask } = await open({ concurrency: 1 })
    const responses = [new Response(), new Response()]
    const [one, two] = [await ask(responses[0], { cost: 0 }), await ask(responses[1], { cost: 0 })]
    expect(verdictOf(await ask(responses[0], {}, { grant: one }))).toBe('allowed')
    expect(verdictOf(await ask(responses[1], {}, { grant: two }))).toBe('concurrency_exceeded')
    responses[0]?.close()
    expect(verdictOf(await ask(responses[1], {}, { grant: two }))).toBe('allowed')
  })

  test('take nothing else where there is no room, and hold nothing where something else has none', async () => {
    const { ask, time } = await open({ concurrency: 1, quota: { limit: 2, window: '1m' } })
    const first = await ask()
    for (let n = 0; n < 5; n++) expect(verdictOf(await ask())).toBe('concurrency_exceeded')
    end(first)
    end(await ask())
    expect(verdictOf(await ask())).toBe('quota_exceeded')
    time.now += 60_000
    expect(verdictOf(await ask())).toBe('allowed')
  })

  test('are told of in RateLimit, and not in fields that have room for one limit', async () => {
    const { ask } = await open(TWO, { limits: { headers: ['x-ratelimit', 'ratelimit'] } })
    const { headers } = await ask()
    expect(headers).toMatchObject({
      'ratelimit-policy': '"concurrency";q=2;qu="concurrent-requests"',
      ratelimit: '"concurrency";r=1',
    })
    expect(headers).not.toHaveProperty('x-ratelimit-limit')
    await ask()
    expect((await ask()).headers['ratelimit']).toBe('"concurrency";r=0;t=1')
  })

  test('are let in by a dry run, and are not counted twice by it', async () => {
    const { ask } = await open({ concurrency: 1 }, { limits: { dryRun: true } })
    const first = await ask()
    for (let n = 0; n < 3; n++) expect(verdictOf(await ask())).toBe('allowed')
    end(first)
    expect(verdictOf(await ask())).toBe('allowed')
  })

  test('are those of the plan that an override says', async () => {
    const { gate, secret } = await open(TWO, {
      plans: { plus: TWO, small: { concurrency: 1 } },
      limits: { override: () => ({ plan: 'small' }) },
    })
    expect(verdictOf(await gate.verify(secret))).toBe('allowed')
    expect(verdictOf(await gate.verify(secret))).toBe('concurrency_exceeded')
  })

  test('that end while the store fails are given back when it answers again, and those that it was not asked for are not', async () => {
    const memory = createMemoryLimitStore()
    let failing = false
    const released: unknown[] = []
    const failIf = () => {
      if (failing) throw new Error('ECONNREFUSED')
    }
    const store: LimitStore = {
      async consume(request) {
        failIf()
        return memory.consume(request)
      },
      async release(request, taken) {
        failIf()
        released.push(request.slot)
        await memory.release?.(request, taken)
      },
    }
    const { ask, told } = await open({ concurrency: 2 }, { limits: { store } })
    const [one, two] = [await ask(), await ask()]
    failing = true
    end(one)
    // It was away before anybody knew.
    await new Promise((resolve) => setImmediate(resolve))
    const local = await ask()
    end(two)
    end(local)
    expect(verdictOf(local)).toBe('allowed')
    failing = false
    while (told.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      end(await ask())
    }
    await new Promise((resolve) => setImmediate(resolve))
    expect(released).toHaveLength(2)
    const again = [await ask(), await ask(), await ask()]
    expect(again.map(verdictOf)).toEqual(['allowed', 'allowed', 'concurrency_exceeded'])
  })

  test('are shared out while the store fails, and nobody waits for what is given back', async () => {
    const memory = createMemoryLimitStore()
    let failing = false
    const released: string[] = []
    const store: LimitStore = {
      async consume(request) {
        if (failing) throw new Error('ECONNREFUSED')
        return memory.consume(request)
      },
      release(request, taken) {
        released.push(request.slot ?? '')
        void memory.release?.(request, taken)
        return Promise.reject(new Error('ECONNRESET'))
      },
    }
    const { ask, told } = await open({ concurrency: 4 }, { limits: { store, instances: 2 } })
    const first = await ask()
    failing = true
    const local = [await ask(), await ask(), await ask()]
    expect(local.map(verdictOf)).toEqual(['allowed', 'allowed', 'concurrency_exceeded'])
    end(local[0])
    expect(verdictOf(await ask())).toBe('allowed')
    expect(released).toEqual([])
    end(first)
    expect(told).toHaveLength(1)
  })
})
