import { afterEach, expect, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyStore } from 'sallyport'
import { closeSites, keyIn, openSite, type SiteOptions } from './site.js'

afterEach(closeSites)

const DAY = 86_400_000

/** A caller that asks for a key on one occasion, as often as it likes. */
async function openRepeating(gate: SiteOptions['gate'] = {}) {
  const site = await openSite({ gate })
  const { secret } = await site.create()
  const agent = site.agentOf(secret)
  const post = () => agent.post('/keys').set('Idempotency-Key', 'once').send({ name: 'CI' })
  return { ...site, post }
}

test('a request to create a key is answered again for 24 h, and without a secret after that', async () => {
  const { post, time } = await openRepeating()
  const first = await post().expect(201)
  time.now += DAY - 1
  expect(keyIn(await post().expect(201)).secret).toBe(keyIn(first).secret)
  for (const ms of [1, DAY]) {
    time.now += ms
    const late = await post().expect(422)
    expect(late.body).toMatchObject({ code: 'idempotency_key_reused' })
    expect(late.text).not.toContain('acme_')
  }
})

test('a request to create a key is 403 once the key has what its creator cannot hand out', async () => {
  const { gate, post } = await openRepeating()
  const { id } = keyIn(await post().expect(201))
  await gate.keys.update(id, { scopes: ['manage:billing'] })
  const answer = await post().expect(403)
  expect(answer.text).not.toContain('acme_')
})

test.each<[string, object]>([
  ['is revoked', { revokedAt: new Date(0) }],
  ['has expired', { expiresAt: new Date(0) }],
])('a request to create a key is answered without it once the key %s', async (_, patch) => {
  const { post, store } = await openRepeating()
  const { id } = keyIn(await post().expect(201))
  expect(await store.update(id, patch, 1)).toBe(true)
  const answer = await post().expect(422)
  expect(answer.body).toMatchObject({ code: 'idempotency_key_reused' })
  expect(answer.text).not.toContain('acme_')
})

test('a request to create a key is answered without it where its secret cannot be worked out any more', async () => {
  const store = createMemoryKeyStore()
  const siteWith = (peppers: readonly string[]) =>
    openSite({ gate: { keys: { prefix: 'acme', store, peppers } } })
  const [older, newer] = ['older', 'newer'].map((name) => name.repeat(8))
  const { secret } = await (await siteWith([])).create()
  const postTo = async (peppers: readonly (string | undefined)[]) => {
    const { agentOf } = await siteWith(peppers.map(String))
    return agentOf(secret).post('/keys').set('Idempotency-Key', 'once').send({ name: 'CI' })
  }
  const first = await postTo([older])
  expect(first.status).toBe(201)
  // A pepper that is not the first any more is known all the same.
  expect(keyIn(await postTo([newer, older])).secret).toBe(keyIn(first).secret)
  const late = await postTo([newer])
  expect(late.status).toBe(422)
  expect(late.text).not.toContain('acme_')
})

test('a request to create a key of which the store did not say whether it was made is 503, and answered when it is sent again', async () => {
  const memory = createMemoryKeyStore()
  let silent = false
  const store: KeyStore = {
    ...memory,
    insert: async (record, provided) => {
      const inserted = await memory.insert(record, provided)
      if (silent) throw new Error('connection reset')
      return inserted
    },
  }
  const { gate, post } = await openRepeating({ keys: { prefix: 'acme', store } })
  silent = true
  const lost = await post().expect(503)
  expect(lost.text).not.toContain('acme_')
  const again = await post().expect(201)
  expect(await gate.verify(keyIn(again).secret)).toMatchObject({ allowed: true })
  expect((await gate.keys.list()).items).toHaveLength(2)
})

test('a request to create a key is answered without it where the store has lost what it was made from', async () => {
  const memory = createMemoryKeyStore()
  let lost = false
  const store: KeyStore = {
    ...memory,
    findById: async (id) => {
      const record = await memory.findById(id)
      if (!lost || record === undefined) return record
      const { retry: _, ...others } = record
      return others
    },
  }
  const { post } = await openRepeating({ keys: { prefix: 'acme', store } })
  await post().expect(201)
  lost = true
  const answer = await post().expect(422)
  expect(answer.text).not.toContain('acme_')
})

test('a request to create a key with more than its creator can hand out is 403, and nothing is kept of it', async () => {
  const { gate, post } = await openRepeating()
  await post()
    .send({ scopes: ['manage:billing'] })
    .expect(403)
  expect((await gate.keys.list()).items).toHaveLength(1)
  // The name of the request is free.
  await post().expect(201)
})

test('a token does not reach a tenant that its key was given later', async () => {
  const { gate, create, exchange, agentOf } = await openSite()
  const key = await create({ tenantIds: ['a'] })
  const old = agentOf(await exchange(key))
  await gate.keys.update(key.id, { tenantIds: ['a', 'b'] })
  await old.get('/t/a').expect(200)
  await old.get('/t/b').expect(403)
  // The control: a new one does.
  await agentOf(await exchange(key))
    .get('/t/b')
    .expect(200)
})
