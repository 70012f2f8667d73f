import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryLimitStore } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import { accessEndpoints } from 'sallyport/express'
import { createTestClock } from 'sallyport/testing'
import request from 'supertest'
import { listen } from '../adapters/servers.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const USERS: Readonly<Record<string, { ownerId: string; scopes: ('ask' | 'decide')[] }>> = {
  ann: { ownerId: 'org_1', scopes: ['ask'] },
  lee: { ownerId: 'staff', scopes: ['decide'] },
}

/** An API with access that is approved, whose callers have used up what they may. */
async function openUsedUp() {
  const access = createAccess({
    store: createMemoryAccessStore(),
    agreements: createMemoryAgreementStore(),
  })
  let taken = 0
  const limits = createMemoryLimitStore()
  const { clock } = createTestClock(new Date('2030-01-01T00:00:00Z'))
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['ask', 'decide'], access, clock },
    plans: { small: { quota: { limit: 1, window: '1d' } } },
    limits: {
      defaultPlan: 'small',
      store: {
        ...limits,
        consume(asked) {
          taken += asked.cost
          return limits.consume(asked)
        },
      },
    },
    onError: () => undefined,
  })
  const asked = { scopes: ['ask'], approverScopes: ['decide'] } as const
  const app = express().use(
    '/access',
    accessEndpoints(gate, {
      ...asked,
      otherwise: ({ headers }) => USERS[String(headers['x-user'])],
      limit: { name: 'access', limit: 1, window: '1d' },
    }),
  )
  const { server, port } = await listen(app)
  servers.push(server)
  const origin = `http://127.0.0.1:${String(port)}`
  const as = (user: string) => request.agent(origin).set({ 'x-user': user, origin })
  const by = { id: 'ann', ownerId: 'org_1' }
  const { id } = await access.request({
    ...{ useCase: 'Orders.', environments: ['live'], ownerId: 'org_1', by },
  })
  await access.approve(id, { by: { id: 'lee', ownerId: 'staff' } })
  for (const user of ['ann', 'lee']) await as(user).post('/access/requests/none/resume').send({})
  await as('lee').post(`/access/requests/${id}/resume`).send({}).expect(429)
  const before = taken
  return { as, access, id, takenSince: () => taken - before }
}

describe('a used-up plan', () => {
  test('keeps no approver from finding access and suspending it', async () => {
    const { as, access, id, takenSince } = await openUsedUp()
    const lee = as('lee')
    await lee.get('/access/requests').expect(200)
    await lee.get(`/access/requests/${id}`).expect(200)
    await lee.post(`/access/requests/${id}/suspend`).send({ reason: 'A leak.' }).expect(200)
    expect(await access.get(id)).toMatchObject({ state: 'suspended' })
    expect(takenSince()).toBe(0)
    await lee.post(`/access/requests/${id}/resume`).send({}).expect(429)
  })

  test('keeps no organization from ending its own', async () => {
    const { as, access, id, takenSince } = await openUsedUp()
    const ann = as('ann')
    await ann.get('/access').expect(200)
    await ann.post(`/access/requests/${id}/end`).send({}).expect(200)
    expect(await access.get(id)).toMatchObject({ state: 'ended' })
    expect(takenSince()).toBe(0)
    await ann.post('/access/requests').send({}).expect(429)
  })

  test('refuses those beyond 300 in a minute', async () => {
    const { as } = await openUsedUp()
    const lee = as('lee')
    for (let time = 0; time < 300; time += 30) {
      const some = Array.from({ length: 30 }, () => lee.get('/access/requests').expect(200))
      await Promise.all(some)
    }
    await lee.get('/access/requests').expect(429)
  })
})
