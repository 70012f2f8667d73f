import { afterEach, describe, expect, test } from '@jest/globals'
import { createMemoryLimitStore, type GateOptions } from 'sallyport'
import { closeSites, keyIn, MANAGER, openSite, type SiteOptions } from './site.js'
import { keptSink, SIGNING } from '../../audit/gates.js'

afterEach(closeSites)

const PLANS = { tiny: { quota: { limit: 3, window: '30d' } } } as const

/** An owner whose plan a leaked key has used up, and a person of it who is signed in. */
async function openUsedUp(more: SiteOptions['managing'] = {}) {
  const sink = keptSink()
  const site = await openSite({
    gate: {
      plans: PLANS,
      limits: { defaultPlan: 'tiny', store: createMemoryLimitStore() },
      audit: { key: SIGNING.key, sink },
    },
    managing: {
      otherwise: () => ({ ownerId: 'org_1', subject: 'ann', scopes: ['manage:keys'] }),
      ...more,
    },
  })
  const manager = await site.create()
  const leaked = await site.create({ scopes: [] })
  for (let n = 0; n < 3; n++) {
    expect(await site.gate.verify(leaked.secret)).toMatchObject({ allowed: true })
  }
  // Control: nothing is left.
  expect(await site.gate.verify(leaked.secret)).toMatchObject({ reason: 'quota_exceeded' })
  /** What the person sends, from a page of the app. */
  const ann = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${site.base}/keys${path}`, {
      method,
      headers: {
        ...{ 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
        ...{ 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const { status, headers } = response
    return { status, headers, body: text === '' ? {} : (JSON.parse(text) as { code?: string }) }
  }
  return { ...site, sink, manager, leaked, ann }
}

describe('where the plan of an owner is used up', () => {
  test.each([
    ['revoked', 'DELETE', '', {}, 204],
    ['paused', 'PATCH', '', { disabled: true, reason: 'leaked' }, 200],
    ['rotated away', 'POST', '/rotate', { gracePeriod: '0s' }, 201],
  ] as const)('a key is %s all the same', async (_, method, verb, body, status) => {
    const { gate, ann, leaked, agentOf, manager } = await openUsedUp()
    const listed = await ann('GET', '/')
    expect(listed.status).toBe(200)
    expect(listed.headers.has('x-ratelimit-remaining')).toBe(false)
    expect(await ann('GET', `/${leaked.id}`)).toMatchObject({ status: 200 })
    expect(await ann(method, `/${leaked.id}${verb}`, body)).toMatchObject({ status })
    expect((await gate.keys.get(leaked.id))?.state).not.toBe('active')
    expect(await gate.verify(leaked.secret)).toMatchObject({ allowed: false })
    // So can a key that manages keys.
    const other = await gate.keys.create({ name: 'Other', ownerId: 'org_1', environment: 'live' })
    const send = agentOf(manager.secret)
    const path = `/keys/${other.id}${verb}`
    const calls = { DELETE: send.delete(path), PATCH: send.patch(path), POST: send.post(path) }
    const answer = await calls[method].send(body)
    expect(answer.status).toBe(status)
  })

  test('everything else is refused', async () => {
    const { ann, leaked } = await openUsedUp()
    for (const [method, path, body] of [
      ['POST', '/', { name: 'More' }],
      ['PATCH', `/${leaked.id}`, { name: 'Renamed' }],
      ['PATCH', `/${leaked.id}`, { disabled: false }],
      ['PATCH', `/${leaked.id}`, { disabled: true, name: 'Renamed' }],
      ['POST', `/${leaked.id}/rotate`, { gracePeriod: '1s' }],
      ['POST', `/${leaked.id}/rotate`, {}],
      ['DELETE', `/${leaked.id}`, []],
      ['GET', '/due', undefined],
    ] as const) {
      const { status, body: told } = await ann(method, path, body)
      expect([method, path, status, told.code]).toEqual([method, path, 429, 'quota_exceeded'])
    }
  })

  test('a caller that floods what is free is charged again, and no other is', async () => {
    const { ann, leaked, agentOf, manager } = await openUsedUp()
    const flood = agentOf(manager.secret)
    for (let n = 0; n < 300; n++) await flood.get(`/keys/${leaked.id}`).expect(200)
    await flood.get(`/keys/${leaked.id}`).expect(429)
    await flood.delete(`/keys/${leaked.id}`).expect(429)
    expect(await ann('DELETE', `/${leaked.id}`)).toMatchObject({ status: 204 })
  })

  test.each(['key', 'token'] as const)(
    'a %s of a successor begins without any, so that rotations make no more of them; they come by and by',
    async (presenting) => {
      const { leaked, agentOf, manager, time, gate } = await openUsedUp()
      // The plan is there again, and is used up once the credential is made.
      time.now += 31 * 86_400_000
      const rotated = await agentOf(manager.secret)
        .post(`/keys/${manager.id}/rotate`)
        .send({ gracePeriod: '0s' })
        .expect(201)
      const next = keyIn(rotated)
      // A token of it is the same caller.
      const secret =
        presenting === 'key' ? next.secret : (await gate.tokens.exchange(next.secret)).accessToken
      while ((await gate.verify(leaked.secret)).allowed);
      const statusOf = async (path: string) =>
        (await agentOf(secret).post(path).send({ gracePeriod: '0s' })).status
      expect(await statusOf(`/keys/${next.id}/rotate`)).toBe(429)
      time.now += 400
      const look = async () => (await agentOf(secret).get(`/keys/${leaked.id}`)).status
      expect([await look(), await look(), await look()]).toEqual([200, 200, 429])
      time.now += 199
      expect(await look()).toBe(429)
      time.now += 1
      await agentOf(secret).delete(`/keys/${leaked.id}`).expect(204)
      expect(await look()).toBe(429)
      time.now += 60_000
      for (let n = 0; n < 300; n++) expect(await look()).toBe(200)
      expect(await look()).toBe(429)
    },
  )

  test('a plan without access does not keep its owner from stopping a key', async () => {
    const site = await openSite({
      gate: { plans: { ...PLANS, none: { access: false } }, limits: { defaultPlan: 'none' } },
    })
    const manager = await site.create()
    const leaked = await site.create({ scopes: [] })
    const send = site.agentOf(manager.secret)
    await send.post('/keys').send({ name: 'More' }).expect(403)
    await send.delete(`/keys/${leaked.id}`).expect(204)
  })

  test('a change is counted once, and what stops a key is not', async () => {
    const site = await openSite({
      gate: {
        plans: { some: { quota: { limit: 10, window: '30d' } } },
        limits: { defaultPlan: 'some' },
      },
    })
    const manager = await site.create()
    const key = await site.create({ scopes: [] })
    const send = site.agentOf(manager.secret)
    const used = async () => {
      const now = await site.gate.verify(manager.secret)
      return now.headers['x-ratelimit-remaining']
    }
    expect(await used()).toBe('9')
    const renamed = await send.patch(`/keys/${key.id}`).send({ name: 'Other' }).expect(200)
    expect(renamed.headers['x-ratelimit-remaining']).toBe('8')
    await send.get('/keys').expect(200)
    await send.patch(`/keys/${key.id}`).send({ disabled: true }).expect(200)
    await send.delete(`/keys/${key.id}`).expect(204)
    expect(await used()).toBe('7')
  })
})

describe('the record of a change says from where it came', () => {
  test.each(['a person', 'a key', 'a token of an issuer'])('by %s', async (who) => {
    const { sink, ann, leaked, manager, agentOf, tokenFor, gate } = await openUsedUp()
    if (who === 'a person') await ann('DELETE', `/${leaked.id}`)
    else {
      const secret = who === 'a key' ? manager.secret : await tokenFor(MANAGER)
      await agentOf(secret, '203.0.113.7').delete(`/keys/${leaked.id}`).expect(204)
    }
    await gate.close()
    const [change] = sink.records('key').filter((one) => 'action' in one && one.action === 'revoke')
    expect(change).toMatchObject({ keyId: leaked.id, client: '203.0.113.7' })
  })
})

describe('the plan that is shown is the one in force', () => {
  const PAID = {
    free: { quota: { limit: 5, window: '1h' } },
    pro: { quota: { limit: 500, window: '1h' } },
  } as const

  async function open(override: NonNullable<GateOptions['limits']>['override']) {
    const limits = { defaultPlan: 'free', ...(override && { override }) }
    const site = await openSite({ gate: { plans: PAID, limits } })
    const manager = await site.create({ plan: 'free' })
    const send = site.agentOf(manager.secret)
    return { ...site, id: manager.id, send }
  }

  test('by limits.override', async () => {
    const { id, send, gate } = await open(() => ({ plan: 'pro', limit: 300 }))
    const inForce = { plan: 'pro', limit: 300 }
    expect((await send.get(`/keys/${id}`)).body).toMatchObject(inForce)
    expect((await send.get('/keys/self')).body).toMatchObject(inForce)
    expect((await send.get('/keys')).body).toMatchObject({ keys: [inForce] })
    expect((await send.post('/keys').send({ name: 'More' })).body).toMatchObject(inForce)
    expect((await send.patch(`/keys/${id}`).send({ name: 'Other' })).body).toMatchObject(inForce)
    const rotated = await send.post(`/keys/${id}/rotate`).send({})
    expect(rotated.body).toMatchObject({ ...inForce, previous: inForce })
    // What is stored stays as it is.
    expect(await gate.keys.get(id)).toMatchObject({ plan: 'free' })
  })

  test('and else that of the key', async () => {
    const { id, send } = await open(() => undefined)
    const answer = await send.get(`/keys/${id}`)
    expect(answer.body).toMatchObject({ plan: 'free' })
    expect(answer.body).not.toHaveProperty('limit')
  })

  test('also where the app fails to say', async () => {
    let fails = false
    const { id, send, errors } = await open(() => {
      if (fails) throw new Error('away')
      return undefined
    })
    fails = true
    expect((await send.get(`/keys/${id}`).expect(200)).body).toMatchObject({ plan: 'free' })
    expect(errors.map(String)).toEqual(['Error: away'])
  })
})
