import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore, createMemoryLimitStore } from 'sallyport'
import { createExpressApp } from '../../examples/reference/express.js'
import { createReferenceGate, type ReferenceGate } from '../../examples/reference/gate.js'
import { createKoaApp } from '../../examples/reference/koa.js'
import { listen } from '../adapters/servers.js'
import { ask, type Exchanged } from './exchange.js'

describe.each([
  ['Express', createExpressApp],
  ['Koa', (gate: ReferenceGate) => createKoaApp(gate).callback()],
])('the flows of the reference API on %s', (_, createApp) => {
  const time = { now: Date.UTC(2030, 0, 1, 12) }
  const gate = createReferenceGate(
    createMemoryKeyStore(),
    createMemoryLimitStore(),
    () => time.now,
  )
  let server: Server
  let url: URL

  beforeAll(async () => {
    const listening = await listen(createApp(gate))
    server = listening.server
    url = new URL('/v1/users/me', `http://127.0.0.1:${String(listening.port)}`)
  })
  afterAll(() => {
    server.close()
  })

  async function issue(ownerId: string): Promise<() => Promise<Exchanged>> {
    const key = { name: 'Flow', ownerId, plan: 'free', scopes: ['read'] as const }
    const { secret } = await gate.keys.create(key)
    const headers = { authorization: `Bearer ${secret}`, 'x-forwarded-proto': 'https' }
    return () => ask(url, 'GET', headers, '')
  }

  test('burst: the surplus of a second is refused while the quota stands, and is served a second later', async () => {
    const send = await issue('org_burst')
    const answers = await Promise.all(Array.from({ length: 60 }, send))
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50)
    expect(refused).toHaveLength(10)
    for (const { headers } of refused) {
      expect(headers).toMatchObject({ 'retry-after': '1', 'x-ratelimit-remaining': '950' })
    }
    time.now += 1_000
    const again = await send()
    expect(again.status).toBe(200)
    expect(again.headers).toMatchObject({ 'x-ratelimit-remaining': '949' })
  })

  test('quota: spent, it says when to try again', async () => {
    const send = await issue('org_quota')
    for (let second = 0; second < 20; second++) {
      const answers = await Promise.all(Array.from({ length: 50 }, send))
      expect(answers.map(({ status }) => status)).toEqual(Array<number>(50).fill(200))
      time.now += 1_000
    }
    const { status, headers, text } = await send()
    expect(status).toBe(429)
    expect(headers).toMatchObject({
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '0',
      'retry-after': '3580',
    })
    expect(JSON.parse(text)).toEqual({
      error: 'rate_limit_exceeded',
      message: 'Rate limit exceeded. Try again in 3580 seconds.',
    })
    expect(Number(headers['x-ratelimit-reset'])).toBe(time.now / 1_000 + 3_580)
  }, 60_000)
})
