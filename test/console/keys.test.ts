import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import type { ConsoleUser } from 'sallyport/console'
import { createDescription } from 'sallyport/openapi'
import { respelled } from '../respelled.js'
import { ANN, openConsole, SCOPES, tokenIn, type Scope, type Sent } from './harness.js'

const FIELDS = {
  ...{ name: 'Billing', environment: 'live', kind: 'sk', expiry: '90d' },
  scopes: ['read:orders'],
}

const secretIn = (text: string) => /id="secret"[^>]*>([^<]*)</.exec(text)?.[1] ?? ''
const idIn = (text: string) => /keys\/(key_\w+)"/.exec(text)?.[1] ?? ''

/** Opens the form of a new key, and sends it. */
async function create(
  console: ReturnType<typeof openConsole>,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
  sent: Sent = {},
) {
  const { text } = await console.send('/keys/new', sent)
  return console.post('/keys', text, { ...FIELDS, ...fields }, sent)
}

async function withKey(overrides = {}) {
  const opened = openConsole(overrides)
  const made = await create(opened)
  return { ...opened, made, secret: secretIn(made.text), id: idIn(made.text) }
}

describe('a new key', () => {
  test('is answered with 201 and its secret, which works at the next request', async () => {
    const { made, secret, gate, id } = await withKey()
    expect(made.status).toBe(201)
    expect(secret).toMatch(/^acme_live_sk_/)
    const decision = await gate.verify(secret)
    expect(decision.allowed).toBe(true)
    const key = await gate.keys.get(id)
    expect(key).toMatchObject({
      ...{ name: 'Billing', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
      createdBy: { subject: 'ann' },
      expiresAt: new Date('2030-09-13T12:00:00Z'),
    })
  })

  test('has its secret on that one page alone', async () => {
    const { made, secret, id, send, errors } = await withKey()
    expect(made.text.split(secret)).toHaveLength(4)
    expect(JSON.stringify(made.headers)).not.toContain(secret)
    for (const path of ['/', '/keys', `/keys/${id}`, `/keys/${id}/rotate`, `/keys/${id}/revoke`]) {
      expect((await send(path)).text).not.toContain(secret)
    }
    expect(errors).toEqual([])
  })

  test('has no scopes only where somebody says that it is to have none', async () => {
    const { send, post, gate } = openConsole()
    const { text } = await send('/keys/new')
    expect(text).not.toContain('without_scopes')
    const { scopes: _scopes, ...none } = FIELDS
    const asked = await post('/keys', text, none)
    expect(asked.status).toBe(422)
    expect(asked.text).toContain('<a href="#f-scopes">Choose at least one scope,')
    expect(asked.text).toMatch(/<input\s+type="checkbox"\s+name="without_scopes"\s+value="yes"/)
    expect(asked.text).toContain('It can call only endpoints that need no scope.')
    expect((await gate.keys.list()).items).toEqual([])
    // What is checked stays checked.
    const more = await post('/keys', asked.text, { ...none, name: '', without_scopes: 'yes' })
    expect(more.text).toMatch(/name="without_scopes"\s+value="yes"[^>]*\schecked/)
    const made = await post('/keys', asked.text, { ...none, without_scopes: 'yes' })
    expect([made.status, (await gate.keys.list()).items[0]?.scopes]).toEqual([201, []])
    const both = await post('/keys', more.text, { ...FIELDS, without_scopes: 'yes' })
    expect([both.status, (await gate.keys.list()).items[0]?.scopes]).toEqual([201, ['read:orders']])
  })

  test('of a person who holds no scopes has none, and the form says what it can call', async () => {
    const { send, post, people } = openConsole()
    people.set('ann', { ...ANN, scopes: [] })
    const { text } = await send('/keys/new')
    expect(text).toContain('You have no scopes to give. The key can call only')
    const { scopes: _scopes, ...none } = FIELDS
    expect((await post('/keys', text, none)).status).toBe(201)
  })

  test('has lines for a .env file and for a shell', async () => {
    const { made, secret } = await withKey()
    expect(made.text).toContain(`API_KEY=${secret}`)
    expect(made.text).toContain(
      `curl &#39;https://app.example/&#39; -H &#39;Authorization: Bearer ${secret}&#39;`,
    )
  })

  test('is tried with the media types that the endpoint asks for', async () => {
    const json = 'application/json'
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES },
    })
    const routes = [
      { method: 'get', path: '/v1/carts', scopes: ['manage:keys'] },
      { method: 'post', path: '/v1/orders', scopes: [], type: 'text/csv' },
      { method: 'get', path: '/v1/orders', scopes: [], type: json, accept: json },
    ] as const
    const info = { title: 'Orders', version: '1' }
    const opened = openConsole({ description: createDescription(gate, { info, routes }) }, gate)
    const { text } = await create(opened)
    const types = ['Content-Type', 'Accept'].map((name) => ` -H &#39;${name}: ${json}&#39;`)
    const secret = secretIn(text)
    expect(text).toContain(
      `/v1/orders&#39; -H &#39;Authorization: Bearer ${secret}&#39;${types.join('')}`,
    )
    expect((await opened.send('/docs')).text).toContain(`YOUR_API_KEY&#39;`)
    await gate.close()
  })

  test('is tried at an endpoint that it may call; on a laptop, in the name of the host of its environment', async () => {
    const gate = createGate<Scope>({
      environment: { live: { hosts: ['api.acme.example'] }, test: {}, default: 'test' },
      ...{ keys: { prefix: 'acme' }, scopes: SCOPES },
    })
    const routes = [
      { method: 'get', path: '/v1/orders/{id}', summary: 'One', scopes: ['read:orders'] },
      { method: 'get', path: '/v1/keys', summary: 'Keys', scopes: ['manage:keys'] },
      { method: 'post', path: '/v1/orders', summary: 'Add', scopes: ['read:orders'] },
      { method: 'get', path: '/v1/orders', summary: 'All', scopes: ['read:orders'] },
    ] as const
    const info = { title: 'Orders', version: '1' }
    const description = createDescription(gate, { info, routes })
    const opened = openConsole({ description }, gate)
    expect((await create(opened)).text).toContain(
      'curl &#39;https://api.acme.example/v1/orders&#39; -H &#39;Authorization: Bearer acme_live_sk_',
    )
    const laptop = { headers: { host: '127.0.0.1:3000' } }
    const page = await opened.send('/keys/new', laptop)
    const { text } = await opened.post('/keys', page.text, FIELDS, laptop)
    expect(text).toContain(
      'curl &#39;https://127.0.0.1:3000/v1/orders&#39; -H &#39;Host: api.acme.example&#39; -H &#39;Authorization: ',
    )
    await gate.close()
  })

  test('is held to resources of the person, and to no others', async () => {
    const opened = openConsole()
    opened.people.set('ann', { ...ANN, resources: ['records/rec_1'] })
    for (const resources of ['records/rec_2', 'records/*']) {
      const { status } = await create(opened, { resources })
      expect([resources, status]).toEqual([resources, 403])
    }
    expect((await opened.gate.keys.list()).items).toEqual([])
    expect((await create(opened, { resources: 'records/rec_1' })).status).toBe(201)
  })

  test('is made once, however often its form is sent', async () => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    const first = await opened.post('/keys', text, FIELDS)
    const others = await Promise.all([1, 2].map(() => opened.post('/keys', text, FIELDS)))
    expect(others.map(({ status }) => status)).toEqual([409, 409])
    expect(others[0]?.text).toContain(`./keys/${idIn(first.text)}"`)
    expect(others[0]?.text).not.toContain(secretIn(first.text))
    expect((await opened.gate.keys.list()).items).toHaveLength(1)
  })

  test.each([
    ['no name', { name: '  ' }, 'f-name', 422],
    ['a name that is too long', { name: 'n'.repeat(129) }, 'f-name', 422],
    ['an environment that was not offered', { environment: 'staging' }, 'f-environment', 422],
    ['a scope that was not offered', { scopes: ['manage:keys'] }, 'f-scopes', 422],
    ['a tenant that was not offered', { tenantIds: ['clinic_9'] }, 'f-tenantIds', 422],
    ['no tenant where the person has some', { tenantIds: [] }, 'f-tenantIds', 422],
    ['an expiry that was not offered', { expiry: '900d' }, 'f-expiry', 422],
    ['an address that is none', { allowedIps: '203.0.113.0/99' }, 'f-allowedIps', 422],
    ['a resource that is none', { resources: 'everything' }, 'f-resources', 422],
    ['a kind that is not known', { kind: 'zz' }, 'f-kind', 422],
  ])('is refused with %s', async (_, fields, link, status) => {
    const opened = openConsole()
    if ('tenantIds' in fields) opened.people.set('ann', { ...ANN, tenantIds: ['clinic_1'] })
    const made = await create(opened, { description: 'kept <b>', ...fields })
    expect(made.status).toBe(status)
    expect(made.text).toContain(`<a href="#${link}">`)
    expect(made.text).toContain('aria-invalid="true"')
    expect(made.text.match(/autofocus/g)).toHaveLength(1)
    expect(made.text).toContain('kept &lt;b&gt;')
    expect((await opened.gate.keys.list()).items).toEqual([])
  })

  test('says each mistake in the summary and at its field, and keeps all that was typed', async () => {
    const opened = openConsole()
    const typed = { description: 'Nightly', stored_in: 'A vault', allowedIps: '203.0.113.0' }
    const more = { environment: 'test', expiry: '30d', scopes: ['write:orders'] }
    const { status, text } = await create(opened, { ...typed, ...more, name: '', kind: 'zz' })
    expect(status).toBe(422)
    expect(text).toMatch(
      /class="[^"]*summary[^"]*"[^>]*autofocus|autofocus[^>]*class="[^"]*summary/,
    )
    for (const id of ['name', 'kind']) expect(text).toContain(`<a href="#f-${id}">`)
    const field = /<input[^>]*id="f-name"[^>]*>/.exec(text)?.[0] ?? ''
    expect(field).toContain('aria-invalid="true"')
    const [, described = ''] = /aria-describedby="([\w-]+)/.exec(field) ?? []
    expect(text).toMatch(new RegExp(`id="${described}"[^>]*>\\s*[^<\\s]`))
    for (const words of Object.values(typed)) expect(text).toContain(words)
    for (const value of [more.environment, more.expiry, ...more.scopes]) {
      expect(text).toMatch(new RegExp(`value="${value}"[^>]*\\schecked`))
    }
  })

  test('says which address is wrong, and until when each expiry is', async () => {
    const opened = openConsole()
    const made = await create(opened, { allowedIps: '203.0.113.0/99' })
    expect(made.text).toContain(
      '&#39;203.0.113.0/99&#39; is not valid. Write an IP address or a CIDR network such as',
    )
    expect(made.text).toMatch(/After 90 days<\/b><small><time[^>]*>Sep 13, 2030</)
  })

  test('that was put into a note is neither stored nor echoed as a key', async () => {
    const { secret, ...opened } = await withKey()
    const made = await create(opened, { description: secret })
    expect(made.status).toBe(422)
    expect(made.text).not.toContain(secret)
    expect((await opened.gate.keys.list()).items).toHaveLength(1)
  })
})

