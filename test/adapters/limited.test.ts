import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createGate, flatErrors, type GateOptions } from 'sallyport'
import request from 'supertest'
import { FRAMEWORKS, listen, type Scope } from './servers.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe.each(Object.entries(FRAMEWORKS))('limits on %s', (_, createApp) => {
  async function open(options: Partial<GateOptions<Scope>> = {}) {
    const gate = createGate<Scope>({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: { 'read:orders': 1, 'manage:keys': 2 },
      plans: {
        plus: { quota: { limit: 4, window: '1h' } },
        pro: { quota: { limit: 100, window: '1h' } },
      },
      ...options,
    })
    const { server, port } = await listen(createApp(gate))
    servers.push(server)
    const issue = async (scopes: readonly Scope[], plan = 'plus', limit?: number) => {
      const own = limit === undefined ? {} : { limit }
      const { secret } = await gate.keys.create({
        name: 'CI',
        ownerId: 'org_1',
        scopes,
        plan,
        ...own,
      })
      return request.agent(`http://127.0.0.1:${String(port)}`).auth(secret, { type: 'bearer' })
    }
    return { gate, issue }
  }

  test('every answer to an identified caller tells how they stand, and each request counts once', async () => {
    const { issue } = await open()
    const agent = await issue(['read:orders'])
    const other = await issue([])
    const seen = []
    for (const [caller, path] of [
      [agent, '/orders'],
      [other, '/orders'],
      [agent, '/nowhere'],
      [other, '/keys'],
      [agent, '/orders'],
    ] as const) {
      const { status, headers } = await caller.get(path)
      seen.push([status, headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']])
      expect(headers['x-ratelimit-reset']).toMatch(/^\d{10}$/)
    }
    expect(seen).toEqual([
      [200, '4', '3'],
      [403, '4', '2'],
      [404, '4', '1'],
      [403, '4', '0'],
      [429, '4', '0'],
    ])
  })

  test('what is too much is told in the words of the API, with the seconds to wait', async () => {
    const message = ({ retryAfter }: { readonly retryAfter?: number }) =>
      `Try again in ${String(retryAfter)} seconds.`
    const { issue } = await open({
      errors: flatErrors({ words: { 429: { code: 'rate_limit_exceeded', message } } }),
    })
    const agent = await issue(['read:orders'], 'plus', 1)
    await agent.get('/orders').expect(200)
    const answer = await agent.get('/orders')
    const { status, headers } = answer
    const seconds = String(headers['retry-after'])
    expect([status, seconds]).toEqual([429, expect.stringMatching(/^3[56]\d\d$/)])
    expect(answer.body).toEqual({
      error: 'rate_limit_exceeded',
      message: `Try again in ${seconds} seconds.`,
    })
    expect(headers['cache-control']).toBe('no-store')
  })

  test("a stranger is told of nobody's limits", async () => {
    const { issue } = await open()
    const agent = await issue(['read:orders'])
    const { status, headers } = await agent.get('/orders').auth('acme_guess', { type: 'bearer' })
    expect(status).toBe(401)
    expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([])
  })

  test('a caller of the key endpoints hands out its own plan and limit, and no others', async () => {
    const { gate, issue } = await open()
    const agent = await issue(['manage:keys'], 'pro', 50)
    const created = await agent.post('/keys').send({ name: 'New' }).expect(201)
    expect(created.body).toMatchObject({ plan: 'pro', limit: 50, ownerId: 'org_1' })
    const { id } = created.body as { id: string }
    for (const fields of [{ plan: 'plus' }, { limit: 100 }, { plan: null }, { ownerId: 'org_2' }]) {
      const [name] = Object.keys(fields)
      const made = await agent.post('/keys').send({ name: 'New', ...fields })
      const changed = await agent.patch(`/keys/${id}`).send(fields)
      for (const { status, body } of [made, changed]) {
        expect(status).toBe(400)
        expect(body).toMatchObject({
          detail: expect.stringMatching(`^'${String(name)}' is not known`),
        })
      }
    }
    const rotated = await agent.post(`/keys/${id}/rotate`).send({}).expect(201)
    expect(rotated.body).toMatchObject({ plan: 'pro', limit: 50 })
    expect(await gate.keys.get(id)).toMatchObject({ plan: 'pro', limit: 50 })
  })

  test('a request to the key endpoints counts once, though it is judged again when its body is here', async () => {
    const { issue } = await open()
    const agent = await issue(['manage:keys'])
    const created = await agent.post('/keys').send({ name: 'New' }).expect(201)
    expect(created.headers['x-ratelimit-remaining']).toBe('3')
    const missing = await agent.get('/keys/key_missing').expect(404)
    expect(missing.headers['x-ratelimit-remaining']).toBe('2')
    const wrong = await agent.post('/keys').send({ nam: 'New' }).expect(400)
    expect(wrong.headers['x-ratelimit-remaining']).toBe('1')
  })
})
