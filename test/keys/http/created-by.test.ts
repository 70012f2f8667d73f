import { afterEach, expect, test } from '@jest/globals'
import { closeSites, keyIn, MANAGER, openSite } from './site.js'
import { ISSUER } from '../../jwt/issuer.js'
import { ISSUER as OWN } from '../../oauth/http/api.js'

afterEach(closeSites)

const NEW = { name: 'New' }

test('a key says which key made it, to code and to those who manage keys', async () => {
  const { gate, create, agentOf } = await openSite()
  const maker = await create()
  const createdBy = { keyId: maker.id }
  const made = keyIn(await agentOf(maker.secret).post('/keys').send(NEW).expect(201))
  expect(made).toMatchObject({ createdBy })
  const { id } = made
  expect(await gate.keys.get(id)).toMatchObject({ createdBy })
  const { items } = await gate.keys.list({ ownerId: 'org_1' })
  expect(items.find((key) => key.id === id)).toMatchObject({ createdBy })
  const manager = agentOf((await create()).secret)
  expect((await manager.get(`/keys/${id}`)).body).toMatchObject({ createdBy })
  const { keys } = (await manager.get('/keys')).body as { keys: { id: string }[] }
  expect(keys.find((key) => key.id === id)).toMatchObject({ createdBy })
  expect((await manager.patch(`/keys/${id}`).send({ name: 'x' })).body).toMatchObject({ createdBy })
})

test('a key that a token made names the issuer, its subject and its client', async () => {
  const { gate, agentOf, tokenFor } = await openSite()
  const token = await tokenFor(MANAGER, { sub: 'alice', client_id: 'app' })
  const body = keyIn(await agentOf(token).post('/keys').send(NEW).expect(201))
  const createdBy = { issuer: ISSUER, subject: 'alice', clientId: 'app' }
  expect((await gate.keys.get(body.id))?.createdBy).toEqual(createdBy)
})

test('a key that was made with a token of a key names that key', async () => {
  const { gate, create, agentOf, exchange } = await openSite()
  const maker = await create()
  const agent = agentOf(await exchange(maker))
  const body = keyIn(await agent.post('/keys').send(NEW).expect(201))
  const made = await gate.keys.get(body.id)
  expect(made?.createdBy).toMatchObject({ keyId: maker.id, issuer: OWN })
})

test('a successor is made by who rotated it, and by nobody where code did', async () => {
  const { gate, create, agentOf } = await openSite()
  const [maker, other] = [await create(), await create()]
  const made = keyIn(await agentOf(maker.secret).post('/keys').send(NEW).expect(201))
  const { id } = made
  const rotated = keyIn(await agentOf(other.secret).post(`/keys/${id}/rotate`).expect(201))
  expect(rotated).toMatchObject({
    createdBy: { keyId: other.id },
    rotatedFrom: id,
    previous: { createdBy: { keyId: maker.id } },
  })
  const again = await gate.keys.rotate(rotated.id)
  expect(again).not.toHaveProperty('createdBy')
})

test('what code makes or imports names nobody', async () => {
  const { gate, create } = await openSite()
  expect(await create()).not.toHaveProperty('createdBy')
  const imported = { name: 'Old', ownerId: 'org_1', environment: 'live', secret: 'old-secret-1' }
  expect(await gate.keys.import(imported)).not.toHaveProperty('createdBy')
})

test('whoever holds a key is not told who made it; a manager is told no member that this version does not know', async () => {
  const { gate, store, create, agentOf } = await openSite()
  const { id, secret } = await create()
  const createdBy = { keyId: 'key_maker', userId: 'operator@example.com' }
  const record = {
    ...(await store.findById(id)),
    id: 'key_other',
    digest: 'x'.repeat(43),
    createdBy,
  }
  await store.insert(record as never)
  const body = keyIn(await agentOf(secret).get('/keys/key_other').expect(200))
  expect(body).toMatchObject({ createdBy: { keyId: 'key_maker' } })
  expect(JSON.stringify(body)).not.toContain('operator@example.com')
  const made = await agentOf(secret).post('/keys').send(NEW).expect(201)
  const own = await agentOf(keyIn(made).secret).get('/keys/self').expect(200)
  expect(own.body).not.toHaveProperty('createdBy')
  expect((await gate.keys.get('key_other'))?.createdBy).toEqual(createdBy)
})
