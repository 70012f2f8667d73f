import { createHmac } from 'node:crypto'
import { describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type ReplayStore } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import {
  ANN,
  openConsole,
  SCOPES,
  tokenIn,
  type Filled,
  type Overrides,
  type Scope,
  type Sent,
} from './harness.js'

const HOUR = 3_600_000
const SECRET = 'a secret of at least thirty-two bytes'
const FIELDS = {
  ...{ name: 'Billing', environment: 'live', kind: 'sk', expiry: '90d' },
  scopes: ['read:orders'],
}

/** The form of a new key, as its page was sent. */
async function openForm(overrides: Overrides = {}) {
  const opened = openConsole(overrides)
  const { text: page } = await opened.send('/keys/new')
  const made = async () => (await opened.gate.keys.list()).items
  return { ...opened, page, token: tokenIn(page), made }
}

const pairsOf = (token: string, fields: Filled = FIELDS): [string, string][] => [
  ['form_token', token],
  ...Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  ),
]
const bytes = (...pieces: readonly (string | Uint8Array)[]) =>
  (async function* () {
    await Promise.resolve()
    for (const piece of pieces) yield Buffer.from(piece)
  })()

describe('the type of a form', () => {
  const FORM = 'application/x-www-form-urlencoded'
  test.each([
    [FORM, 201],
    [FORM.toUpperCase(), 201],
    [`${FORM};charset=utf-8`, 201],
    [`${FORM} ; charset=UTF-8 `, 201],
    [`${FORM};charset="utf-8"`, 201],
    [`${FORM};`, 415],
    [`x-${FORM}`, 415],
    [`${FORM}x`, 415],
    [`${FORM}x; charset=utf-8`, 415],
    [`${FORM}; charset=latin1`, 415],
    [`${FORM};xcharset=utf-8`, 415],
    [`${FORM}; charset=utf-8x`, 415],
    [`${FORM}; charset=utf-8; q=1`, 415],
    ['', 415],
  ])('%p: %i', async (type, status) => {
    const { send, token, made } = await openForm()
    const sent = { method: 'POST', form: pairsOf(token), headers: { 'content-type': type } }
    expect((await send('/keys', sent)).status).toBe(status)
    expect(await made()).toHaveLength(status === 201 ? 1 : 0)
  })
})

describe('a form', () => {
  test('may send a list of values, of which empty ones count for nothing', async () => {
    const { post, page, made } = await openForm()
    const scopes = ['', 'read:orders', 'write:orders']
    expect((await post('/keys', page, { ...FIELDS, scopes })).status).toBe(201)
    expect(await made()).toMatchObject([{ scopes: ['read:orders', 'write:orders'] }])
  })

  test('has one kind of ends of lines, and no white space around a text', async () => {
    const { post, page, made } = await openForm()
    const description = ' one\r\ntwo\rthree\nfour\r\n'
    expect((await post('/keys', page, { ...FIELDS, description })).status).toBe(201)
    expect(await made()).toMatchObject([{ metadata: { description: 'one\ntwo\nthree\nfour' } }])
  })

  test('is empty before something was typed', async () => {
    const { page } = await openForm()
    expect(/name="name"[^>]*value="([^"]*)"/.exec(page)?.[1]).toBe('')
    expect(/name="description"[^>]*>([^<]*)</.exec(page)?.[1]).toBe('')
  })

  test.each([
    ['of which the rest never came', 400, (rest: string) => broken(rest)],
    ['in bytes that are no text', 400, (rest: string) => bytes(rest, Uint8Array.of(0xff))],
    ['that is whole: the control', 201, (rest: string) => bytes(rest)],
    ['that is too long', 413, (rest: string) => bytes(rest, 'x'.repeat(65_536))],
  ])('%s is %i', async (_what, status, streamOf) => {
    const { portal, callOf, token, made } = await openForm()
    const text = `${String(new URLSearchParams(pairsOf(token)))}&description=`
    const call = callOf('/keys', { method: 'POST', form: '' }, streamOf(text))
    expect((await portal(call)).status).toBe(status)
    expect(await made()).toHaveLength(status === 201 ? 1 : 0)
  })

  async function* broken(text: string) {
    yield Buffer.from(text)
    await Promise.resolve()
    throw new Error('aborted')
  }

  test.each([
    ['a list', [], 415],
    ['null', null, 415],
    ['a text', 'text', 415],
    ['a number', 7, 415],
    ['an object in a field', { name: { a: 'b' } }, 400],
    ['a number in a field', { name: 7 }, 400],
  ])('that a parser has made %s of is refused', async (_what, parsed, status) => {
    const { send } = await openForm()
    expect((await send('/keys', { method: 'POST', parsed })).status).toBe(status)
  })

  test('that a parser has read is bounded as well', async () => {
    const { send, token, made } = await openForm()
    const parsed = { form_token: token, ...FIELDS }
    const headers = (length: number) => ({ 'content-length': String(length) })
    const post = (length: number) =>
      send('/keys', { method: 'POST', parsed, headers: headers(length) })
    expect((await post(65_537)).status).toBe(413)
    expect(await made()).toEqual([])
    expect((await post(65_536)).status).toBe(201)
  })
})

