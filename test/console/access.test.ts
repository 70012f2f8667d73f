import { describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type Access,
  type TermsOptions,
} from 'sallyport/access'
import { createTestClock } from 'sallyport/testing'
import {
  addressAfter,
  ANN,
  openConsole,
  saidOn,
  SCOPES,
  tokenIn,
  type Overrides,
  type Scope,
} from './harness.js'

const FIELDS = {
  ...{ name: 'CI', environment: 'live', kind: 'sk', expiry: '30d', scopes: ['read:orders'] },
}

function withAccess() {
  const clock = createTestClock(new Date('2030-06-17T12:00:00Z'))
  const access = createAccess({
    ...{ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() },
    terms: { 'api-terms': { version: '1', title: 'API terms', text: 'Be kind.' } },
    clock: clock.clock,
  })
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES, access },
    plans: { free: { quota: { limit: 10, window: '1h' } }, pro: { quota: 'unlimited' } },
    limits: { defaultPlan: 'free' },
    clock: clock.clock,
  })
  function openWith(overrides: Overrides = {}) {
    const roles = {
      admin: ['keys:all', 'access:request'],
      member: ['keys:own'],
      staff: ['access:decide', 'access:request'],
    } as const
    const opened = openConsole({ access, clock: clock.clock, roles, ...overrides }, gate)
    const lee = { id: 'lee', sessionId: 'session-lee', ownerId: 'staff', role: 'staff' }
    opened.people.set('lee', { ...ANN, ...lee })
    opened.people.set('kim', { ...ANN, id: 'kim', sessionId: 'session-kim', role: 'staff' })
    return opened
  }
  return { ...openWith(), openWith, access, gate, clock }
}

/** The terms of a page, as its form sends them. */
function termsIn(text: string): string {
  return /value="(api-terms [^"]+)"/.exec(text)?.[1] ?? ''
}

/** Asks for access to `live` as Ann. */
async function asked() {
  const opened = withAccess()
  const { text } = await opened.send('/access')
  const accept = [termsIn(text)]
  const fields = { use_case: 'Shows <b>orders</b>.', environments: ['live'], accept }
  const sent = await opened.post('/access', text, fields)
  const [request] = (await opened.access.list()).items
  return { ...opened, sent, id: request?.id ?? '' }
}

describe('without access', () => {
  test('pages without keys say what is missing, in place of a button that leads nowhere', async () => {
    const { send, access, openWith } = withAccess()
    for (const path of ['/', '/keys']) {
      const { text } = await send(path)
      expect(text).toContain('Keys cannot be made in live, test yet')
      expect(text).not.toContain('href="./keys/new"')
    }
    const by = { id: 'lee', name: 'Lee', ownerId: 'staff' }
    const { terms } = await access.of('org_1', ['live'])
    const accept = terms.map(({ id, version, digest }) => ({ id, version, digest }))
    const asking = { ownerId: 'org_1', by: { id: 'ann', ownerId: 'org_1' }, useCase: 'Orders' }
    const { id } = await access.request({ ...asking, environments: ['test'], accept })
    await access.approve(id, { by })
    for (const path of ['/', '/keys']) {
      const { text } = await openWith().send(path)
      expect(text).toContain('Keys cannot be made in live yet')
      expect(text).toContain('href="./keys/new"')
    }
  })

  test('the text of terms without an address of their own is read beside them', async () => {
    const terms = { 'api-terms': { version: '1', text: 'Be <kind>.\nAlways.' } }
    const access = createAccess({
      ...{ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore(), terms },
    })
    const { send } = withAccess().openWith({ access })
    const { text } = await send('/access')
    expect(text).toMatch(/<summary>Read api-terms, version 1<\/summary>/)
    expect(text).toContain('<div class="read">Be &lt;kind&gt;.\nAlways.</div>')
    expect((await access.of('org_1', ['live'])).terms[0]?.text).toBe('Be <kind>.\nAlways.')
  })

  test('no key is made, and the page says what is missing', async () => {
    const { gate, send, post } = withAccess()
    const { text } = await send('/keys/new')
    expect(text).toContain('Your organization has no access to &#39;live&#39;. Request it.')
    expect(text).toContain('has not accepted &#39;API terms&#39; (api-terms), version 1')
    const made = await post('/keys', text, FIELDS)
    expect(made.status).toBe(403)
    expect(made.text).toContain('href="./access"')
    // Nothing that was typed is lost.
    expect(made.text).toMatch(new RegExp(`id="f-name"\\s+name="name"\\s+value="${FIELDS.name}"`))
    expect(made.text).toContain('Nothing was changed: please correct the form')
    expect((await gate.keys.list()).items).toEqual([])
  })

  test('the form says what is wrong with it, and keeps what was typed', async () => {
    const { submit, access } = withAccess()
    const { status, text } = await submit('/access', {
      use_case: 'Orders',
      environments: ['staging'],
    })
    expect(status).toBe(422)
    expect(text).toContain('>Orders</textarea')
    expect((await submit('/access', { environments: ['live'] })).text).toContain('#f-use_case')
    const noTerms = await submit('/access', { use_case: 'Orders', environments: ['live'] })
    expect(noTerms.status).toBe(422)
    expect((await access.list()).items).toEqual([])
  })
})