describe('forms', () => {
  test.each([
    ['without a token', (token: string) => token.slice(0, 0)],
    ['with another text for the same bytes', respelled],
    [
      'with a token that was changed',
      (token: string) => token.replace(/.$/, (one) => (one === 'A' ? 'B' : 'A')),
    ],
  ])('%s change nothing', async (_, changed) => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    const pairs = [['form_token', changed(tokenIn(text))], ...Object.entries(FIELDS)] as never
    const { status } = await opened.send('/keys', { method: 'POST', form: pairs })
    expect(status).toBe(403)
    expect((await opened.gate.keys.list()).items).toEqual([])
  })

  test('of another session, of an older session and of another person change nothing', async () => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    expect((await opened.post('/keys', text, FIELDS, { as: 'bob' })).status).toBe(403)
    const ann = opened.people.get('ann')
    if (ann) opened.people.set('ann', { ...ann, sessionId: 'a new one' })
    expect((await opened.post('/keys', text, FIELDS)).status).toBe(403)
    expect((await opened.gate.keys.list()).items).toEqual([])
  })

  test.each<[string, (person: ConsoleUser<Scope>) => ConsoleUser<Scope> | undefined]>([
    ['signs out', () => undefined],
    ['is signed in as another', (person) => ({ ...person, ownerId: 'org_2' })],
    ['may do less', (person) => ({ ...person, role: 'viewer' })],
    ['has fewer environments', (person) => ({ ...person, environments: ['test'] })],
  ])('of a person who %s while they come change nothing', async (_, change) => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    const { people, portal } = opened
    const ann = people.get('ann')
    const form = new URLSearchParams([
      ['form_token', tokenIn(text)],
      ...Object.entries(FIELDS),
    ] as never)
    async function* slow() {
      yield Buffer.from(String(form).slice(0, 20))
      await new Promise(setImmediate)
      const after = ann && change(ann)
      if (after) people.set('ann', after)
      else people.delete('ann')
      yield Buffer.from(String(form).slice(20))
    }
    const { status } = await portal(opened.callOf('/keys', { method: 'POST', form: '' }, slow()))
    expect([403, 422]).toContain(status)
    expect((await opened.gate.keys.list()).items).toEqual([])
  })

  test('signed with a secret count as long as it is listed', async () => {
    const [old, current] = ['o'.repeat(32), 'c'.repeat(32)]
    const before = openConsole({ secret: old })
    const { text } = await before.send('/keys/new')
    const both = openConsole({ secret: [current, old] })
    expect((await both.post('/keys', text, FIELDS)).status).toBe(201)
    const after = openConsole({ secret: current })
    expect((await after.post('/keys', text, FIELDS)).status).toBe(403)
  })

  test('are accepted for 12 hours', async () => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    opened.clock.advance('12h')
    expect((await opened.post('/keys', text, FIELDS)).status).toBe(201)
    const later = await opened.send('/keys/new')
    opened.clock.advance('12h')
    opened.clock.advance('1s')
    expect((await opened.post('/keys', later.text, FIELDS)).status).toBe(403)
  })

  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ 'sec-fetch-site': '', origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': '', origin: 'null' }],
    [{ 'sec-fetch-site': '' }],
  ])('from elsewhere (%j) change nothing', async (headers) => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    const { status } = await opened.post('/keys', text, FIELDS, { headers })
    expect(status).toBe(403)
    expect((await opened.gate.keys.list()).items).toEqual([])
  })

  test('of an old browser are accepted by their Origin', async () => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    const headers = { 'sec-fetch-site': '', origin: 'https://app.example' }
    expect((await opened.post('/keys', text, FIELDS, { headers })).status).toBe(201)
  })

  test.each([
    ['an unknown field', [['color', 'red']], 400],
    ['a field twice', [['name', 'Other']], 400],
    ['the token twice', [['form_token', 'x']], 400],
  ])('with %s are 400', async (_, more, status) => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    const { scopes: _scopes, ...one } = FIELDS
    const form = [['form_token', tokenIn(text)], ...Object.entries(one), ...more] as never
    expect((await opened.send('/keys', { method: 'POST', form })).status).toBe(status)
    expect((await opened.gate.keys.list()).items).toEqual([])
  })

  test('of another type are 415, too large ones 413, and broken ones 400', async () => {
    const { send } = openConsole()
    const headers = { 'content-type': 'application/json' }
    expect((await send('/keys', { method: 'POST', form: '{}', headers })).status).toBe(415)
    const large = `name=${'n'.repeat(65_536)}`
    expect((await send('/keys', { method: 'POST', form: large })).status).toBe(413)
  })

  test('that a parser has read are the same', async () => {
    const opened = openConsole()
    const { text } = await opened.send('/keys/new')
    const parsed = { form_token: tokenIn(text), ...FIELDS }
    expect((await opened.send('/keys', { method: 'POST', parsed })).status).toBe(201)
    for (const wrong of [[], { name: { a: 'b' } }, { name: ['a', 'b'] }, 'text']) {
      const { status } = await opened.send('/keys', { method: 'POST', parsed: wrong })
      expect([400, 415]).toContain(status)
    }
  })

  test('are limited to 60 a minute for each person', async () => {
    const opened = openConsole()
    const post = (as = 'ann') => opened.send('/keys', { method: 'POST', form: [], as })
    for (let sent = 0; sent < 60; sent++) expect((await post()).status).toBe(403)
    const refused = await post()
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect(refused.text).toContain('Wait 1 second, and')
    expect((await post('bob')).status).toBe(403)
    opened.clock.advance('1s')
    expect((await post()).status).toBe(403)
  })
})