describe('the token of a form', () => {
  /** As any instance of this console makes it. */
  function tokenOf(at: number, nonce = 'n'.repeat(22), use = 'sallyport console form') {
    const { sessionId, ownerId, id } = ANN
    const time = at.toString(36)
    const text = JSON.stringify([use, sessionId, ownerId, id, time, nonce])
    const mac = createHmac('sha256', SECRET).update(text).digest('base64url')
    return `${time}.${nonce}.${mac}`
  }
  const send = async (change: (token: string, now: number) => string) => {
    const { send: ask, token, clock, made } = await openForm()
    const form = pairsOf(change(token, clock.clock()))
    const { status, text } = await ask('/keys', { method: 'POST', form })
    if (status !== 201) expect(await made()).toEqual([])
    return { status, text }
  }

  test('is of this console, of the session, and of its time', async () => {
    const given = [
      (_: string, now: number) => tokenOf(now),
      (_: string, now: number) => tokenOf(now - 12 * HOUR),
      (_: string, now: number) => tokenOf(now - 12 * HOUR - 1),
      (_: string, now: number) => tokenOf(now + 12 * HOUR + 1),
      (_: string, now: number) => tokenOf(now, 'n'.repeat(22), ''),
      (_: string, now: number) => tokenOf(now, 'n'.repeat(21)),
    ]
    const statuses = []
    for (const one of given) statuses.push((await send(one)).status)
    expect(statuses).toEqual([201, 201, 403, 403, 403, 403])
  })

  test.each([
    ['the mark of its person', 'sallyport console form of', true],
    ['another mark', 'sallyport console form', false],
  ])('of another session with %s keeps what was typed: %s, %p', async (_what, use, isKept) => {
    const { send: ask, clock } = await openForm()
    const start = 'n'.repeat(11)
    const text = JSON.stringify([use, ANN.ownerId, ANN.id, start])
    const mark = createHmac('sha256', SECRET).update(text).digest('base64url').slice(0, 11)
    const token = tokenOf(clock.clock(), `${start}${mark}`, 'of another session')
    const shown = await ask('/keys', { method: 'POST', form: pairsOf(token) })
    expect([shown.status, shown.text.includes('<dd>Billing</dd>')]).toEqual([403, isKept])
  })

  test.each([
    ['something before it', (token: string) => `x.${token}`],
    ['something behind it', (token: string) => `${token}x`],
    ['no end', (token: string) => token.slice(0, -1)],
  ])('with %s is none', async (_what, change) => {
    const { status, text } = await send(change)
    expect(status).toBe(403)
    expect(text).toContain('This form is no longer valid')
    expect(text).toContain(
      'It is too old, somebody else has opened it, or you have signed in again since. Nothing was changed.',
    )
  })

  test('is used up in a store of the app, for as long as it is valid', async () => {
    const kept: Parameters<ReplayStore['addIfAbsent']>[] = []
    const forms: ReplayStore = { addIfAbsent: (...given) => kept.push(given) === 1 }
    const { post, page, token, clock } = await openForm({ forms })
    expect((await post('/keys', page, FIELDS)).status).toBe(201)
    expect((await post('/keys', page, FIELDS)).status).toBe(409)
    const id = `form:${token.split('.')[1] ?? ''}`
    // An hour longer than the form: clocks of instances differ.
    const one = [id, clock.clock() + 13 * HOUR, { forMs: 13 * HOUR, ownerId: 'org_1' }]
    expect(kept).toEqual([one, one])
  })

  test.each(['present', 'added', '0', 1, undefined, null])(
    'is no verdict where its store answers %j: nothing is made',
    async (answer) => {
      const forms = { addIfAbsent: () => answer } as unknown as ReplayStore
      const { post, page, made, errors, send } = await openForm({ forms })
      expect((await post('/keys', page, FIELDS)).status).toBe(503)
      expect([await made(), errors]).toMatchObject([[], [{ name: 'TypeError' }]])
      expect((await send('/keys')).status).toBe(200)
    },
  )

  test('is no verdict where its store does not answer: nothing is made', async () => {
    jest.useFakeTimers()
    try {
      const forms: ReplayStore = { addIfAbsent: () => new Promise(() => undefined) }
      const { post, page, made, errors } = await openForm({ forms })
      const sent = post('/keys', page, FIELDS)
      await jest.advanceTimersByTimeAsync(5_000)
      expect((await sent).status).toBe(503)
      const message = "'forms' of the console did not answer within 5000 ms."
      expect(errors).toMatchObject([{ message }])
      expect(await made()).toEqual([])
    } finally {
      jest.useRealTimers()
    }
  })

  test('from another site is told what to do', async () => {
    const { post, page } = await openForm()
    const headers = { 'sec-fetch-site': 'cross-site' }
    const { status, text } = await post('/keys', page, FIELDS, { headers })
    expect(status).toBe(403)
    expect(text).toContain('This form came from another site')
    expect(text).toContain('Nothing was changed. Open the page here, and send its form.')
  })
})