describe('terms', () => {
  test('that people would accept and can read nowhere are refused at start', () => {
    const digest = 'd'.repeat(43)
    const accessWith = (baa: Partial<TermsOptions>) =>
      createAccess({
        ...{ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() },
        terms: { tos: { version: '1', text: 'Be kind.' }, baa: { version: '1', ...baa } },
      })
    const admin = ['keys:all', 'access:request'] as const
    const openWith = (access: Access, roles: Overrides['roles'] = { admin }) =>
      openConsole({ access, roles })
    expect(() => openWith(accessWith({ digest }))).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message: expect.stringMatching(/^createConsole: 'access' has terms 'baa' that people/),
      }),
    )
    // Where they are read elsewhere, signed on paper, or accepted by nobody on the console.
    openWith(accessWith({ digest, url: 'https://example.com/baa' }))
    openWith(accessWith({ text: 'As agreed.' }))
    openWith(accessWith({ digest, acceptedBy: 'operator' }))
    openWith(accessWith({ digest }), { admin: ['keys:all'], staff: ['access:decide'] })
  })

  test('are accepted in the text that was shown, and in no other', async () => {
    const { access, send, post } = withAccess()
    const { text } = await send('/access')
    const shown = termsIn(text)
    const [id, digest = '', version] = shown.split(' ')
    expect([id, digest.length, version]).toEqual(['api-terms', 43, '1'])
    const forms: readonly (readonly [string, RegExp])[] = [
      // As the page was shown before the text was changed.
      [shown.replace(digest, 'd'.repeat(43)), /text of &#39;api-terms&#39; has changed. Read it/],
      [shown.replace(/1$/, '0'), /version of &#39;api-terms&#39; that holds is 1/],
      ['api-terms', /must be an id/],
    ]
    for (const [terms, message] of forms) {
      const refused = await post('/access/accept', text, { terms })
      expect(refused.status).toBe(409)
      expect(refused.text).toMatch(message)
      const fields = { use_case: 'Orders', environments: ['live'], accept: [terms] }
      const unasked = await post('/access', text, fields)
      expect(unasked.status).toBe(422)
      expect(unasked.text).toMatch(message)
    }
    expect((await access.agreements.list()).items).toEqual([])
    expect((await access.list()).items).toEqual([])
    const accepted = await post('/access/accept', text, { terms: shown })
    expect(accepted.status).toBe(303)
    const next = await send(addressAfter('/access/accept', accepted))
    expect(saidOn(next)).toBe('The terms are accepted.')
    expect((await access.agreements.list()).items).toMatchObject([
      {
        terms: { id, version, digest },
        by: { id: 'ann', name: 'Ann Archer', address: '203.0.113.7' },
        at: new Date('2030-06-17T12:00:00Z'),
      },
    ])
  })
})

