import { afterEach, describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyRecord } from 'sallyport'
import { NOW } from '../../jwt/issuer.js'
import { closeSites, keyIn, MANAGER, openSite } from './site.js'

afterEach(closeSites)

const END = new Date(NOW * 1_000 + 3_600_000)
const EARLIER = new Date(END.getTime() - 1_000).toISOString()
const LATER = new Date(END.getTime() + 1_000).toISOString()
/** What the manager is held to; requests come from 203.0.113.1. */
const HELD = { allowedIps: ['203.0.113.0/24', '2001:db8::/32'], expiresAt: END }

/** A manager that is held to addresses and to an end, as a key or with a token that was made from it. */
async function openHeld(as: 'key' | 'token') {
  const site = await openSite()
  const manager = await site.create(HELD)
  const agent = site.agentOf(as === 'key' ? manager.secret : await site.exchange(manager))
  return { ...site, manager, agent }
}

describe.each(['key', 'token'] as const)(
  'a manager with a %s of a key with a list and an end',
  (as) => {
    test('makes keys that are held to the same, where it does not say', async () => {
      const { agent, gate } = await openHeld(as)
      const { id } = keyIn(await agent.post('/keys').send({ name: 'x' }).expect(201))
      expect(await gate.keys.get(id)).toMatchObject(HELD)
    })

    test.each([
      [{ allowedIps: ['203.0.113.7'] }, 201],
      [{ allowedIps: ['203.0.113.128/25', '2001:db8:1::/48', '::ffff:203.0.113.9'] }, 201],
      [{ allowedIps: [] }, 201],
      [{ expiresAt: EARLIER }, 201],
      [{ expiresAt: END.toISOString() }, 201],
      [{ allowedIps: ['203.0.112.0/23'] }, 403],
      [{ allowedIps: ['203.0.113.7', '198.51.100.1'] }, 403],
      [{ allowedIps: ['::/0'] }, 403],
      [{ allowedIps: ['0.0.0.0/0'] }, 403],
      [{ expiresAt: LATER }, 403],
    ])('makes keys with the same or less: %j', async (body, status) => {
      const { agent, store } = await openHeld(as)
      const answer = await agent.post('/keys').send({ name: 'x', ...body })
      expect(answer.status).toBe(status)
      if (status === 403) expect(answer.body).toMatchObject({ code: 'not_grantable' })
      expect((await store.list({})).items).toHaveLength(status === 201 ? 2 : 1)
    })

    test.each([
      { allowedIps: null },
      { expiresAt: null },
      { allowedIps: null, expiresAt: null },
      { allowedIps: ['198.51.100.1'] },
      { expiresAt: LATER },
    ])('takes nothing from what restricts itself or another: %j', async (body) => {
      const { agent, gate, create, manager } = await openHeld(as)
      const other = await create(HELD)
      for (const { id } of [manager, other]) {
        const answer = await agent.patch(`/keys/${id}`).send(body).expect(403)
        expect(answer.body).toMatchObject({ code: 'not_grantable' })
        expect(await gate.keys.get(id)).toMatchObject(HELD)
      }
    })

    test('neither rotates nor changes a key that is held to less, but narrows, disables and ends it', async () => {
      const { agent, create } = await openHeld(as)
      const free = await create()
      await agent.post(`/keys/${free.id}/rotate`).expect(403)
      await agent.patch(`/keys/${free.id}`).send({ name: 'Mine' }).expect(403)
      const narrow = { allowedIps: ['203.0.113.7'], expiresAt: EARLIER }
      await agent.patch(`/keys/${free.id}`).send(narrow).expect(200)
      const [one, two] = [await create(), await create()]
      await agent.patch(`/keys/${one.id}`).send({ disabled: true }).expect(200)
      await agent.delete(`/keys/${two.id}`).expect(204)
    })

    test('rotates itself, and the successor is held to the same', async () => {
      const { agent, gate, manager } = await openHeld(as)
      const { id } = keyIn(await agent.post(`/keys/${manager.id}/rotate`).expect(201))
      expect(await gate.keys.get(id)).toMatchObject(HELD)
    })
  },
)

test('a request that is repeated does not show the secret of a key that is held to less by now', async () => {
  const { agent, gate } = await openHeld('key')
  const again = () => agent.post('/keys').set('idempotency-key', 'once').send({ name: 'x' })
  const { id } = keyIn(await again().expect(201))
  await again().expect(201)
  await gate.keys.update(id, { allowedIps: null })
  expect((await again().expect(403)).body).not.toHaveProperty('secret')
})