describe('a second step', () => {
  test('on another site is led to from a page, and from a form by a link', async () => {
    let passed = true
    const stepUp: Overrides['stepUp'] = () => passed || { location: 'https://id.example/confirm' }
    const { send, post, page, made, gate } = await openForm({ stepUp })
    passed = false
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await send('/keys/new', { method })
      const to = 'https://id.example/confirm?return_to=%2Fkeys%2Fnew'
      expect([status, headers['location']]).toEqual([303, to])
    }
    const { status, text } = await post('/keys', page, FIELDS)
    expect(status).toBe(403)
    expect(text).toContain('Confirm that it is you')
    expect(text).toContain('This needs a second step of signing in. Nothing was changed,')
    expect(text).toMatch(
      /href="https:\/\/id\.example\/confirm\?return_to=%2Fkeys%2Fnew"[^>]*>Confirm in another tab</,
    )
    expect(await made()).toEqual([])
    // A form without text leads there at once, if its policy lets it.
    passed = true
    const { id } = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
    const revoking = (await send(`/keys/${id}/revoke`)).text
    passed = false
    const bare = await post(`/keys/${id}/revoke`, revoking)
    expect(bare.status).toBe(403)
    expect(bare.text).toMatch(/This needs a second step of signing in\. Nothing was changed\.\s*</)
    expect(bare.text).toMatch(/href="https:\/\/id\.example\/confirm[^"]*"[^>]*>Confirm</)
  })

  test.each([
    [undefined, 503],
    [null, 503],
    [false, 503],
    ['yes', 503],
    [1, 503],
    [{}, 503],
    [{ location: 7 }, 503],
    [true, 200],
  ])('of which the app says %j is %i', async (said, status) => {
    const { send } = openConsole({ stepUp: () => said as never })
    expect((await send('/keys/new')).status).toBe(status)
  })

  test('of which nothing is heard for 5 seconds is 503', async () => {
    jest.useFakeTimers()
    try {
      const { send, errors } = openConsole({ stepUp: () => new Promise(() => undefined) })
      const sent = send('/keys/new')
      await jest.advanceTimersByTimeAsync(5_000)
      expect((await sent).status).toBe(503)
      const message = "'stepUp' of the console did not answer within 5000 ms."
      expect(errors).toMatchObject([{ message }])
    } finally {
      jest.useRealTimers()
    }
  })
})

test('forms of all people at one address are limited to 300 a minute, with the wait', async () => {
  const { portal, people, callOf, send } = openConsole()
  const statuses: number[] = []
  for (let at = 0; at <= 300; at++) {
    const id = `person-${String(at)}`
    people.set(id, { ...ANN, id })
    const form = [['form_token', 'none']] as const
    const call = callOf('/keys', { method: 'POST', as: id, form })
    const { status, headers } = await portal(call)
    statuses.push(status)
    if (status === 429) expect(headers['retry-after']).toMatch(/^[1-9]\d*$/)
  }
  expect(new Set(statuses.slice(0, 300))).toEqual(new Set([403]))
  expect(statuses[300]).toBe(429)
  expect((await send('/keys')).status).toBe(200)
})