test('terms of a new version are asked for again', async () => {
  const stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
  const accessOf = (version: string) =>
    createAccess({ ...stores, terms: { 'api-terms': { version, text: `Be kind. ${version}` } } })
  const before = withAccess().openWith({ access: accessOf('1') })
  const { text } = await before.send('/access')
  const accepted = await before.post('/access/accept', text, { terms: termsIn(text) })
  expect(accepted.status).toBe(303)
  expect(termsIn((await before.send('/access')).text)).toBe('')
  const after = withAccess().openWith({ access: accessOf('2') })
  expect(termsIn((await after.send('/access')).text)).toMatch(/ 2$/)
})

describe('whoever the app names', () => {
  test.each([
    ['', undefined],
    [' \t ', undefined],
    ['Ann\tLee', 'Ann Lee'],
    ['Ann\0', 'Ann'],
    [`${'A'.repeat(255)}\u{1F600}b`, 'A'.repeat(128)],
  ])('may ask for access: %j', async (name, kept) => {
    const { send, post, people, access } = withAccess()
    people.set('ann', { ...ANN, name })
    const { text } = await send('/access')
    const fields = { use_case: 'Orders', environments: ['live'], accept: [termsIn(text)] }
    expect((await post('/access', text, fields)).status).toBe(303)
    const [request] = (await access.list()).items
    expect(request?.steps[0]?.by.name).toBe(kept)
  })
})

