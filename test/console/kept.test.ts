import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, createMemoryReplayStore, type KeyStore } from 'sallyport'
import { ANN, openConsole, SCOPES, tokenIn, type Filled, type Scope } from './harness.js'

const FIELDS: Filled = {
  ...{ name: 'Billing <b>', description: 'Every night\nat 2', environment: 'live' },
  ...{ kind: 'sk', scopes: ['read:orders', 'write:orders'], expiry: '90d' },
}

/** What the page would send again. */
function fieldsIn(text: string): [string, string][] {
  const hidden = /<input\s+type="hidden"\s+name="(\w+)"\s+value="([^"]*)"/g
  return [...text.matchAll(hidden)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll('&lt;', '<').replaceAll('&gt;', '>'),
  ])
}

const pairsOf = ([name, value]: [string, string | readonly string[]]) =>
  [value].flat().map((one): [string, string] => [name, one])

function signedOut() {
  const opened = openConsole({ signInUrl: '/login' })
  const ann = opened.people.get('ann')
  const keys = async () => (await opened.gate.keys.list({ ownerId: 'org_1' })).items
  return {
    ...opened,
    keys,
    signOut: () => opened.people.delete('ann'),
    signIn: () => ann && opened.people.set('ann', { ...ann, sessionId: 'a new one' }),
    /** What a page has kept is sent again. */
    again: (text: string) => opened.send('/keys', { method: 'POST', form: fieldsIn(text) }),
  }
}

