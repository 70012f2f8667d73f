import type { Server } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, flatErrors, type GateOptions } from 'sallyport'
import request from 'supertest'
import { FRAMEWORKS, listen, type Scope } from './servers.js'

const servers: Server[] = []

afterEach(() => {
  jest.restoreAllMocks()
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
    const secrets = new Map<unknown, string>()
    const issue = async (scopes: readonly Scope[], plan = 'plus', limit?: number) => {
      const own = limit === undefined ? {} : { limit }
      const { secret } = await gate.keys.create({
        name: 'CI',
        ownerId: 'org_1',
        scopes,
        plan,
        ...own,
      })
      const agent = request.agent(`http://127.0.0.1:${String(port)}`)
      secrets.set(agent, secret)
      return agent.auth(secret, { type: 'bearer' })
    }
    return { gate, port, issue, secretOf: (agent: unknown) => secrets.get(agent) ?? '' }
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
      errorFormat: flatErrors({ words: { 429: { code: 'rate_limit_exceeded', message } } }),
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

  test('a request is under way until it is answered, or until its client has gone', async () => {
    // Koa tells of the request that breaks off.
    jest.spyOn(console, 'error').mockReturnValue()
    const { port, issue, secretOf } = await open({ plans: { plus: { concurrency: 1 } } })
    const agent = await issue(['read:orders', 'manage:keys'])
    for (const path of ['/orders', '/nowhere', '/keys/key_missing', '/orders', '/keys']) {
      const { status } = await agent.get(path)
      expect([path, status]).not.toEqual([path, 429])
    }
    const statusIs = async (wanted: number) => {
      for (;;) {
        const { status } = await agent.get('/orders')
        if (status === wanted) return
        await pause(5)
      }
    }
    const socket = connect(port, '127.0.0.1')
    const lines = ['POST /keys HTTP/1.1', 'Host: a', `Authorization: Bearer ${secretOf(agent)}`]
    socket.write(
      [...lines, 'Content-Type: application/json', 'Content-Length: 9', '', '{'].join('\r\n'),
    )
    await statusIs(429)
    socket.destroy()
    await statusIs(200)
  })
})
