import { describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore } from 'sallyport'
import {
  addressAfter,
  ANN,
  saidOn,
  openConsole,
  SCOPES,
  type Overrides,
  type Scope,
} from './harness.js'

async function withKeys(overrides: Overrides = {}) {
  const opened = openConsole(overrides)
  const { gate } = opened
  const person = (subject: string) =>
    gate.as({ subject, ownerId: 'org_1', scopes: ['read:orders'], tenantIds: [] })
  const made = { ownerId: 'org_1', scopes: ['read:orders'] as const }
  const live = await person('carl').keys.create({ ...made, name: 'A <b>', environment: 'live' })
  const sandbox = await person('carl').keys.create({ ...made, name: 'B', environment: 'test' })
  const paused = await person('carl').keys.create({ ...made, name: 'C', environment: 'live' })
  await gate.keys.update(paused.id, { disabled: true })
  const other = await person('dora').keys.create({ ...made, name: 'D', environment: 'live' })
  const foreign = await gate
    .as({ subject: 'carl', ownerId: 'org_2', scopes: ['read:orders'] })
    .keys.create({ name: 'E', ownerId: 'org_2', environment: 'live' })
  return { ...opened, live, sandbox, paused, other, foreign }
}

const stateOf = async ({ gate }: Pick<ReturnType<typeof openConsole>, 'gate'>, id: string) =>
  (await gate.keys.get(id))?.state

describe('the page of a person', () => {
  test('lists what this person has made for the own organization, and is found from a key', async () => {
    const { send, live, sandbox, other, foreign } = await withKeys()
    const { status, text } = await send('/people/carl')
    expect(status).toBe(200)
    expect(text).toContain('3 keys created')
    expect(text).toContain('A &lt;b&gt;')
    expect(text).toContain(`../keys/${sandbox.id}`)
    for (const { id } of [other, foreign]) expect(text).not.toContain(id)
    for (const path of ['/keys', `/keys/${live.id}`]) {
      expect((await send(path)).text).toContain('people/carl')
    }
    expect((await send('/people/nobody')).text).toContain('No keys')
    expect((await send('/people/%20')).status).toBe(404)
  })

  test('offers to revoke to those alone who may', async () => {
    const { send, submit, live } = await withKeys()
    expect((await send('/people/carl')).text).toContain('people/carl/revoke')
    expect((await send('/people/carl', { as: 'bob' })).text).not.toContain('carl/revoke')
    expect((await send('/people/carl/revoke', { as: 'bob' })).status).toBe(403)
    const sent = await submit('/people/carl/revoke', { person: 'carl' }, { as: 'bob' })
    expect(sent.status).toBe(403)
    expect((await send('/people/carl', { as: 'nobody' })).status).toBe(403)
    expect(live.state).toBe('active')
  })
})