describe('terms of some environments', () => {
  function withTerms() {
    const stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
    const terms = {
      'live-terms': { version: '1', text: 'Live.', environments: ['live'] },
      'test-terms': { version: '1', text: 'Test.', environments: ['test'] },
      'more-terms': { version: '1', text: 'More.', environments: ['test'] },
      'api-terms': { version: '1', text: 'All.', required: false },
    }
    const access = createAccess({ ...stores, terms })
    const opened = withAccess().openWith({ access })
    const tess = { ...ANN, id: 'tess', sessionId: 'session-tess', environments: ['test'] }
    opened.people.set('tess', tess)
    const accepted = async () => (await access.agreements.list()).items.map(({ terms }) => terms.id)
    const shown = async () => {
      const { text } = await opened.send('/access')
      const found = [...text.matchAll(/value="([a-z]+-terms [^"]+)"/g)].map(([, one = '']) => one)
      return new Map(found.map((one) => [one.split(' ')[0], one]))
    }
    return { ...opened, access, accepted, shown }
  }

  test('are accepted by people who manage all of these environments', async () => {
    const { send, post, accepted, shown } = withTerms()
    const all = await shown()
    const { text } = await send('/access', { as: 'tess' })
    expect(text).toContain('Not yet. Somebody who manages live accepts them.')
    expect(text).toContain('Not yet. Somebody who manages live and test accepts them.')
    expect(text).not.toMatch(/value="(?:live|api)-terms /)
    expect(text).toMatch(/value="test-terms /)
    for (const id of ['live-terms', 'api-terms']) {
      const terms = all.get(id) ?? ''
      const alone = await post('/access/accept', text, { terms }, { as: 'tess' })
      const fields = { use_case: 'Orders', environments: ['test'], accept: [terms] }
      const asking = await post('/access', text, fields, { as: 'tess' })
      for (const sent of [alone, asking]) {
        expect([id, sent.status]).toEqual([id, 403])
        expect(sent.text).toContain('accepts them. Nothing was changed.')
      }
    }
    expect(await accepted()).toEqual([])
    const accept = ['test-terms', 'more-terms'].map((id) => all.get(id) ?? '')
    const fields = { use_case: 'Orders', environments: ['test'], accept }
    expect((await post('/access', text, fields, { as: 'tess' })).status).toBe(303)
    expect(await accepted()).toHaveLength(2)
  })

  test('are not accepted with a request that lacks others', async () => {
    const { submit, accepted, shown } = withTerms()
    const accept = [(await shown()).get('test-terms') ?? '']
    const sent = await submit('/access', { use_case: 'Orders', environments: ['test'], accept })
    expect(sent.status).toBe(422)
    expect(sent.text).toContain('Nothing was changed')
    expect(await accepted()).toEqual([])
  })
})

describe('a request for access', () => {
  test('is kept with who asked, from where, and what was accepted', async () => {
    const { sent, access, id, send } = await asked()
    expect(sent.status).toBe(303)
    const next = await send(addressAfter('/access', sent))
    expect(saidOn(next)).toBe('Your request for access is sent. Its state is on this page.')
    expect(await access.get(id)).toMatchObject({
      ...{ ownerId: 'org_1', useCase: 'Shows <b>orders</b>.', environments: ['live'] },
      terms: [{ id: 'api-terms', version: '1' }],
      steps: [{ by: { id: 'ann', name: 'Ann Archer', address: '203.0.113.7' } }],
    })
    const { text } = await send('/access')
    expect(text).toContain('Waits for a decision')
    expect(text).toContain('Accepted')
  })

  test('is in the queue with its age, and approved; then a key can be made', async () => {
    const { id, send, submit, post, clock, access, openWith } = await asked()
    clock.advance('3d')
    const queue = await send('/requests', { as: 'lee' })
    expect(queue.text).toContain('3 days ago')
    expect(queue.text).toContain('Overdue')
    expect(queue.text).toContain('Shows &lt;b&gt;orders')
    const { text } = await send(`/requests/${id}`, { as: 'lee' })
    const fields = { environments: ['live'], plan: '', until: '2031-01-01', conditions: 'Be kind' }
    const sent = await post(`/requests/${id}/approve`, text, fields, { as: 'lee' })
    expect(sent.status).toBe(303)
    const next = await send(addressAfter(`/requests/${id}/approve`, sent), { as: 'lee' })
    expect(saidOn(next)).toMatch(/^Access for org_1 is approved\. <a href="\.\.\/requests">/)
    const decided = await send(`/requests/${id}`, { as: 'lee' })
    expect(decided.text).toMatch(/<b>Approved<\/b> by Ann Archer/)
    expect((await send('/requests', { as: 'lee' })).text).toContain('Nothing waits')
    for (const state of ['approved', 'all']) {
      const list = await send(`/requests?state=${state}`, { as: 'lee' })
      expect(list.text).toContain(`./requests/${id}`)
    }
    expect((await send('/requests?state=denied', { as: 'lee' })).text).not.toContain(id)
    expect(await access.get(id)).toMatchObject({
      ...{ state: 'approved', until: new Date('2031-01-01'), conditions: 'Be kind' },
    })
    expect((await send('/access')).text).toContain('Approved')
    // The day begins in UTC, which is the evening before where the reader is.
    const abroad = openWith({ timeZone: 'America/New_York' })
    for (const shown of [
      await abroad.send('/access'),
      await abroad.send(`/requests/${id}`, { as: 'lee' }),
    ]) {
      expect(shown.text.replaceAll('\u202f', ' ')).toContain('>Dec 31, 2030, 7:00 PM</time>')
    }
    const page = await send('/keys/new')
    expect((await post('/keys', page.text, FIELDS)).status).toBe(201)
    for (const path of ['/access', '/']) {
      expect((await send(path)).text).toMatch(/Your access has conditions[^]*live[^]*Be kind</)
    }
    expect((await send('/', { as: 'bob' })).text).not.toContain('has conditions')
    const again = await post(`/requests/${id}/approve`, text, fields, { as: 'lee' })
    expect(again.status).toBe(409)
    expect(submit).toBeDefined()
  })

  test('waits on the overview of those who decide, with its age', async () => {
    const { send, clock, id, access } = await asked()
    clock.advance('3d')
    const { text } = await send('/', { as: 'lee' })
    expect(text).toContain('1 request for access to decide')
    expect(text).toMatch(
      new RegExp(`href="./requests/${id}">org_1</a>, asked\\s+<time[^>]*>3 days`),
    )
    expect((await send('/')).text).not.toContain('to decide')
    expect((await send('/')).text).toContain('Keys cannot be made in live')
    await access.deny(id, { by: { id: 'lee', ownerId: 'staff' }, reason: 'No.' })
    const none = (await send('/', { as: 'lee' })).text
    expect(none).toContain('No request for access waits for a decision')
  })

  test('is not said to be missing where those before it are of other environments', async () => {
    const { send, access, people, clock } = await asked()
    const { terms } = await access.of('org_1', ['live', 'test'])
    const accept = terms.map(({ id, version, digest }) => ({ id, version, digest }))
    const request = (ownerId: string, environment: string) =>
      access.request({
        ...{ ownerId, by: { id: 'pat', ownerId }, useCase: 'Orders', accept },
        environments: [environment],
      })
    for (let n = 0; n < 2_000; n += 1) await request(`org_many_${String(n)}`, 'live')
    clock.advance('1s')
    const { id } = await request('org_last', 'test')
    people.set('tess', {
      ...{ ...ANN, ...people.get('lee'), id: 'tess', sessionId: 'session-tess' },
      environments: ['test'],
    })
    const overview = (await send('/', { as: 'tess' })).text
    expect(overview).toContain('0+ requests for access to decide')
    expect(overview).not.toContain('No request for access waits')
    const list = (await send('/requests', { as: 'tess' })).text
    expect(list).toContain('No request so far is yours to see')
    expect(list).not.toContain('Nothing waits for a decision')
    const [, query = ''] = /href="[^"]*requests(\?[^"]*cursor=[^"]*)"/.exec(overview) ?? []
    const next = await send(`/requests${query.replaceAll('&amp;', '&')}`, { as: 'tess' })
    expect(next.text).toContain(id)
  })

  test('is approved with scopes and a plan of the API, and with no others', async () => {
    const { access, submit, send, id } = await asked()
    const { text } = await send(`/requests/${id}`, { as: 'lee' })
    expect(text).toContain('>Asked by</dt>')
    expect(text).toMatch(/name="scopes"\s+value="write:orders"/)
    expect(text).toMatch(/<option value="pro" >/)
    const wrong = [
      [{ scopes: ['delete:orders'] }, '#f-scopes', 'not offered'],
      [{ plan: 'gold' }, '#main', 'known are free, pro.'],
      [{ until: '2030-06-17' }, '#f-until', 'The end must lie in the future.'],
      [{ until: 'soon' }, '#f-until', 'The end must be a day, such as 2031-01-31.'],
      [{ until: '2031-02-30' }, '#f-until', 'The end must be a day, such as 2031-01-31.'],
      [{ environments: [] }, '#f-environments', 'Choose at least one environment.'],
    ] as const
    for (const [fields, link, words] of wrong) {
      const all = { environments: ['live'], ...fields }
      const sent = await submit(`/requests/${id}/approve`, all, { as: 'lee' })
      expect([fields, sent.status]).toEqual([fields, 422])
      expect(sent.text).toContain(`href="${link}"`)
      expect(sent.text).toContain(words)
    }
    expect(await access.get(id)).toMatchObject({ state: 'requested' })
    const fields = { environments: ['live'], scopes: ['read:orders'], plan: 'pro' }
    await submit(`/requests/${id}/approve`, fields, { as: 'lee' })
    expect(await access.get(id)).toMatchObject({
      ...{ state: 'approved', scopes: ['read:orders'], plan: 'pro' },
    })
    const more = await submit('/keys', { ...FIELDS, scopes: ['write:orders'] })
    expect(more.status).toBe(403)
  })

  test('that asks for a plan is approved with the plan that the approver has chosen', async () => {
    const { access, gate, post, submit, send } = withAccess()
    const { id } = await access.request({
      ...{ ownerId: 'org_1', by: { id: 'ann', ownerId: 'org_1' }, useCase: 'Orders.' },
      ...{ environments: ['live'], plan: 'pro', accept: [{ id: 'api-terms', version: '1' }] },
    })
    const { text } = await send(`/requests/${id}`, { as: 'lee' })
    const options = [...text.matchAll(/<option value="(\w*)" (selected)?>\s*([^<]*?)\s*</g)]
    expect(options.map(([, value, selected, label]) => [value, selected, label])).toEqual([
      ['free', undefined, 'free (default)'],
      ['pro', 'selected', 'pro'],
    ])
    const fields = { environments: ['live'] }
    const unchosen = await submit(`/requests/${id}/approve`, fields, { as: 'lee' })
    expect([unchosen.status, unchosen.text.includes('Choose the plan.')]).toEqual([422, true])
    expect(await access.get(id)).toMatchObject({ state: 'requested' })
    await post(`/requests/${id}/approve`, text, { ...fields, plan: 'free' }, { as: 'lee' })
    expect(await access.get(id)).toMatchObject({ state: 'approved', plan: 'free' })
    await gate.close()
  })

  test('is approved after a second step, which comes before anything is typed', async () => {
    const { access, send, id, openWith } = await asked()
    const before = await send(`/requests/${id}`, { as: 'lee' })
    let passed = false
    const steps: string[] = []
    const stepped = openWith({
      stepUp(user, action) {
        steps.push(`${user.id} ${action}`)
        return passed || { location: '/confirm' }
      },
    })
    const page = await stepped.send(`/requests/${id}`, { as: 'lee' })
    const back = encodeURIComponent(`/requests/${id}`)
    expect([page.status, page.headers['location']]).toEqual([303, `/confirm?return_to=${back}`])
    const sent = await stepped.post(`/requests/${id}/approve`, before.text, {}, { as: 'lee' })
    expect(sent.headers['location']).toBe(`/confirm?return_to=${back}%2Fapprove`)
    expect(await access.get(id)).toMatchObject({ state: 'requested' })
    expect(steps).toEqual(['lee approve_access', 'lee approve_access'])
    passed = true
    const fields = { environments: ['live'] }
    await stepped.submit(`/requests/${id}/approve`, fields, { as: 'lee' })
    expect(await access.get(id)).toMatchObject({ state: 'approved' })
    // What is decided is read without one.
    passed = false
    expect((await stepped.send(`/requests/${id}`, { as: 'lee' })).status).toBe(200)
  })

  test('is denied with a reason, which the organization reads', async () => {
    const { id, send, post } = await asked()
    const { text } = await send(`/requests/${id}`, { as: 'lee' })
    const without = await post(`/requests/${id}/deny`, text, { reason: '' }, { as: 'lee' })
    expect(without.status).toBe(422)
    expect(without.text).toContain('href="#f-reason">Say why: the organization sees it.')
    const denied = await post(`/requests/${id}/deny`, text, { reason: 'No <i>' }, { as: 'lee' })
    expect(denied.status).toBe(303)
    const next = await send(addressAfter(`/requests/${id}/deny`, denied), { as: 'lee' })
    expect(saidOn(next)).toContain('Access for org_1 is denied.')
    expect((await send('/access')).text).toContain('Reason: No &lt;i&gt;')
  })

  test('is decided by nobody of its own organization, and by nobody without the permission', async () => {
    const { id, send, access } = await asked()
    const own = await send(`/requests/${id}`, { as: 'kim' })
    expect(own.text).toContain('Nobody decides a request of their own organization')
    const other = await send('/requests', { as: 'kim' })
    expect(other.status).toBe(200)
    const form = [['form_token', tokenIn((await send('/access', { as: 'kim' })).text)]] as const
    const sent = await send(`/requests/${id}/approve`, { as: 'kim', method: 'POST', form })
    expect([403, 422]).toContain(sent.status)
    for (const path of ['/requests', `/requests/${id}`]) expect((await send(path)).status).toBe(403)
    expect((await send(`/requests/${id}/approve`, { method: 'POST', form: [] })).status).toBe(403)
    expect((await access.get(id))?.state).toBe('requested')
  })

  test('is there only for who manages all of its environments, and decided by nobody else', async () => {
    const { id, send, post, access, people } = await asked()
    const lee = people.get('lee')
    for (const environments of [['test'], []]) {
      const as = 'tess'
      const tess = { ...ANN, ...lee, id: as, sessionId: 'session-tess' }
      people.set(as, tess)
      const { text } = await send('/access', { as })
      people.set(as, { ...tess, environments })
      const list = await send('/requests?state=all', { as })
      expect([list.status, list.text.includes(id)]).toEqual([200, false])
      expect(list.text).toMatch(/are not shown: you do not manage the rest|no request is shown/)
      expect((await send('/', { as })).text).toContain('No request for access waits for a decision')
      for (const path of [`/requests/${id}`, `/requests/${id}/deny`, '/requests/acc_none']) {
        const { status, text } = await send(path, { as })
        expect([path, status]).toEqual([path, 404])
        expect(text).toContain('it asks for an environment that you do not manage')
        expect(text).not.toMatch(/orders|<form/)
      }
      const forms = [
        [`/requests/${id}/approve`, { environments: ['live'] }],
        [`/requests/${id}/approve`, { environments: ['test'] }],
        [`/requests/${id}/deny`, { reason: 'No' }],
        ['/requests/acc_none/deny', { reason: 'No' }],
      ] as const
      for (const [path, fields] of forms) {
        const sent = await post(path, text, fields, { as })
        expect([path, sent.status]).toEqual([path, 403])
        expect(sent.text).toContain('No decision was made')
        expect(sent.text).toContain('it asks for an environment that you do not manage')
      }
    }
    expect(await access.get(id)).toMatchObject({ state: 'requested', environments: ['live'] })
    // One who manages what is asked for, and no more.
    people.set('liv', {
      ...ANN,
      ...lee,
      id: 'liv',
      sessionId: 'session-liv',
      environments: ['live'],
    })
    expect((await send('/requests', { as: 'liv' })).text).toContain(id)
    const { text } = await send(`/requests/${id}`, { as: 'liv' })
    const sent = await post(
      `/requests/${id}/approve`,
      text,
      { environments: ['live'] },
      { as: 'liv' },
    )
    expect([sent.status, (await access.get(id))?.state]).toEqual([303, 'approved'])
  })

  test('for an environment that the person manages and one that it does not is not there either', async () => {
    const { access, people, send, post } = withAccess()
    const by = { id: 'olga', ownerId: 'org_9' }
    const ask = (ownerId: string, environments: readonly string[]) =>
      access.request({
        ...{ ownerId, by: { ...by, ownerId }, useCase: 'Orders', environments },
        accept: [{ id: 'api-terms', version: '1' }],
      })
    const both = await ask('org_9', ['live', 'test'])
    // Far behind others that are not shown.
    for (let at = 0; at < 120; at++) await ask(`org_of_live_${String(at)}`, ['live'])
    const test = await ask('org_8', ['test'])
    people.set('tess', { ...ANN, ...people.get('lee'), id: 'tess', environments: ['test'] })
    const as = 'tess'
    const { text } = await send('/requests', { as })
    expect(text).toContain(test.id)
    expect(text).not.toContain(both.id)
    expect((await send('/', { as })).text).toContain('1 request for access to decide')
    const page = await send(`/requests/${test.id}`, { as })
    expect(page.text).toContain(`action="../requests/${test.id}/approve"`)
    const sent = await post(
      `/requests/${both.id}/approve`,
      page.text,
      { environments: ['test'] },
      { as },
    )
    expect([sent.status, (await access.get(both.id))?.state]).toEqual([403, 'requested'])
    // What was approved in part is of that part.
    await access.approve(both.id, { by: { id: 'lee', ownerId: 'staff' }, environments: ['test'] })
    expect((await send('/requests?state=approved', { as })).text).toContain(both.id)
  })

  test('is decided by nobody whose own organization is suspended, and the page says so', async () => {
    const { id, send, post, access } = await asked()
    const open = await send(`/requests/${id}`, { as: 'lee' })
    const accept = [{ id: 'api-terms', version: '1' }]
    const by = { id: 'lou', ownerId: 'staff' }
    const own = { ownerId: 'staff', by, useCase: 'Tests', environments: ['test'], accept }
    const { id: other } = await access.request(own)
    const root = { id: 'root', ownerId: 'operator' }
    await access.approve(other, { by: root })
    await access.suspend(other, { by: root, reason: 'No bill was paid.' })
    const { text } = await send(`/requests/${id}`, { as: 'lee' })
    expect(text).toContain(
      'Access of your own organization is suspended: you decide about no other',
    )
    expect(text).not.toContain('/approve"')
    const sent = await post(
      `/requests/${id}/approve`,
      open.text,
      { environments: ['live'] },
      { as: 'lee' },
    )
    expect([sent.status, (await access.get(id))?.state]).toEqual([403, 'requested'])
  })

  test('of environments that a person does not manage shows neither conditions nor end to that person', async () => {
    const { access, people, send } = withAccess()
    const request = await access.request({
      ...{ ownerId: 'org_1', by: { id: 'ann', ownerId: 'org_1' }, useCase: 'Orders' },
      ...{ environments: ['live', 'test'], accept: [{ id: 'api-terms', version: '1' }] },
    })
    const until = new Date('2031-02-03T00:00:00Z')
    const by = { id: 'lee', ownerId: 'staff' }
    await access.approve(request.id, { by, until, conditions: 'Live data stays in the EU' })
    people.set('tess', { ...ANN, id: 'tess', sessionId: 'session-tess', environments: ['test'] })
    for (const path of ['/access', '/']) {
      expect((await send(path)).text).toContain('Live data stays')
      expect((await send(path, { as: 'tess' })).text).not.toContain('Live data stays')
    }
    expect((await send('/access')).text).toContain('2031-02-03')
    expect((await send('/access', { as: 'tess' })).text).not.toContain('2031-02-03')
    expect((await send('/access', { as: 'tess' })).text).toContain('Approved')
  })

  test('needs a form of the session, as every other', async () => {
    const { id, send, access } = await asked()
    const form = [
      ['form_token', 'x'],
      ['environments', 'live'],
    ] as const
    const sent = await send(`/requests/${id}/approve`, { as: 'lee', method: 'POST', form })
    expect(sent.status).toBe(403)
    expect((await access.get(id))?.state).toBe('requested')
  })
})

describe('without the option', () => {
  test('the pages are not there, and no link leads to them', async () => {
    const { send } = openConsole({ roles: { admin: ['access:request', 'access:decide'] } })
    for (const path of ['/access', '/requests']) expect((await send(path)).status).toBe(404)
    expect((await send('/')).text).not.toMatch(/href="\.\/(access|requests)"/)
  })
})

test('terms that were ticked before the session ended are not accepted unseen after it', async () => {
  const { send, post, people, access } = withAccess()
  const { text } = await send('/access')
  people.delete('ann')
  const typed = { use_case: 'Ships parcels', environments: ['live'], accept: [termsIn(text)] }
  const kept = await post('/access', text, typed)
  expect([kept.status, termsIn(kept.text)]).toEqual([401, ''])
  expect(kept.text).toContain('<dd>Ships parcels</dd>')
  people.set('ann', { ...ANN, sessionId: 'a new one' })
  const again = { use_case: 'Ships parcels', environments: ['live'] }
  const shown = await post('/access', kept.text, again)
  expect([shown.status, termsIn(shown.text)]).toEqual([403, ''])
  const sent = await post('/access', shown.text, again)
  expect((await access.agreements.list({})).items).toEqual([])
  // They are read and ticked where they are shown.
  const page = sent.status === 303 ? (await send('/access')).text : sent.text
  expect(termsIn(page)).not.toBe('')
})