test('the end of a token of another issuer is that of the token, and of no key that it makes', async () => {
  const { agentOf, tokenFor } = await openSite()
  const agent = agentOf(await tokenFor(MANAGER))
  const made = keyIn(await agent.post('/keys').send({ name: 'x' }).expect(201))
  expect(made).not.toHaveProperty('expiresAt')
  await agent.patch(`/keys/${made.id}`).send({ allowedIps: null, expiresAt: null }).expect(200)
})

describe('a key that is disabled', () => {
  test('by code is enabled by code alone, also after it was disabled over HTTP once more', async () => {
    const { gate, create, agentOf } = await openSite()
    const agent = agentOf((await create()).secret)
    const { id } = await create()
    await gate.keys.update(id, { disabled: true })
    for (const first of [{}, { disabled: true }, { name: 'x' }]) {
      await agent.patch(`/keys/${id}`).send(first).expect(200)
      const answer = await agent.patch(`/keys/${id}`).send({ disabled: false }).expect(403)
      expect(answer.body).toMatchObject({ code: 'not_grantable' })
      await agent.patch(`/keys/${id}`).send({ name: 'y', disabled: false }).expect(403)
    }
    expect(await gate.keys.get(id)).toMatchObject({ state: 'disabled' })
    expect(await gate.keys.update(id, { disabled: false })).toMatchObject({ state: 'active' })
  })

  test('over HTTP is enabled over HTTP and by code; once code has disabled it, by code alone', async () => {
    const { gate, create, agentOf } = await openSite()
    const agent = agentOf((await create()).secret)
    const { id } = await create()
    const disable = async (disabled: boolean, status: number) => {
      await agent.patch(`/keys/${id}`).send({ disabled }).expect(status)
    }
    await disable(true, 200)
    await disable(false, 200)
    await disable(true, 200)
    await gate.keys.update(id, { disabled: false })
    await disable(true, 200)
    await gate.keys.update(id, { disabled: true })
    await disable(false, 403)
  })

  test('by a version that does not say how counts as disabled by code', async () => {
    const store = createMemoryKeyStore()
    const { create, agentOf } = await openSite({ gate: { keys: { prefix: 'acme', store } } })
    const agent = agentOf((await create()).secret)
    const { id } = await create()
    await agent.patch(`/keys/${id}`).send({ disabled: true }).expect(200)
    const { version } = (await store.findById(id)) as KeyRecord
    await store.update(id, { disabledAt: new Date(NOW * 1_000 + 1) }, version)
    await agent.patch(`/keys/${id}`).send({ disabled: false }).expect(403)
  })
})