describe('when somebody leaves', () => {
  test('the page says what will happen, and wants the id typed', async () => {
    const opened = await withKeys()
    const { send, post, gate, live, clock } = opened
    await gate.verify(live.secret)
    clock.advance('10m')
    await gate.keys.usage(live.id)
    const { text } = await send('/people/carl/revoke')
    expect(text).toContain('3 keys will be revoked, and this cannot be undone')
    expect(text).toMatch(
      /Used in the last hour, so something is likely to stop working: A &lt;b&gt;/,
    )
    const wrong = await post('/people/carl/revoke', text, { reason: 'left', person: 'Carl' })
    expect(wrong.status).toBe(422)
    expect(wrong.text).toContain('value="left"')
    expect(await stateOf(opened, live.id)).toBe('active')
  })

  test('all that they made is revoked, and nothing else', async () => {
    const opened = await withKeys()
    const { submit, send, gate, live, sandbox, paused, other, foreign } = opened
    const sent = await submit('/people/carl/revoke', { person: 'carl', reason: 'left' })
    expect(sent.status).toBe(303)
    const next = await send(addressAfter('/people/carl/revoke', sent))
    expect(saidOn(next)).toContain('The keys of carl are revoked.')
    for (const { id } of [live, sandbox, paused]) {
      expect(await gate.keys.get(id)).toMatchObject({ state: 'revoked', revocationReason: 'left' })
    }
    for (const { id } of [other, foreign]) expect(await stateOf(opened, id)).toBe('active')
    expect((await gate.verify(live.secret)).allowed).toBe(false)
    const { text } = await send('/people/carl')
    expect(text).toContain('3 keys created, 0 of them active or paused')
    expect(text).not.toContain('carl/revoke')
    expect((await send('/people/carl/revoke')).status).toBe(409)
  })

  test('more keys than a page has hide none that is active', async () => {
    const opened = await withKeys()
    const { send, submit, gate, live, clock } = opened
    clock.advance('1m')
    const carl = gate.as({ subject: 'carl', ownerId: 'org_1', scopes: ['read:orders'] })
    for (let made = 0; made < 1_000; made++) {
      const key = { name: 'Ended', ownerId: 'org_1', environment: 'live' } as const
      await gate.keys.revoke((await carl.keys.create(key)).id)
    }
    const { text } = await send('/people/carl')
    expect(text).toContain(live.id)
    expect(text).toContain('3 of them active or paused')
    expect((await send('/people/carl/revoke')).text).toContain('3 keys will be revoked')
    expect((await submit('/people/carl/revoke', { person: 'carl' })).status).toBe(303)
    expect(await stateOf(opened, live.id)).toBe('revoked')
  })

  test('keys of an operator with the same id are neither listed nor revoked, also not by code that acts for a person', async () => {
    const opened = await withKeys()
    const { submit, gate, live } = opened
    const made = { name: 'By staff', ownerId: 'org_1', environment: 'live' } as const
    const { id } = await gate.as({ subject: 'carl' }).keys.create(made)
    const maker = { ownerId: 'org_1', createdBy: { subject: 'carl' } }
    const { keys } = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ['read:orders'] })
    expect((await keys.list(maker)).items).toHaveLength(3)
    expect((await keys.list({ ownerId: 'org_1' })).items.map((key) => key.id)).toContain(id)
    expect((await gate.keys.list(maker)).items).toHaveLength(4)
    await submit('/people/carl/revoke', { person: 'carl' })
    expect(await stateOf(opened, live.id)).toBe('revoked')
    expect(await stateOf(opened, id)).toBe('active')
    expect(await keys.revokeAll(maker)).toMatchObject({ revoked: 0 })
    expect(await gate.keys.revokeAll(maker)).toMatchObject({ revoked: 1 })
  })

  test('keys of a token with the same subject are neither listed nor revoked', async () => {
    const store = createMemoryKeyStore()
    const createdBy = { issuer: 'https://issuer.example', subject: 'carl' }
    const insert: typeof store.insert = (record) =>
      store.insert(record.name === 'Of a token' ? { ...record, createdBy } : record)
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], scopes: SCOPES },
      keys: { prefix: 'acme', store: { ...store, insert } },
    })
    const opened = openConsole({ clock: Date.now }, gate)
    const carl = gate.as({ subject: 'carl', ownerId: 'org_1', scopes: ['read:orders'] })
    const make = (name: string) => carl.keys.create({ name, ownerId: 'org_1', environment: 'live' })
    const own = await make('Own')
    const { id } = await make('Of a token')
    expect((await gate.keys.get(id))?.createdBy).toEqual(createdBy)
    const { text } = await opened.send('/people/carl')
    expect([text.includes(own.id), text.includes(id)]).toEqual([true, false])
    expect((await opened.send(`/keys/${id}`)).text).not.toContain('people/carl')
    expect((await opened.submit('/people/carl/revoke', { person: 'carl' })).status).toBe(303)
    expect(await stateOf(opened, own.id)).toBe('revoked')
    expect(await stateOf(opened, id)).toBe('active')
    await gate.close()
  })

  test('a second step is asked for first', async () => {
    const opened = await withKeys({ stepUp: () => ({ location: '/second' }) })
    const { send, submit, live } = opened
    expect((await send('/people/carl/revoke')).status).toBe(303)
    await submit('/people/carl/revoke', { person: 'carl' })
    expect(await stateOf(opened, live.id)).toBe('active')
  })
})

test('the second step, which may be of another site, gets no key that stands in the path', async () => {
  const stepUp = () => ({ location: 'https://id.example/confirm' })
  const { gate, send } = openConsole({ stepUp })
  const { secret } = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
  for (const subject of [secret, 'carl']) {
    await gate
      .as({ subject, ownerId: 'org_1', scopes: [] })
      .keys.create({ name: 'B', ownerId: 'org_1', environment: 'live' })
  }
  const stepFor = async (person: string) =>
    (await send(`/people/${person}/revoke?state=active`, { mount: '/portal' })).headers['location']
  const at = 'https://id.example/confirm?return_to='
  expect(await stepFor(secret)).toBe(`${at}${encodeURIComponent('/portal/')}`)
  const page = '/portal/people/carl/revoke?state=active'
  expect(await stepFor('carl')).toBe(`${at}${encodeURIComponent(page)}`)
})

describe('scopes of a person', () => {
  test('may be of one gate only: the others leave them out', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const gateOf = (environment: string, scopes: readonly string[]) =>
      createGate({ environment, keys: { prefix: 'acme' }, scopes })
    const gates = { live: gateOf('live', ['read:orders']), test: gateOf('test', ['write:orders']) }
    const { send } = openConsole({}, gates as never)
    const answers = await Promise.all([send('/keys'), send('/keys/new?environment=test')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
    for (const gate of Object.values(gates)) await gate.close()
  })

  test('that no gate knows are left out, and told in development', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { people, send } = openConsole()
    people.set('ann', { ...ANN, scopes: ['read:orders', 'read:ordres' as 'read:orders'] })
    expect((await send('/keys')).status).toBe(200)
    expect((await send('/keys')).status).toBe(200)
    expect(warn.mock.calls).toEqual([
      [
        "What 'user' of the console returns has the scope 'read:ordres', which the gate does not know: it is left out. Did you mean 'read:orders'?",
        { code: 'SALLYPORT_UNKNOWN_SCOPE' },
      ],
    ])
    warn.mockRestore()
  })

  test('that no gate knows are not told in production', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const before = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'production'
    try {
      const { people, send } = openConsole()
      people.set('ann', { ...ANN, scopes: ['read:ordres' as 'read:orders'] })
      expect((await send('/keys')).status).toBe(200)
    } finally {
      process.env['NODE_ENV'] = before
    }
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })
})