describe('what was typed is kept', () => {
  test('where the session has ended: on a page beside the sign-in, and sent again after it', async () => {
    const { send, post, keys, signOut, signIn, again } = signedOut()
    const { text } = await send('/keys/new')
    signOut()
    const kept = await post('/keys', text, FIELDS)
    expect(kept.status).toBe(401)
    expect(kept.text).toContain('href="/login?return_to=%2Fkeys%2Fnew" target="_blank"')
    expect(kept.text).toContain('<dd>Billing &lt;b&gt;</dd>')
    expect(kept.text).toContain('You are not signed in any more')
    expect(kept.text).toContain('Nothing was changed, and nothing that you have typed is lost.')
    expect(kept.text).toContain('<dd>read:orders, write:orders</dd>')
    for (const words of ['Secret key', '90 days']) {
      expect(kept.text).toContain(`<dd>${words}</dd>`)
    }
    expect(tokenIn(kept.text)).toBe(tokenIn(text))
    signIn()
    const shown = await again(kept.text)
    expect([shown.status, await keys()]).toEqual([403, []])
    expect(shown.text).toContain('See who is signed in, and send it again.')
    expect((await again(shown.text)).status).toBe(201)
    expect(await keys()).toMatchObject([
      {
        name: 'Billing <b>',
        scopes: ['read:orders', 'write:orders'],
        metadata: { description: 'Every night\nat 2' },
      },
    ])
  })

  test('where somebody has signed in again: the form is one form, and makes one key', async () => {
    const { send, post, keys, signIn, again } = signedOut()
    const { text } = await send('/keys/new')
    signIn()
    const [one, other] = [await post('/keys', text, FIELDS), await post('/keys', text, FIELDS)]
    expect([one.status, other.status, await keys()]).toEqual([403, 403, []])
    expect((await again(one.text)).status).toBe(201)
    expect((await again(other.text)).status).toBe(409)
    expect(await keys()).toHaveLength(1)
  })

  test.each([
    ['of the secret that signs no more', (secret: string) => ['c'.repeat(32), secret]],
    ['of another instance', (secret: string) => secret],
  ])('where somebody has signed in again, in a form %s', async (_what, secretsOf) => {
    const secret = 'o'.repeat(32)
    const { text } = await openConsole({ secret }).send('/keys/new')
    const later = openConsole({ secret: secretsOf(secret) })
    later.people.set('ann', { ...ANN, sessionId: 'a new one' })
    const shown = await later.post('/keys', text, FIELDS)
    expect([shown.status, shown.text.includes('<dd>Billing &lt;b&gt;</dd>')]).toEqual([403, true])
    const again = await later.send('/keys', { method: 'POST', form: fieldsIn(shown.text) })
    expect(again.status).toBe(201)
  })

  test('of a form that was acted on before its session ended: it makes no second key, and leads to the first', async () => {
    const { send, post, keys, signOut, signIn, again, clock } = signedOut()
    const { text } = await send('/keys/new')
    clock.advance('1m')
    expect((await post('/keys', text, FIELDS)).status).toBe(201)
    const [made] = await keys()
    clock.advance('1m')
    signOut()
    const kept = await post('/keys', text, FIELDS)
    expect(kept.status).toBe(401)
    signIn()
    const shown = await again(kept.text)
    expect(shown.status).toBe(403)
    clock.advance('1m')
    // Also twice over, and as the form that was open all the time.
    for (const page of [shown.text, shown.text, (await post('/keys', text, FIELDS)).text]) {
      const answer = await again(page)
      expect([answer.status, await keys()]).toEqual([409, [made]])
      expect(answer.text).toContain(`href="./keys/${String(made?.id)}"`)
      expect(answer.text).toContain('It was not sent a second time')
    }
  })

  test('of a form whose session comes back: it is sent again at once, and once', async () => {
    const { send, post, keys, people, signOut, again } = signedOut()
    const ann = people.get('ann')
    const { text } = await send('/keys/new')
    signOut()
    const [one, other] = [await post('/keys', text, FIELDS), await post('/keys', text, FIELDS)]
    if (ann) people.set('ann', ann)
    expect([(await again(one.text)).status, (await again(other.text)).status]).toEqual([201, 409])
    expect(await keys()).toHaveLength(1)
  })

  test('of a form that is too old: it is shown, and not sent again, as it may have been sent before', async () => {
    const { send, post, keys, signOut, signIn, again, clock } = signedOut()
    const { text } = await send('/keys/new')
    clock.advance('13h')
    const old = await post('/keys', text, FIELDS)
    signOut()
    const kept = await post('/keys', text, FIELDS)
    signIn()
    for (const shown of [old, await again(kept.text)]) {
      expect([shown.status, await keys()]).toEqual([403, []])
      expect(shown.text).toContain('This form is too old')
      expect(shown.text).toContain(
        'Its page was opened more than 12 hours ago, and it may have been sent before.',
      )
      expect(shown.text).toContain('or open the form again: what you have typed is shown here.')
      expect(shown.text).toContain('<dd>Billing &lt;b&gt;</dd>')
      expect(shown.text).toContain('href="./keys/new">Open the form again</a>')
      expect([tokenIn(shown.text), shown.text.includes('<form')]).toEqual(['', false])
    }
    expect((await post('/keys', (await send('/keys/new')).text, FIELDS)).status).toBe(201)
    expect(await keys()).toHaveLength(1)
  })

  test.each(['11h', '12h', '13h', '25h', '400d'] as const)(
    'of a form that has made a key, and is sent again after %s: it makes no second one',
    async (later) => {
      const { send, post, keys, again, clock } = signedOut()
      const { text } = await send('/keys/new')
      expect((await post('/keys', text, FIELDS)).status).toBe(201)
      clock.advance(later)
      const sent = await post('/keys', text, FIELDS)
      expect(sent.status).toBe(/^1[12]h$/.test(later) ? 409 : 403)
      // By whatever button there is on the page.
      if (tokenIn(sent.text) !== '') await again(sent.text)
      clock.advance(later)
      await post('/keys', text, FIELDS)
      expect(await keys()).toHaveLength(1)
    },
  )

  test.each(['13h', '18h'] as const)(
    'of a form of an instance whose clock is ahead, sent again after %s: it makes no second key',
    async (later) => {
      const forms = createMemoryReplayStore(() => clock.clock())
      const { send, post, gate, clock } = openConsole({ forms })
      const ahead = openConsole({ clock: () => clock.clock() + 6 * 3_600_000 })
      const { text } = await ahead.send('/keys/new')
      expect((await post('/keys', text, FIELDS)).status).toBe(201)
      clock.advance(later)
      expect((await post('/keys', text, FIELDS)).status).toBe(409)
      expect((await gate.keys.list()).items).toHaveLength(1)
      expect((await send('/keys')).status).toBe(200)
    },
  )

  test('of a form that is too old, and does the same each time: it is sent again', async () => {
    const { send, post, gate, clock } = signedOut()
    const { id } = await gate
      .as({ subject: 'ann', ownerId: 'org_1', scopes: ANN.scopes })
      .keys.create({ ownerId: 'org_1', environment: 'live', scopes: ['read:orders'], name: 'A' })
    const at = `/keys/${id}/pause`
    const { text } = await send(at)
    clock.advance('13h')
    const old = await post(at, text, { reason: 'Seen in a log' })
    expect([old.status, (await gate.keys.get(id))?.state]).toEqual([403, 'active'])
    const sent = await send(at, { method: 'POST', form: fieldsIn(old.text) })
    expect([sent.status, (await gate.keys.get(id))?.state]).toEqual([303, 'disabled'])
  })

  test('of a rotation that is too old: it makes no second successor', async () => {
    const { send, post, gate, clock } = signedOut()
    const as = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ANN.scopes })
    const given = { ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] } as const
    const { id } = await as.keys.create({ ...given, name: 'A' })
    const { text } = await send(`/keys/${id}/rotate`)
    clock.advance('13h')
    const old = await post(`/keys/${id}/rotate`, text, { grace: '1h' })
    expect([old.status, old.text.includes('This form is too old')]).toEqual([403, true])
    expect(old.text).toContain(`href="../../keys/${id}/rotate">Open the form again</a>`)
    const empty = await post(`/keys/${id}/rotate`, text, {})
    expect([empty.status, empty.text.includes('What you have typed')]).toEqual([403, false])
    expect(empty.text).toMatch(/or open the form again\.\s*</)
    expect(empty.text).toContain(`href="../../keys/${id}/rotate">Open the form again</a>`)
    expect((await gate.keys.list()).items).toHaveLength(1)
  })

  test.each([
    ['bob', {}],
    ['eve', {}],
    ['ann', { ownerId: 'org_2', sessionId: 'another' }],
    ['bob', { id: 'ann', ownerId: 'org_2' }],
  ])('not for somebody else who signs in: %s, %j', async (as, changed) => {
    const { send, post, gate, people, signOut } = signedOut()
    const { text } = await send('/keys/new')
    const person = people.get(as) ?? ANN
    signOut()
    const kept = await post('/keys', text, FIELDS)
    expect(kept.text).toContain('Billing')
    people.set(as, { ...person, ...changed })
    for (const page of [kept.text, text]) {
      const form = page === text ? Object.entries(FIELDS).flatMap(pairsOf) : fieldsIn(page)
      const sent = page === text ? [['form_token', tokenIn(text)] as const, ...form] : form
      const shown = await send('/keys', { method: 'POST', form: sent, as })
      expect([shown.status, shown.text.includes('Billing'), tokenIn(shown.text)]).toEqual([
        ...[403, false, ''],
      ])
      expect(shown.text).toContain('href="./keys/new">Open the form again</a>')
    }
    expect((await gate.keys.list()).items).toEqual([])
  })

  test('of a rotation: it makes one successor', async () => {
    const { send, post, gate, signOut, signIn } = signedOut()
    const as = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ANN.scopes })
    const { id } = await as.keys.create({
      ...{ name: 'A', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
    })
    const at = `/keys/${id}/rotate`
    const again = (page: string) => send(at, { method: 'POST', form: fieldsIn(page) })
    const { text } = await send(at)
    expect((await post(at, text, { grace: '1h' })).status).toBe(201)
    const { rotatedTo } = (await gate.keys.get(id)) ?? {}
    signOut()
    const kept = await post(at, text, { grace: '1h' })
    signIn()
    const answer = await again((await again(kept.text)).text)
    expect(answer.status).toBe(409)
    expect(answer.text).toContain(`keys/${String(rotatedTo)}"`)
    expect((await gate.keys.list({ ownerId: 'org_1' })).items).toHaveLength(2)
  })

  test.each([
    ['/keys/ID/pause', { reason: 'Seen in a log' }],
    ['/keys/ID/revoke', { reason: 'Seen in a log', name: 'A' }],
    ['/keys/ID/edit', { name: 'B', description: 'Seen in a log' }],
    ['/people/ann/revoke', { reason: 'Seen in a log', person: 'ann' }],
  ] as const)('of the form at %s', async (path, fields) => {
    const { send, post, gate, signOut } = signedOut()
    const as = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ANN.scopes })
    const { id } = await as.keys.create({
      ...{ name: 'A', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
    })
    const at = path.replace('ID', id)
    const { text, status } = await send(at)
    expect(status).toBe(200)
    signOut()
    const kept = await post(at, text, fields)
    expect([kept.status, kept.text.includes('<dd>Seen in a log</dd>')]).toEqual([401, true])
  })

  test.each([
    ['another site', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ['nobody knows where', { headers: { 'sec-fetch-site': '' } }],
  ])('not of a form that comes from %s', async (_, sent) => {
    const { post, signOut } = signedOut()
    signOut()
    const { status, text } = await post('/keys', '', FIELDS, sent)
    expect([status, text]).toEqual([303, ''])
  })

  test('not of a form without text, of an unknown field, or of another type', async () => {
    const { post, send, signOut, signIn } = signedOut()
    signOut()
    expect((await post('/keys', '', {})).status).toBe(303)
    expect((await post('/keys', '', { ...FIELDS, other: 'x' })).status).toBe(303)
    const headers = { 'content-type': 'text/plain' }
    expect((await send('/keys', { method: 'POST', form: 'name=A', headers })).status).toBe(303)
    signIn()
    const stale = await post('/keys', '', {})
    expect([stale.status, stale.text.includes('<dd>')]).toEqual([403, false])
    expect(stale.text).toMatch(/signed in again since\. Nothing was changed\.\s*</)
  })

  test('for as many as one address may send', async () => {
    const { post, signOut } = signedOut()
    signOut()
    for (let form = 0; form < 300; form++) await post('/keys', '', { name: 'A' })
    expect((await post('/keys', '', { name: 'A' })).status).toBe(429)
  })
})

