import { expect, test } from '@jest/globals'
import { createTestClock } from 'sallyport/testing'
import request from 'supertest'
import { createExpressApp } from '../../examples/healthsync/express.js'
import { createHealthsyncGate } from '../../examples/healthsync/gate.js'

test('the sandbox of healthsync is as it was at the start, once a day; its keys and live data stay', async () => {
  const time = createTestClock()
  const gate = createHealthsyncGate({ clock: time.clock })
  const app = createExpressApp(gate)
  const create = (environment: string) =>
    gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', plan: 'premium', environment },
      scopes: ['records:read', 'records:write'],
    })
  const callers = {
    'api.healthsync.com': (await create('live')).secret,
    'api-sandbox.healthsync.com': (await create('sandbox')).secret,
  }
  const send = (method: 'get' | 'post', host: keyof typeof callers) =>
    (method === 'get' ? request(app).get('/v1/records') : request(app).post('/v1/records'))
      .set({ Host: host, 'X-Forwarded-Proto': 'https' })
      .auth(callers[host], { type: 'bearer' })
  const hosts = Object.keys(callers) as (keyof typeof callers)[]
  const counts = async () => {
    const answers = await Promise.all(hosts.map((host) => send('get', host).expect(200)))
    return answers.map(({ body }) => (body as { records: unknown[] }).records.length)
  }
  const before = await counts()
  await gate.resets.run()
  for (const host of hosts) await send('post', host).send({ title: 'Added' }).expect(201)
  expect(await counts()).toEqual(before.map((count) => count + 1))
  time.advance('1d')
  expect(await gate.resets.run()).toEqual(['sandbox'])
  const [live = 0, sandbox = 0] = before
  expect(await counts()).toEqual([live + 1, sandbox])
  await gate.close()
})