describe('a key', () => {
  test('is shown with all of it as text', async () => {
    const opened = openConsole()
    const nasty = '<img src=x onerror=alert(1)>'
    const made = await create(opened, { name: nasty, description: nasty, stored_in: nasty })
    for (const path of ['/', '/keys', `/keys/${idIn(made.text)}`]) {
      const { text, status } = await opened.send(path)
      expect(status).toBe(200)
      expect(text).not.toContain('<img src=x')
      expect(text).toContain('&lt;img src=x')
    }
  })

  test('of another owner is not there, on any page and in any form', async () => {
    const { id, send, post, gate } = await withKey()
    const paths = ['', '/rotate', '/revoke', '/pause', '/resume', '/edit', '/end']
    const withoutIds = (text: string) =>
      text
        .replace(/req_\w+/g, '')
        .replace(/value="[^"]*"/g, '')
        .replaceAll(id, 'ID')
        .replaceAll('key_unknown', 'ID')
    for (const path of paths) {
      const foreign = await send(`/keys/${id}${path}`, { as: 'eve' })
      const unknown = await send(`/keys/key_unknown${path}`, { as: 'eve' })
      expect(foreign.status).toBe(404)
      expect(withoutIds(foreign.text)).toBe(withoutIds(unknown.text))
    }
    for (const path of ['/rotate', '/revoke', '/pause', '/resume', '/end', '/edit']) {
      const sendTo = async (key: string) => {
        const { text } = await send('/keys/new', { as: 'eve' })
        return post(`/keys/${key}${path}`, text, {}, { as: 'eve' })
      }
      const foreign = await sendTo(id)
      expect([path, foreign.status]).toEqual([path, 404])
      expect(withoutIds(foreign.text)).toBe(withoutIds((await sendTo('key_unknown')).text))
    }
    expect(await gate.keys.get(id)).toMatchObject({ state: 'active', name: 'Billing' })
  })

  test('is paused and resumed, at once', async () => {
    const { id, secret, gate, submit, send } = await withKey()
    expect((await submit(`/keys/${id}/pause`)).status).toBe(303)
    expect((await gate.verify(secret)).allowed).toBe(false)
    expect((await send(`/keys/${id}`)).text).toContain('Paused')
    const resumed = await submit(`/keys/${id}/resume`)
    const next = resumed.headers['location']?.split('?')[0]
    expect([resumed.status, next]).toEqual([303, `../../keys/${id}`])
    expect((await gate.verify(secret)).allowed).toBe(true)
  })

  test('is paused with a reason, which its page shows until it is resumed', async () => {
    const { id, gate, submit, send } = await withKey()
    const long = await submit(`/keys/${id}/pause`, { reason: 'x'.repeat(5_000) })
    expect(long.status).toBe(422)
    await submit(`/keys/${id}/pause`, { reason: 'Seen in a <b>log</b>' })
    const { text } = await send(`/keys/${id}`)
    expect(text).toContain('Seen in a &lt;b&gt;log&lt;/b&gt;')
    expect((await send(`/keys/${id}/resume`)).text).toContain('Seen in a &lt;b&gt;log&lt;/b&gt;')
    expect((await submit(`/keys/${id}/resume`, { reason: 'x'.repeat(5_000) })).status).toBe(422)
    await submit(`/keys/${id}/resume`)
    expect((await send(`/keys/${id}`)).text).not.toContain('Seen in a')
    expect((await gate.keys.get(id))?.metadata).toEqual({})
  })

  test('that was paused anew since its page was opened is not resumed by that page', async () => {
    const { id, gate, send, post, submit } = await withKey()
    await submit(`/keys/${id}/pause`, { reason: 'Not needed in the holidays' })
    const { text } = await send(`/keys/${id}/resume`)
    await submit(`/keys/${id}/resume`)
    await submit(`/keys/${id}/pause`, { reason: 'Seen in a log' })
    const old = await post(`/keys/${id}/resume`, text)
    expect(old.status).toBe(409)
    expect(old.text).toContain('paused anew since you opened this page')
    expect(old.text).toContain('Seen in a log')
    expect(await gate.keys.get(id)).toMatchObject({ state: 'disabled' })
    // Who has seen why may resume it.
    expect((await post(`/keys/${id}/resume`, old.text)).status).toBe(303)
    expect(await gate.keys.get(id)).toMatchObject({ state: 'active' })
  })

  test('is paused with a reason by one who may not change it otherwise', async () => {
    const { id, gate, people, submit } = await withKey()
    people.set('ann', { ...ANN, scopes: [] })
    expect((await submit(`/keys/${id}/pause`, { reason: 'leaked' })).status).toBe(303)
    expect((await gate.keys.get(id))?.state).toBe('disabled')
  })

  test('is renamed and described, and held to addresses', async () => {
    const { id, gate, submit, send } = await withKey()
    const wrong = await submit(`/keys/${id}/edit`, { name: '', allowedIps: '' })
    expect(wrong.status).toBe(422)
    const fields = { name: 'Billing 2', description: 'nightly', allowedIps: '203.0.113.0/24\n::1' }
    expect((await submit(`/keys/${id}/edit`, fields)).status).toBe(303)
    expect(await gate.keys.get(id)).toMatchObject({
      ...{ name: 'Billing 2', metadata: { description: 'nightly' } },
      allowedIps: ['203.0.113.0/24', '::1'],
    })
    const lines = 'one\n\n  two'
    const said = await submit(`/keys/${id}/edit`, { name: 'Billing 2', description: lines })
    expect(said.status).toBe(303)
    expect((await send(`/keys/${id}/edit`)).text).toContain(`>${lines}</textarea`)
  })

  test('nothing is changed by GET', async () => {
    const { id, gate, send } = await withKey()
    const before = await gate.keys.get(id)
    for (const path of ['rotate', 'revoke', 'pause', 'resume', 'edit'])
      await send(`/keys/${id}/${path}`)
    expect(await gate.keys.get(id)).toEqual(before)
    await gate.keys.rotate(id, { gracePeriod: '1h' })
    const rotated = await gate.keys.get(id)
    expect((await send(`/keys/${id}/end`)).status).toBe(200)
    expect(await gate.keys.get(id)).toEqual(rotated)
  })
})