describe('metadata over HTTP', () => {
  type Rule = 'none' | 'all' | readonly string[]

  async function openWith(metadata?: Rule) {
    const site = await openSite(metadata && { managing: { metadata } })
    const agent = site.agentOf((await site.create()).secret)
    const { id } = await site.create({ metadata: { tier: 'gold', seats: { max: 2 } } })
    const patch = (body: object) => agent.patch(`/keys/${id}`).send({ metadata: body })
    const now = async () => (await site.gate.keys.get(id))?.metadata
    return { ...site, agent, id, patch, now }
  }

  test('leaves what code has set, whether it is repeated or left out', async () => {
    const { patch, now, gate, id } = await openWith()
    await patch({ team: 'a' }).expect(200)
    expect(await now()).toEqual({ tier: 'gold', seats: { max: 2 }, team: 'a' })
    await patch({ tier: 'gold', team: 'b' }).expect(200)
    expect(await now()).toEqual({ tier: 'gold', seats: { max: 2 }, team: 'b' })
    await patch({}).expect(200)
    expect(await now()).toEqual({ tier: 'gold', seats: { max: 2 } })
    for (const wrong of [{ tier: 'free' }, { seats: { max: 9 } }, { seats: null, team: 'x' }]) {
      expect((await patch(wrong).expect(403)).body).toMatchObject({ code: 'not_grantable' })
    }
    await patch({ team: 'c' }).expect(200)
    await gate.keys.update(id, { metadata: { team: 'by code' } })
    await patch({ team: 'd' }).expect(403)
  })

  test('of a key from before counts as that of code', async () => {
    const { store, id, patch, now } = await openWith()
    await patch({ team: 'a' }).expect(200)
    const { version } = (await store.findById(id)) as KeyRecord
    await store.update(id, { metadataOverHttp: null }, version)
    await patch({ team: 'b' }).expect(403)
    expect(await now()).toMatchObject({ team: 'a' })
  })

  test('a caller changes what a caller has set of a new key, also of its successor', async () => {
    const { agent, create } = await openWith()
    const made = keyIn(
      await agent
        .post('/keys')
        .send({ name: 'x', metadata: { a: 1 } })
        .expect(201),
    )
    await agent
      .patch(`/keys/${made.id}`)
      .send({ metadata: { a: 2 } })
      .expect(200)
    const next = keyIn(await agent.post(`/keys/${made.id}/rotate`).expect(201))
    await agent
      .patch(`/keys/${next.id}`)
      .send({ metadata: { a: 3 } })
      .expect(200)
    const coded = await create({ metadata: { a: 1 } })
    const after = keyIn(await agent.post(`/keys/${coded.id}/rotate`).expect(201))
    await agent
      .patch(`/keys/${after.id}`)
      .send({ metadata: { a: 3 } })
      .expect(403)
  })

  test.each<[Rule, object, number, object]>([
    ['none', { team: 'a' }, 403, {}],
    ['none', {}, 201, {}],
    ['all', { team: 'a' }, 201, { team: 'a' }],
    [['team'], { team: 'a' }, 201, { team: 'a' }],
    [['team'], { team: 'a', tier: 'gold' }, 403, {}],
  ])('with the option %j, a new key with %j is %i', async (rule, metadata, status, kept) => {
    const { agent } = await openWith(rule)
    const answer = await agent.post('/keys').send({ name: 'x', metadata }).expect(status)
    if (status === 201) expect(answer.body).toMatchObject({ metadata: kept })
  })

  test.each<[Rule, object, number]>([
    ['none', { tier: 'gold' }, 200],
    ['none', { team: 'a' }, 403],
    ['all', { tier: 'free' }, 200],
    [['tier'], { tier: 'free' }, 200],
    [['tier'], { seats: 9 }, 403],
  ])('with the option %j, a change to %j is %i', async (rule, metadata, status) => {
    const { patch, now } = await openWith(rule)
    await patch(metadata).expect(status)
    const seats = { max: 2 }
    const after = status === 403 ? { tier: 'gold' } : metadata
    expect(await now()).toEqual(rule === 'all' ? after : { seats, ...after })
  })

  test('has one bound, with what code has set', async () => {
    const { patch, gate, id } = await openWith()
    await gate.keys.update(id, { metadata: { code: 'x'.repeat(4_000) } })
    await patch({ team: 'x'.repeat(200) }).expect(400)
    await patch({ team: 'x' }).expect(200)
  })
})

describe('the environments of new keys', () => {
  const make = { name: 'x', environment: 'test' }

  test('are those of the callers', async () => {
    const { create, agentOf } = await openSite()
    const agent = agentOf((await create()).secret)
    expect((await agent.post('/keys').send(make).expect(403)).body).toMatchObject({
      ...{ code: 'not_grantable', detail: "Callers make no keys in the environment 'test'." },
    })
    await agent.post('/keys').send({ name: 'x', environment: 'nowhere' }).expect(400)
  })

  test('are those of the option, as far as the caller manages them', async () => {
    const managing = { environments: ['live', 'test'] }
    const { create, agentOf } = await openSite({ managing })
    await agentOf((await create()).secret)
      .post('/keys')
      .send(make)
      .expect(201)
    const tester = agentOf((await create({ environment: 'test' })).secret)
    await tester.post('/keys').send({ name: 'x', environment: 'live' }).expect(400)
    await tester.post('/keys').send({ name: 'x' }).expect(201)
  })

  test('may leave out that of the caller', async () => {
    const { create, agentOf } = await openSite({ managing: { environments: ['test'] } })
    const agent = agentOf((await create()).secret)
    await agent.post('/keys').send({ name: 'x' }).expect(403)
    await agent.post('/keys').send(make).expect(201)
  })
})

test.each([
  [{ environments: ['prod'] }, /'environments' must be/],
  [{ environments: 'live' }, /'environments' must be/],
  [{ metadata: 'some' }, /'metadata' must be/],
  [{ metadata: [1] }, /'metadata' must be/],
])('key endpoints do not open with %j', async (managing, message) => {
  await expect(openSite({ managing: managing as never })).rejects.toThrow(message)
})