describe('people at an address from which many forms come', () => {
  const stops = [
    ['/keys/ID/pause', 'disabled', { reason: 'leaked' }],
    ['/keys/ID/revoke', 'revoked', {}],
    ['/people/ann/revoke', 'revoked', { person: 'ann' }],
  ] as const

  async function withKey() {
    const opened = openConsole()
    const { gate } = opened
    const { keys } = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ['read:orders'] })
    const { id } = await keys.create({ name: 'Leaked', ownerId: 'org_1', environment: 'live' })
    return { ...opened, id }
  }

  test('are not held up by visitors, who are limited themselves', async () => {
    const { send, submit, id } = await withKey()
    const statuses: number[] = []
    for (let at = 0; at <= 300; at++) {
      const sent = { method: 'POST', as: '', form: [['name', 'x']] } as const
      statuses.push((await send('/keys', sent)).status)
    }
    expect(new Set(statuses.slice(0, 300))).toEqual(new Set([401]))
    expect(statuses[300]).toBe(429)
    // A visitor is led to the sign-in all the same, and so is whoever looks for a style sheet.
    const page = await send('/keys', { as: '' })
    expect([page.status, page.headers['retry-after']]).toEqual([401, undefined])
    const [, asset = ''] = /(assets\/[^"]+\.css)"/.exec((await send('/keys')).text) ?? []
    expect((await send(`/${asset}`, { as: '' })).status).toBe(200)
    expect((await submit(`/keys/${id}/edit`, { name: 'Found' })).status).toBe(303)
  })

  test.each(stops)('stop keys all the same: %s', async (path, state, fields) => {
    const { send, submit, people, gate, id } = await withKey()
    for (let at = 0; at <= 300; at++) {
      const one = `person-${String(at)}`
      people.set(one, { ...ANN, id: one })
      await send('/keys', { method: 'POST', as: one, form: [['form_token', 'none']] })
    }
    expect((await submit(`/keys/${id}/edit`, { name: 'Found' })).status).toBe(429)
    expect((await submit(path.replace('ID', id), fields)).status).toBe(303)
    expect((await gate.keys.get(id))?.state).toBe(state)
  })
})

describe('an address of the console', () => {
  test.each<[string, Sent & { readonly path: string }, string]>([
    ['a page without a form', { path: '/audit', method: 'POST', form: [] }, 'GET, HEAD'],
    ['a form without a page', { path: '/access/accept' }, 'POST'],
    ['both', { path: '/keys', method: 'PUT' }, 'GET, HEAD, POST'],
  ])('takes what it takes: %s', async (_what, { path, ...sent }, allow) => {
    const stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
    const roles = { admin: ['keys:all', 'audit:view', 'access:request'] } as const
    const opened = openConsole({ access: createAccess(stores), roles })
    const { status, headers } = await opened.send(path, sent)
    expect([status, headers['allow']]).toEqual([405, allow])
  })

  test('of the mount is no form, and not sent on as one', async () => {
    const { portal, callOf } = openConsole()
    const ask = async (method: string) =>
      (await portal({ ...callOf('', { method, mount: '/portal', form: '' }), target: '/' })).status
    expect([await ask('GET'), await ask('HEAD'), await ask('POST')]).toEqual([308, 308, 405])
  })

  test('of an asset gives it to those who read alone', async () => {
    const { send } = openConsole({ signInUrl: '/login' })
    const { text } = await send('/')
    const path = `/${/(?:href|src)="\.\/(assets\/[^"]+)"/.exec(text)?.[1] ?? ''}`
    const ask = async (method: string) => {
      const { status, text: body } = await send(path, { as: '', method })
      return [status, body === ''] as const
    }
    expect([await ask('GET'), await ask('HEAD'), await ask('POST')]).toEqual([
      [200, false],
      [200, true],
      [303, true],
    ])
  })

  test('leads a reader to the sign-in of another site, and says so where there is none', async () => {
    const elsewhere = openConsole({ signInUrl: 'https://id.example/login' })
    for (const method of ['GET', 'HEAD']) {
      expect((await elsewhere.send('/keys', { as: '', method })).status).toBe(303)
    }
    const { text } = await openConsole().send('/keys', { as: '' })
    expect(text).toContain('Sign in to the app first.')
    const nobody = openConsole({ user: () => null as never, signInUrl: '/login' })
    expect((await nobody.send('/keys')).status).toBe(303)
    expect(nobody.errors).toEqual([])
  })

  test('over plain HTTP is said to need HTTPS', async () => {
    const { portal, callOf } = openConsole()
    const call = callOf('/', {})
    const peer = { address: '203.0.113.7', encrypted: false }
    const { status, body } = await portal({ ...call, request: { ...call.request, peer } })
    expect(status).toBe(403)
    expect(body).toContain('Open this page with https:// in its address.')
  })

  test('is 503 where a store is away, 500 where something else is wrong, and told to onError', async () => {
    const store = createMemoryKeyStore()
    const list = () => {
      throw new Error('connection refused')
    }
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store: { ...store, list } } },
      scopes: SCOPES,
    })
    const broken = () => {
      throw new TypeError('broken')
    }
    const description = { openApi: broken, postman: () => ({}) }
    const { send, errors } = openConsole({ description }, gate)
    const away = await send('/keys?state=active&environment=live')
    expect(away.status).toBe(503)
    expect(away.text).toContain('href="./keys?state=active&amp;environment=live">Try again</a>')
    const wrong = await send('/docs/openapi.json')
    expect(wrong.status).toBe(500)
    expect(wrong.text).toContain('href="../docs/openapi.json">Try again</a>')
    expect(errors).toMatchObject([{ name: 'StoreError' }, { message: 'broken' }])
  })
})