describe('a rotation', () => {
  test('offers the graces, 24 hours at first', async () => {
    const { id, send } = await withKey()
    const { text } = await send(`/keys/${id}/rotate`)
    expect(text).toMatch(/value="24h"[^>]*checked/)
    const graces = [...text.matchAll(/name="grace"\s+value="(\w+)"/g)].map(([, value]) => value)
    expect(graces).toEqual(['0s', '1h', '24h', '7d'])
  })

  test('shows the successor once; both work until the end of the grace', async () => {
    const { id, secret, gate, submit, clock, send } = await withKey()
    const rotated = await submit(`/keys/${id}/rotate`, { grace: '1h' })
    expect(rotated.status).toBe(201)
    const next = secretIn(rotated.text)
    const allowed = async () => [
      (await gate.verify(secret)).allowed,
      (await gate.verify(next)).allowed,
    ]
    expect(await allowed()).toEqual([true, true])
    const successor = idIn(rotated.text)
    for (const one of [id, successor]) {
      const { text } = await send(`/keys/${one}`)
      expect(text).toContain('Revoke the old one now')
      expect(text).not.toContain(next)
    }
    clock.advance('1h')
    expect(await allowed()).toEqual([false, true])
  })

  test('at once ends the old key', async () => {
    const { id, secret, gate, submit } = await withKey()
    const rotated = await submit(`/keys/${id}/rotate`, { grace: '0s' })
    expect((await gate.verify(secret)).allowed).toBe(false)
    expect((await gate.verify(secretIn(rotated.text))).allowed).toBe(true)
  })

  test('sent twice makes one successor', async () => {
    const { id, send, post, gate } = await withKey()
    const { text } = await send(`/keys/${id}/rotate`)
    const both = [
      await post(`/keys/${id}/rotate`, text, { grace: '1h' }),
      await post(`/keys/${id}/rotate`, text, { grace: '1h' }),
    ]
    expect(both.map(({ status }) => status)).toEqual([201, 409])
    const again = both[1]?.text ?? ''
    expect(again).toContain('cannot be shown again')
    expect(again).toContain(`href="../../keys/${idIn(both[0]?.text ?? '')}"`)
    expect(again).not.toContain(`keys/${id}"`)
    expect((await gate.keys.list()).items).toHaveLength(2)
    expect((await send(`/keys/${id}/rotate`)).status).toBe(409)
  })

  test('is told on the page and in the row of both keys, with the end and the last use of the old one, while its grace runs', async () => {
    const { id, secret, gate, submit, send, clock } = await withKey()
    await gate.verify(secret)
    await gate.keys.usage(id)
    clock.advance('2h')
    const rotated = await submit(`/keys/${id}/rotate`, { grace: '7d' })
    const successor = idIn(rotated.text)
    const rowsIn = async (as = 'ann') => {
      const { text } = await send('/keys', { as })
      const rows = text.split('<tr role="row">').slice(2)
      const of = (key: string) => rows.find((row) => row.includes(`keys/${key}">`)) ?? ''
      return { old: of(id), fresh: of(successor), text }
    }
    const end = 'Jun 22, 2030, 2:00 PM'
    const { old, fresh } = await rowsIn()
    for (const row of [old, fresh]) {
      expect(row).toContain(end)
      expect(row).toContain('2 hours ago')
      expect(row).toContain(`href="./keys/${id}/end"`)
      expect(row).toContain('Revoke the old one')
    }
    for (const key of [id, successor]) {
      const page = (await send(`/keys/${key}`)).text
      expect(page).toContain(end)
      expect(page).toMatch(/It was last used\s+<time[^>]*>2 hours ago/)
      expect(page).toContain(`href="../keys/${id}/end"`)
    }
    const viewer = await rowsIn('viewer')
    expect(viewer.fresh).toContain(end)
    expect(viewer.text).not.toContain('Revoke the old one')
    expect((await submit(`/keys/${id}/end`)).status).toBe(303)
    const after = await rowsIn()
    expect(after.fresh).not.toContain('works until')
    expect(after.text).not.toContain('Revoke the old one')
    expect((await send(`/keys/${successor}`)).text).not.toContain(end)
    expect((await gate.verify(secret)).allowed).toBe(false)
  })

  test('is told in the row of a successor whose predecessor is on another page', async () => {
    const { id, submit, send, gate, clock } = await withKey()
    for (let at = 0; at < 60; at++) {
      clock.advance('1s')
      await gate.keys.create({ name: `Key ${String(at)}`, ownerId: 'org_1', environment: 'live' })
    }
    clock.advance('1s')
    await submit(`/keys/${id}/rotate`, { grace: '7d' })
    const { text } = await send('/keys')
    expect(text).not.toContain(`href="./keys/${id}"`)
    expect(text).toContain(`href="./keys/${id}/end"`)
  })

  test('is undone for the old key alone, after the same questions as a revocation', async () => {
    const { id, secret, gate, submit, send } = await withKey()
    await gate.verify(secret)
    await gate.keys.usage(id)
    expect((await send(`/keys/${id}/end`)).status).toBe(409)
    const rotated = await submit(`/keys/${id}/rotate`, { grace: '7d' })
    const allowed = async () => [
      (await gate.verify(secret)).allowed,
      (await gate.verify(secretIn(rotated.text))).allowed,
    ]
    const asked = await send(`/keys/${id}/end`)
    expect(asked.text).toMatch(/Last used<\/dt>\s*<dd><time/)
    const unnamed = await submit(`/keys/${id}/end`)
    expect([unnamed.status, unnamed.text]).toEqual([422, expect.stringContaining('Type the name')])
    expect(await allowed()).toEqual([true, true])
    const name = (await gate.keys.get(id))?.name ?? ''
    expect((await submit(`/keys/${id}/end`, { name, reason: 'all moved' })).status).toBe(303)
    expect(await allowed()).toEqual([false, true])
    expect((await send(`/keys/${id}`)).text).toMatch(/class="tag bad">Revoked/)
    expect((await gate.keys.get(id))?.revocationReason).toBe('all moved')
    await gate.keys.revoke(id)
    expect(await allowed()).toEqual([false, true])
    expect((await send(`/keys/${id}/end`)).status).toBe(409)
  })

  test('that is revoked while its grace runs takes the other with it, which is said before', async () => {
    const { id, secret, gate, submit, send, clock } = await withKey()
    const rotated = await submit(`/keys/${id}/rotate`, { grace: '1h' })
    const [successor, fresh] = [idIn(rotated.text), secretIn(rotated.text)]
    for (const [one, other] of [
      [id, successor],
      [successor, id],
    ] as const) {
      expect((await send(`/keys/${one}`)).text).toContain('>Revoke both</a>')
      const { text } = await send(`/keys/${one}/revoke`)
      expect(text).toContain('This ends two keys, and cannot be undone')
      expect(text).toContain(`href="../../keys/${other}"`)
      expect(text).toContain(`href="../../keys/${id}/end"`)
      expect(text).toMatch(/<button[^>]*>\s*Revoke both keys\s*<\/button>/)
    }
    const alone = (await send(`/keys/${id}/end`)).text
    expect(alone).not.toContain('two keys')
    expect(alone).toContain('Its successor</a> keeps working.')
    clock.advance('1h')
    expect((await send(`/keys/${successor}/revoke`)).text).not.toContain('two keys')
    expect((await send(`/keys/${successor}`)).text).toMatch(/>Revoke<\/a>/)
    expect((await submit(`/keys/${successor}/revoke`)).status).toBe(303)
    const works = [await gate.verify(secret), await gate.verify(fresh)]
    expect(works.map(({ allowed }) => allowed)).toEqual([false, false])
  })

  test('says until when both keys work, and that the new one is shown once', async () => {
    const { id, send } = await withKey()
    const { text } = await send(`/keys/${id}/rotate`)
    expect(text.replace(/\s+/g, ' ')).toContain('It is shown once, on the next page.')
    expect(text).toMatch(/Both keys work until <time[^>]*>Jun 15, 2030, 1:00 PM<\/time>/)
  })

  test('of a successor while the grace runs leaves two keys that work', async () => {
    const { id, secret, gate, submit } = await withKey()
    const second = await submit(`/keys/${id}/rotate`, { grace: '7d' })
    const third = await submit(`/keys/${idIn(second.text)}/rotate`, { grace: '7d' })
    const secrets = [secret, secretIn(second.text), secretIn(third.text)]
    const works = await Promise.all(secrets.map(async (one) => (await gate.verify(one)).allowed))
    expect(works).toEqual([false, true, true])
  })

  test('with a grace that was not offered is 422', async () => {
    const { id, submit } = await withKey()
    expect((await submit(`/keys/${id}/rotate`, { grace: '365d' })).status).toBe(422)
  })
})