describe('what was typed survives a second step', () => {
  const STEP = { location: '/confirm' }

  /** Two pages of each form, opened before the second step is asked for again. */
  async function withStep(path: string) {
    let passed = true
    const opened = openConsole({ stepUp: () => passed || STEP })
    const as = opened.gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ANN.scopes })
    const { id } = await as.keys.create({
      ...{ name: 'A', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
    })
    const at = path.replace('ID', id)
    const { text } = await opened.send(at)
    const setPassed = (now: boolean) => {
      passed = now
    }
    const again = (page: string, to = at) =>
      opened.send(to, { method: 'POST', form: fieldsIn(page) })
    return { ...opened, id, at, text, setPassed, again }
  }

  test('and makes one key, however often it is sent', async () => {
    const { post, gate, text, setPassed, again } = await withStep('/keys/new')
    setPassed(false)
    const kept = await post('/keys', text, FIELDS)
    expect(kept.status).toBe(403)
    expect(kept.text).toContain('href="/confirm?return_to=%2Fkeys%2Fnew" target="_blank"')
    expect(kept.text).toContain('nothing that you have typed is lost')
    expect(kept.text).toContain('<dd>Billing &lt;b&gt;</dd>')
    // Before the step was taken, it is asked for once more.
    const still = await again(kept.text, '/keys')
    expect([still.status, still.text.includes('<dd>Billing &lt;b&gt;</dd>')]).toEqual([403, true])
    setPassed(true)
    expect((await again(still.text, '/keys')).status).toBe(201)
    for (const page of [text, kept.text, still.text]) {
      const { status } =
        page === text ? await post('/keys', page, FIELDS) : await again(page, '/keys')
      expect(status).toBe(409)
    }
    const { items } = await gate.keys.list({ ownerId: 'org_1' })
    expect(items.map(({ name }) => name)).toEqual(['Billing <b>', 'A'])
  })

  test.each([
    ['/keys/ID/rotate', { grace: '1h' }, 201, 409],
    ['/keys/ID/revoke', { reason: 'Seen in a log' }, 303, 409],
    ['/people/ann/revoke', { reason: 'Seen in a log', person: 'ann' }, 303, 409],
  ] as const)('of the form at %s', async (path, fields, done, twice) => {
    const { post, at, text, setPassed, again } = await withStep(path)
    setPassed(false)
    const kept = await post(at, text, fields)
    expect([kept.status, kept.text.includes('target="_blank"')]).toEqual([403, true])
    setPassed(true)
    expect((await again(kept.text)).status).toBe(done)
    expect((await again(kept.text)).status).toBe(twice)
  })

  test('never a secret', async () => {
    const { post, gate, text, setPassed } = await withStep('/keys/new')
    const { secret } = await gate.keys.create({ name: 'B', ownerId: 'org_1', environment: 'live' })
    setPassed(false)
    const kept = await post('/keys', text, { ...FIELDS, description: `is ${secret}` })
    expect(kept.text).not.toContain(secret)
    expect(kept.text).toContain('is [a key was here]')
  })
})

