import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore } from 'sallyport'
import { createDescription } from 'sallyport/openapi'
import { ANN, openConsole, SCOPES, type Scope } from './harness.js'

const described = {
  info: { title: 'Orders', version: '1' },
  routes: [
    { method: 'get', path: '/v1/orders', summary: 'List orders', scopes: ['read:orders'] },
    { method: 'get', path: '/health', summary: 'Is it up', isPublic: true },
  ],
} as const

function openDocs() {
  const gate = createGate<Scope>({
    environment: { live: { hosts: ['api.acme.example'] }, test: {}, default: 'test' },
    keys: {
      prefix: 'acme',
      store: createMemoryKeyStore(),
      peppers: ['a pepper that only the gate knows'],
    },
    scopes: SCOPES,
    credentials: { bearer: false, header: 'x-acme-key' },
    plans: { free: { quota: { limit: 1_234, window: '1h' } } },
    limits: { defaultPlan: 'free' },
  })
  const description = createDescription(gate, described)
  return { ...openConsole({ description }, gate), gate, description }
}

describe('how to call the API', () => {
  test('is told as the gate has it', async () => {
    const { send, gate } = openDocs()
    const { text } = await send('/docs')
    const said = gate.describe()
    expect(text).toContain('<code>X-Acme-Key</code>')
    // Those that it describes, and those of the person.
    for (const name of ['read:orders', 'write:orders']) {
      expect(text).toContain(`<code>${name}</code>`)
    }
    for (const { name } of said.environments) expect(text).toContain(`acme_${name}_`)
    expect(text).toContain('api.acme.example')
    expect(text).toContain('1,234 requests in 1 hour')
    for (const reason of Object.keys(said.errors.responses)) {
      expect(text).toContain(`<h3><code>${reason}</code></h3>`)
    }
    for (const { status } of Object.values(said.errors.responses)) {
      expect(text).toContain(`role="rowheader">${String(status)}</th>`)
    }
    expect(text).toContain('GET /v1/orders')
    expect(text).not.toContain('a pepper that only the gate knows')
    await gate.close()
  })

  test('is told on the page of a new key with the header and the host of the API', async () => {
    const { send, post, gate } = openDocs()
    const { text } = await send('/keys/new')
    const fields = { name: 'A', environment: 'live', kind: 'sk', expiry: '30d' }
    const made = await post('/keys', text, { ...fields, scopes: ['read:orders'] })
    expect(made.text).toContain(
      'curl &#39;https://api.acme.example/v1/orders&#39; -H &#39;X-Acme-Key: acme_live_sk_',
    )
    await gate.close()
  })

  test('is told without scopes that the description leaves out, unless the person holds them', async () => {
    const { send, people, gate } = openDocs()
    expect((await send('/docs')).text).not.toContain('manage:keys')
    people.set('sam', { ...ANN, id: 'sam', sessionId: 'sam', scopes: ['manage:keys'] })
    const { text } = await send('/docs', { as: 'sam' })
    expect(text).toContain('<code>manage:keys</code>')
    expect(text).not.toContain('<code>write:orders</code>')
    const all = (await openConsole({}, gate).send('/docs')).text
    for (const name of Object.keys(SCOPES)) expect(all).toContain(`<code>${name}</code>`)
    await gate.close()
  })

  test('is told with the plans to those alone who see keys or their use', async () => {
    const { send, gate } = openDocs()
    for (const as of ['ann', 'bob', 'viewer', 'nobody']) {
      const { status, text } = await send('/docs', { as })
      const isShown = text.includes('1,234 requests') && text.includes('free (default)')
      expect([as, status, isShown]).toEqual([as, 200, as !== 'nobody'])
    }
    await gate.close()
  })

  test('is downloaded for OpenAPI and Postman, and holds no secret', async () => {
    const { send, gate, description } = openDocs()
    const key = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
    const documents = { openapi: description.openApi(), postman: description.postman() }
    for (const name of ['openapi', 'postman'] as const) {
      const { status, headers, text } = await send(`/docs/${name}.json`)
      expect([status, headers['content-type']]).toEqual([200, 'application/json'])
      expect(headers['content-disposition']).toBe(`attachment; filename="${name}.json"`)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(documents[name])))
      for (const secret of [key.secret, 'a pepper that only the gate knows'])
        expect(text).not.toContain(secret)
      expect((await send(`/docs/${name}.json`, { as: '' })).status).toBe(401)
    }
    await gate.close()
  })

  test('has no downloads where the app gives none', async () => {
    const { send } = openConsole()
    expect((await send('/docs')).text).not.toContain('Download')
    expect((await send('/docs/openapi.json')).status).toBe(404)
  })

  test('takes a document that was written by hand for what it is', async () => {
    const openapi = { paths: { '/a': { get: 7, parameters: [] }, '/<i>': { get: {} } } }
    const description = { openApi: () => openapi, postman: () => ({}) }
    const { text } = await openConsole({ description }).send('/docs')
    expect(text).toContain('GET /a')
    expect(text).toContain('GET /&lt;i&gt;')
  })
})