describe('a revocation', () => {
  test('ends the key, and what is in its grace', async () => {
    const { id, secret, gate, submit, send } = await withKey()
    const rotated = await submit(`/keys/${id}/rotate`, { grace: '1h' })
    const successor = idIn(rotated.text)
    expect((await submit(`/keys/${successor}/revoke`, { reason: 'leaked' })).status).toBe(303)
    expect((await gate.verify(secret)).allowed).toBe(false)
    expect((await gate.verify(secretIn(rotated.text))).allowed).toBe(false)
    expect((await send(`/keys/${successor}`)).text).toContain('leaked')
    expect((await send(`/keys/${successor}/revoke`)).status).toBe(409)
  })

  test('ends a key also while the store of another environment is away', async () => {
    const store = createMemoryKeyStore()
    let isAway = false
    const findById: KeyStore['findById'] = (one) =>
      isAway ? Promise.reject(new Error('away')) : store.findById(one)
    const gateOf = (environment: string, own: KeyStore) =>
      createGate<Scope>({ environment, keys: { prefix: 'acme', store: own }, scopes: SCOPES })
    const gates = {
      test: gateOf('test', { ...store, findById }),
      live: gateOf('live', createMemoryKeyStore()),
    }
    const { send, submit, errors } = openConsole({}, gates as never)
    const { id } = await gates.live.keys.create({
      name: 'A',
      ownerId: 'org_1',
      environment: 'live',
    })
    isAway = true
    expect((await send(`/keys/${id}`)).status).toBe(200)
    expect((await submit(`/keys/${id}/revoke`, { reason: 'leaked' })).status).toBe(303)
    expect(await gates.live.keys.get(id)).toMatchObject({ state: 'revoked' })
    expect(errors).toContainEqual(expect.objectContaining({ code: 'store_unavailable' }))
    // Where it may be in the store that is away, nobody says that it is not there.
    expect((await send('/keys/key_unknown')).status).toBe(503)
    for (const gate of Object.values(gates)) await gate.close()
  })

  test('ends no second key that its page has not shown', async () => {
    const { id, gate, send, post, submit, clock } = await withKey()
    const { text } = await send(`/keys/${id}/revoke`)
    const successor = idIn((await submit(`/keys/${id}/rotate`, { grace: '1h' })).text)
    const states = async () => [
      (await gate.keys.get(id))?.state,
      (await gate.keys.get(successor))?.state,
    ]
    const old = await post(`/keys/${id}/revoke`, text)
    expect(old.status).toBe(409)
    expect(old.text).toContain('was rotated since you opened this page')
    expect(old.text).toContain('This ends two keys, and cannot be undone')
    expect(await states()).toEqual(['active', 'active'])
    // What has ended meanwhile keeps nobody from ending the rest.
    const both = (await send(`/keys/${successor}/revoke`)).text
    clock.advance('1h')
    expect((await post(`/keys/${successor}/revoke`, both)).status).toBe(303)
    expect(await states()).toEqual(['expired', 'revoked'])
    const second = await withKey()
    const fresh = await second.submit(`/keys/${second.id}/rotate`, { grace: '1h' })
    const shown = (await second.send(`/keys/${second.id}/revoke`)).text
    expect((await second.post(`/keys/${second.id}/revoke`, shown)).status).toBe(303)
    for (const secret of [second.secret, secretIn(fresh.text)]) {
      expect((await second.gate.verify(secret)).allowed).toBe(false)
    }
    // It cannot be undone.
    for (const path of ['resume', 'rotate', 'edit']) {
      const page = (await second.send('/keys/new')).text
      const undone = await second.post(`/keys/${second.id}/${path}`, page, {})
      expect([path, undone.status]).toEqual([path, 409])
    }
    expect(await second.gate.keys.get(second.id)).toMatchObject({ state: 'revoked' })
  })

  test('of a key that was used in the last hour needs its name', async () => {
    const { id, secret, gate, submit, clock } = await withKey()
    await gate.verify(secret)
    await gate.keys.usage(id)
    expect((await submit(`/keys/${id}/revoke`)).status).toBe(422)
    expect((await submit(`/keys/${id}/revoke`, { name: 'billing' })).status).toBe(422)
    expect((await gate.keys.get(id))?.state).toBe('active')
    expect((await submit(`/keys/${id}/revoke`, { name: 'Billing' })).status).toBe(303)
    const other = await withKey()
    await other.gate.verify(other.secret)
    await other.gate.keys.usage(other.id)
    other.clock.advance('61m')
    expect((await other.submit(`/keys/${other.id}/revoke`)).status).toBe(303)
    expect(clock).toBeDefined()
  })
})