describe('what was typed survives', () => {
  /** A console whose store answers what it is told to. */
  function withStore(overrides: Partial<KeyStore>) {
    const store = { ...createMemoryKeyStore(), ...overrides }
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
    })
    return openConsole({ clock: Date.now }, gate)
  }

  test('a store that fails, and is sent again', async () => {
    let isAway = true
    const kept = createMemoryKeyStore()
    const insert: KeyStore['insert'] = (...given) =>
      isAway ? Promise.reject(new Error('connection refused')) : kept.insert(...given)
    const { send, post, gate, errors } = withStore({ ...kept, insert })
    const failed = await post('/keys', (await send('/keys/new')).text, FIELDS)
    expect(failed.status).toBe(503)
    expect(failed.text).toContain('does not answer')
    expect(failed.text).toContain('It may have been done all the same')
    expect(failed.text).toContain('<dd>Billing &lt;b&gt;</dd>')
    expect(errors).toMatchObject([{ name: 'StoreError' }])
    isAway = false
    const again = () => send('/keys', { method: 'POST', form: fieldsIn(failed.text) })
    expect([(await again()).status, (await again()).status]).toEqual([201, 409])
    expect((await gate.keys.list()).items).toHaveLength(1)
  })

  test('a store that makes the key and answers with a failure: sent again, it makes no second one', async () => {
    const kept = createMemoryKeyStore()
    let isLate = true
    const insert: KeyStore['insert'] = async (...given) => {
      const done = await kept.insert(...given)
      if (isLate) throw new Error('no answer in time')
      return done
    }
    const { send, post, gate } = withStore({ ...kept, insert })
    const failed = await post('/keys', (await send('/keys/new')).text, FIELDS)
    expect(failed.status).toBe(503)
    isLate = false
    const [made] = (await gate.keys.list()).items
    for (let times = 0; times < 2; times++) {
      const again = await send('/keys', { method: 'POST', form: fieldsIn(failed.text) })
      expect([again.status, again.text.includes(`keys/${String(made?.id)}"`)]).toEqual([409, true])
    }
    expect((await gate.keys.list()).items).toHaveLength(1)
  })

  test('a form without text says as well that it may have been done, and leads to its page', async () => {
    const update: KeyStore['update'] = () => Promise.reject(new Error('connection refused'))
    const { submit, gate } = withStore({ ...createMemoryKeyStore(), update })
    const { id } = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
    const { status, text } = await submit(`/keys/${id}/revoke`)
    expect([status, text.includes('It may have been done all the same')]).toEqual([503, true])
    expect(text).toContain(`href="../../keys/${id}/revoke">Try again</a>`)
  })

  test('a store of forms that fails: nothing was done', async () => {
    let isAway = true
    const ids = new Set<string>()
    const addIfAbsent = (id: string) => {
      if (isAway) return Promise.reject(new Error('away'))
      return Promise.resolve(ids.size < ids.add(id).size)
    }
    const { send, post } = openConsole({ forms: { addIfAbsent } })
    const failed = await post('/keys', (await send('/keys/new')).text, FIELDS)
    expect(failed.status).toBe(503)
    expect(failed.text).toContain('<dd>Billing &lt;b&gt;</dd>')
    expect(failed.text).not.toContain('It may have been done')
    isAway = false
    const again = await send('/keys', { method: 'POST', form: fieldsIn(failed.text) })
    expect(again.status).toBe(201)
  })

  test('a limit', async () => {
    const { send, post, clock } = openConsole()
    const { text } = await send('/keys/new')
    for (let form = 0; form < 60; form++) await post('/keys', text, {})
    const limited = await post('/keys', text, FIELDS)
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, '1'])
    expect(limited.text).toContain('<dd>Billing &lt;b&gt;</dd>')
    clock.advance('1s')
    const again = await send('/keys', { method: 'POST', form: fieldsIn(limited.text) })
    expect(again.status).toBe(201)
  })
})

test('no page but the one that makes it has a whole key, wherever somebody has put it', async () => {
  const opened = openConsole({ signInUrl: '/login' })
  const { secret } = await opened.gate.keys.create({
    ...{ name: 'A', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
  })
  const { text } = await opened.send('/keys/new')
  const noted = { ...FIELDS, description: secret, stored_in: `in ${secret}.` }
  const pages = [
    await opened.post('/keys', text, noted),
    await opened.post('/keys', text, noted, { as: '' }),
    await opened.send(`/people/${secret}`),
  ]
  expect(pages.map(({ status }) => status)).toEqual([422, 401, 200])
  for (const query of [`by=${secret}`, `q=x+${secret}`]) {
    const { status, headers } = await opened.send(`/keys?${query}`)
    expect([status, headers['location']]).toEqual([303, `./keys?q=${secret.slice(-4)}`])
  }
  for (const text of [secret, secret.replaceAll('_', '%5F')]) {
    const { headers } = await opened.send(`/keys?q=${text}`, { as: '', mount: '/portal' })
    expect(headers['location']).toBe('/login?return_to=%2Fportal%2Fkeys')
  }
  for (const text of [secret, secret.replaceAll('_', '%5F')]) {
    const { headers } = await opened.send(`/people/${text}`, { as: '', mount: '/portal' })
    expect(headers['location']).toBe('/login?return_to=%2Fportal%2F')
  }
  for (const page of pages) {
    expect(page.text).not.toContain(secret)
    expect(page.text).toContain('[a key was here]')
  }
})