describe('a role', () => {
  test('an operator is nobody of the organization: whoever has the same id there has not made its keys, and nobody reads who it is', async () => {
    const { gate, send } = openConsole()
    const staff = gate.as({ subject: 'bob', name: 'Robert Staff' })
    const fields = { name: 'CI', ownerId: 'org_1', environment: 'live' } as const
    const { id } = await staff.keys.create(fields)
    for (const path of [`/keys/${id}`, '/keys', `/keys/${id}/revoke`]) {
      const { text } = await send(path)
      expect(text).toContain('an operator')
      expect(text).not.toMatch(/Robert|\bbob\b/)
    }
    expect((await send(`/keys/${id}/edit`, { as: 'bob' })).status).toBe(403)
    const own = await gate.as({ subject: 'bob', ownerId: 'org_1', scopes: [] }).keys.create(fields)
    expect((await send(`/keys/${own.id}/edit`, { as: 'bob' })).status).toBe(200)
  })

  test('that only sees has no links to change, and cannot send the forms', async () => {
    const { id, send } = await withKey()
    const { text } = await send(`/keys/${id}`, { as: 'viewer' })
    expect(text).not.toMatch(/\/(rotate|revoke|pause|edit)"/)
    expect((await send('/keys', { as: 'viewer' })).text).not.toContain('keys/new')
    for (const path of ['/keys/new', `/keys/${id}/rotate`, `/keys/${id}/revoke`]) {
      expect((await send(path, { as: 'viewer' })).status).toBe(403)
    }
    const form = [['form_token', 'x']] as const
    for (const path of ['/keys', `/keys/${id}/rotate`, `/keys/${id}/end`]) {
      expect((await send(path, { as: 'viewer', method: 'POST', form })).status).toBe(403)
    }
  })

  test('of own keys changes those alone that the person has made', async () => {
    const { id, send, ...opened } = await withKey()
    expect((await send(`/keys/${id}/revoke`, { as: 'bob' })).status).toBe(403)
    const own = await create({ ...opened, send }, {}, { as: 'bob' })
    expect((await send(`/keys/${idIn(own.text)}/revoke`, { as: 'bob' })).status).toBe(200)
  })
})

describe('a second step', () => {
  test('comes before a secret is made and a key is revoked', async () => {
    let passed = true
    const asked: string[] = []
    const stepUp = (_: unknown, action: string) => {
      asked.push(action)
      return passed || { location: '/confirm?x=1' }
    }
    const { id, send, post, gate } = await withKey({ stepUp })
    const old = await gate.keys.create({ name: 'Old', ownerId: 'org_1', environment: 'live' })
    await gate.keys.rotate(old.id, { gracePeriod: '1h' })
    const pages = new Map<string, string>()
    const leaving = '/people/ann/revoke'
    for (const path of ['/keys/new', `/keys/${id}/rotate`, `/keys/${id}/revoke`, leaving]) {
      pages.set(path, (await send(path)).text)
    }
    passed = false
    for (const path of pages.keys()) {
      const { status, headers } = await send(path)
      const back = encodeURIComponent(path)
      expect([status, headers['location']]).toEqual([303, `/confirm?x=1&return_to=${back}`])
    }
    const sent = [
      await post('/keys', pages.get('/keys/new') ?? '', FIELDS),
      await post(`/keys/${id}/rotate`, pages.get(`/keys/${id}/rotate`) ?? '', { grace: '1h' }),
      await post(`/keys/${id}/revoke`, pages.get(`/keys/${id}/revoke`) ?? ''),
      await post(leaving, pages.get(leaving) ?? '', { person: 'ann' }),
      await post(`/keys/${old.id}/end`, pages.get(`/keys/${id}/revoke`) ?? ''),
    ]
    // What was typed or chosen stays on a page beside the second step; where nothing was, the person is sent there.
    for (const { status, text } of sent.slice(0, 2)) {
      expect([status, text.includes('href="/confirm?x=1&amp;return_to=')]).toEqual([403, true])
    }
    expect(sent[3]?.status).toBe(403)
    for (const one of [sent[2], sent[4]]) {
      const location = one?.headers['location']
      expect([one?.status, location]).toEqual([303, expect.stringMatching(/^\/confirm/)])
    }
    const { items } = await gate.keys.list()
    expect(items.map(({ state }) => state)).toEqual(['active', 'active', 'active'])
    expect(new Set(asked)).toEqual(new Set(['create_key', 'rotate_key', 'revoke_key']))
  })

  test('that cannot be told is 503', async () => {
    const stepUp = () => Promise.reject(new Error('away'))
    const { send, errors } = openConsole({ stepUp })
    expect((await send('/keys/new')).status).toBe(503)
    expect(errors).toHaveLength(1)
  })
})

describe('the table of keys', () => {
  test('finds a key by its beginning or its end, of which no more stays than the hint has', async () => {
    const { secret, send } = await withKey()
    const [start = ''] = /^acme_live_sk_/.exec(secret) ?? []
    for (const [part, kept] of [
      [secret.slice(0, 20), start],
      [secret.slice(0, 14), start],
      [secret.slice(-5), secret.slice(-4)],
      [secret.slice(-20), secret.slice(-4)],
    ] as const) {
      const { status, headers, text } = await send(`/keys?q=${part}`)
      expect([part, status, headers['location']]).toEqual([part, 303, `./keys?q=${kept}`])
      expect(text).not.toContain(part)
      expect((await send(`/keys?q=${kept}`)).text).toContain('>Billing</a>')
    }
    expect((await send('/keys?q=Nobody')).text).toContain('No key is found')
    expect((await send('/keys')).text).toContain('the whole key, or its last 4 characters')
  })

  test('finds a key by its whole secret, which does not stay in the address', async () => {
    const { secret, send } = await withKey()
    const { status, headers } = await send(`/keys?q=${secret}`)
    expect([status, headers['location']]).toEqual([303, `./keys?q=${secret.slice(-4)}`])
    const { text } = await send(`/keys?q=${secret.slice(-4)}`)
    expect(text).toContain('>Billing</a>')
    expect(text).not.toContain(secret)
  })

  test('is filtered by what the address says', async () => {
    const { gate, send, clock, ...opened } = await withKey()
    await create(
      { ...opened, gate, send, clock },
      { name: 'Shop', environment: 'test', expiry: 'never' },
      { as: 'bob' },
    )
    clock.advance('31d')
    await create({ ...opened, gate, send, clock }, { name: 'Newest' })
    const namesAt = async (query: string) => {
      const { status, text } = await send(`/keys${query}`)
      expect(status).toBe(200)
      const names = ['Billing', 'Shop', 'Newest'].filter((name) => text.includes(`>${name}</a>`))
      return names.sort((a, b) => text.indexOf(`>${a}</a>`) - text.indexOf(`>${b}</a>`))
    }
    expect(await namesAt('')).toEqual(['Newest', 'Shop', 'Billing'])
    expect(await namesAt('?sort=oldest')).toEqual(['Billing', 'Shop', 'Newest'])
    expect(await namesAt('?q=BILL')).toEqual(['Billing'])
    expect(await namesAt('?q=%00')).toEqual(['Newest', 'Shop', 'Billing'])
    expect(await namesAt('?by=bob')).toEqual(['Shop'])
    const shop = (await gate.keys.list({ search: 'Shop' })).items[0]?.id ?? ''
    expect((await send(`/keys/${shop}`)).text).toContain('href="../people/bob"')
    expect(await namesAt('?unused=30d')).toEqual(['Shop', 'Billing'])
    expect(await namesAt('?due=0s')).toEqual([])
    clock.advance('50d')
    expect(await namesAt('?due=0s')).toEqual([])
    expect(await namesAt('?due=14d&sort=oldest')).toEqual(['Billing', 'Shop'])
    const { text } = await send('/keys?due=14d')
    expect(text).toMatch(/Soon<\/span> <time datetime="2030-09-13T12:00:00.000Z">Sep 13, 2030</)
    expect(text).toContain('<option value="14d" selected>')
    clock.advance('9d')
    expect(await namesAt('?due=0s')).toEqual(['Shop'])
    expect((await send('/keys?due=0s')).text).toMatch(/Due<\/span> <time/)
    expect(await namesAt('?environment=test')).toEqual(['Shop'])
    expect(await namesAt('?state=revoked')).toEqual([])
    expect((await send('/keys?q=nothing')).text).toContain('No key is found')
  })
})
