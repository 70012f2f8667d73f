import { expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  gateRequestOf,
  LimitStoreError,
  type LimitStore,
} from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { ANN, openConsole, SCOPES, type Scope } from './harness.js'

/** Keys of two environments and of another organization, at work for two days. */
async function atWork(overrides: Parameters<typeof openConsole>[0] = {}) {
  const clock = createTestClock(new Date('2030-06-15T12:00:00Z'))
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], scopes: SCOPES, clock: clock.clock },
    keys: { prefix: 'acme', store: createMemoryKeyStore() },
    onError: () => undefined,
  })
  const opened = openConsole({ clock: clock.clock, ...overrides }, gate)
  const key = (name: string, ownerId: string, environment: string) =>
    gate.keys.create({ ownerId, environment, name, scopes: ['read:orders'] })
  const live = await key('=cmd()', 'org_1', 'live')
  const sandbox = await key('Sandbox', 'org_1', 'test')
  const foreign = await key('Theirs', 'org_2', 'live')
  const use = async (secret: string, times: number, scope: Scope = 'read:orders') => {
    for (let time = 0; time < times; time++) {
      const headers = { authorization: `Bearer ${secret}` }
      const socket = { remoteAddress: '198.51.100.7', encrypted: true }
      const request = gateRequestOf({ method: 'GET', url: '/orders', headers, socket })
      const decision = await gate.check(request, gate.requirement({ scopes: [scope] }))
      if (decision.allowed) decision.end()
    }
  }
  await use(live.secret, 3)
  clock.advance('1d')
  await use(live.secret, 4)
  await use(live.secret, 2, 'write:orders')
  await use(sandbox.secret, 11)
  await use(foreign.secret, 17)
  return { ...opened, clock, live, sandbox, foreign, use }
}

/** The texts of the cells of the table with this caption. */
function rowsOf(text: string, caption: string): string[][] {
  const [, after = ''] = text.split(`aria-label="${caption}"`)
  const [, body = ''] = /<tbody[^>]*>(.*?)<\/tbody>/s.exec(after) ?? []
  return body
    .split(/<tr[^>]*>/)
    .slice(1)
    .map((row) =>
      [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
        cell.replace(/<[^>]*>/g, '').trim(),
      ),
    )
}

test('the usage of an owner is shown by day, by key and by outcome: in a picture, in tables and as CSV', async () => {
  const { send, live, foreign } = await atWork()
  const { status, text } = await send('/usage')
  expect(status).toBe(200)
  expect(text).toContain('<b>9</b>requests')
  expect(text).toContain('<b>2</b>denied<br /><span>22.2 % of all</span>')
  expect(rowsOf(text, 'Requests by day and outcome')).toEqual([
    ['Jun 16, 2030', '6', '4', '2'],
    ['Jun 15, 2030', '3', '3', '0'],
  ])
  expect(text).toContain('<title>2030-06-16: 4 allowed, 2 denied</title>')
  expect(text).toContain('<title>2030-06-15: 3 allowed, 0 denied</title>')
  expect(text).toContain('<title>2030-06-14: 0 allowed, 0 denied</title>')
  expect(rowsOf(text, 'Requests by key and outcome')).toEqual([['=cmd()', '9', '7', '2']])
  expect(text).toContain(`href="./keys/${live.id}"`)
  expect(text).not.toContain(foreign.id)
  const days = await send('/usage.csv?environment=live&days=7')
  expect(days.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="usage-2030-06-10-2030-06-16.csv"',
  })
  expect(days.text.split('\r\n').slice(1, -1)).toEqual([
    '2030-06-16,,live,6,4,0,2,0,0,0,0',
    '2030-06-15,,live,3,3,0,0,0,0,0,0',
  ])
  const keys = await send('/usage.csv?by=key')
  expect(keys.text.split('\r\n').slice(1, -1)).toEqual([`,${live.id},live,9,7,0,2,0,0,0,0`])
})

test('one environment has no figure of another, and nobody sees those that are not theirs', async () => {
  const { send, people, sandbox } = await atWork()
  const { text } = await send('/usage?environment=test')
  expect(text).toContain('<b>11</b>requests')
  expect(text).toContain(`keys/${sandbox.id}`)
  people.set('bob', { ...ANN, id: 'bob', role: 'member', environments: ['test'] })
  for (const path of ['/usage?environment=live', '/usage?environment=nowhere', '/usage']) {
    expect((await send(path, { as: 'bob' })).text).toContain('<b>11</b>requests')
  }
  const csv = await send('/usage.csv?environment=live', { as: 'bob' })
  expect(csv.text).not.toContain(',live,')
  people.set('bob', { ...ANN, id: 'bob', role: 'member', environments: [] })
  expect((await send('/usage', { as: 'bob' })).text).toContain('No usage is counted here')
  expect((await send('/usage.csv', { as: 'bob' })).status).toBe(404)
})

test('an owner that has not called is told how to begin, and a period that is not offered counts as absent', async () => {
  const { send, clock } = await atWork()
  expect((await send('/usage?days=100000')).text).toContain('<b>9</b>requests')
  clock.advance('20d')
  const empty = (await send('/usage?days=7')).text
  expect(empty).toContain('No requests in live in 7 days')
  expect(empty).toContain('href="./docs"')
  expect(empty).toContain('aria-label="Filter usage"')
  expect((await send('/usage?days=365')).text).toContain('<b>9</b>requests')
})

test('usage needs its permission, and a store that counts it', async () => {
  const { send } = await atWork()
  for (const path of ['/usage', '/usage.csv']) {
    expect((await send(path, { as: 'viewer' })).status).toBe(403)
  }
  expect((await send('/', { as: 'viewer' })).text).not.toContain('href="./usage"')
  expect((await send('/')).text).toContain('href="./usage"')
  const { usageOfOwner: _, ...store } = createMemoryKeyStore()
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
  })
  const other = openConsole({}, gate)
  expect((await other.send('/usage')).text).toContain('No usage is counted here')
  expect((await other.send('/usage.csv')).status).toBe(404)
  await gate.close()
})

test('days of UTC are the same in every time zone', async () => {
  const { send, live } = await atWork({ timeZone: 'Pacific/Kiritimati' })
  for (const path of ['/usage', `/keys/${live.id}`]) {
    const { text } = await send(path)
    expect(text).toContain('<time datetime="2030-06-16">Jun 16, 2030</time>')
  }
})

test('where no limit is set, the overview and the usage say so', async () => {
  const { gate, send } = openConsole()
  const of = { name: 'A', ownerId: 'org_1' }
  const key = await gate.keys.create({ ...of, environment: 'live' })
  await gate.verify(key.secret)
  const none = 'No limit is set.'
  expect((await send('/')).text.split(none)).toHaveLength(2)
  expect((await send('/usage')).text).toContain(none)
  expect((await send('/usage?environment=test')).text).not.toContain(none)
  const plans = {
    open: { quota: 'unlimited' },
    paid: { quota: { limit: 9, window: '1h' } },
  } as const
  const planned = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES, plans },
    limits: { defaultPlan: 'open' },
  })
  const opened = openConsole({ clock: Date.now }, planned)
  await planned.keys.create({ ...of, environment: 'live', plan: 'paid' })
  await planned.keys.create({ ...of, environment: 'live' })
  // The newest key has no limit; another one has.
  const { text } = await opened.send('/')
  expect(text).toContain('9 of 9 requests left')
  expect(text).not.toContain(none)
  await planned.close()
})

test('the page of a key has what is left of each limit, uses up none of it, and says when it cannot be told', async () => {
  const clock = createTestClock(new Date('2030-06-15T12:00:00Z'))
  const memory = createMemoryLimitStore()
  const state = { isAway: false }
  const consume: LimitStore['consume'] = (request) => {
    if (state.isAway) throw new Error('connection refused')
    return memory.consume(request)
  }
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], scopes: SCOPES, clock: clock.clock },
    keys: { prefix: 'acme', store: createMemoryKeyStore() },
    plans: {
      plus: { quota: { limit: 1_000, window: '1h' }, concurrency: 4 },
      open: { quota: 'unlimited' },
      small: { quota: { limit: 9, window: '1h' } },
    },
    limits: { defaultPlan: 'plus', store: { ...memory, consume } },
    onError: () => undefined,
  })
  const { send, errors } = openConsole({ clock: clock.clock }, gate)
  const of = { name: 'A', ownerId: 'org_1', environment: 'live' }
  const { id, secret } = await gate.keys.create(of)
  const caption = 'What is left of each limit'
  const left = async () =>
    rowsOf((await send(`/keys/${id}`)).text, caption).map((row) => row.slice(1))
  expect(await left()).toEqual([
    ['1,000', '1,000', ''],
    ['4', '4', ''],
  ])
  await gate.verify(secret)
  for (let time = 0; time < 2; time++) {
    expect((await left())[0]).toEqual(['999', '1,000', 'Jun 15, 2030, 1:00 PM'])
  }
  // The same for the organization, by plan; and at a glance.
  const [own] = rowsOf((await send('/usage')).text, caption).map((row) => row.slice(1))
  expect(own).toEqual(['999', '1,000', 'Jun 15, 2030, 1:00 PM'])
  const atAGlance = /999 of 1,000 requests left until <time datetime="2030-06-15T13:00:00.000Z">/
  expect((await send('/')).text).toMatch(atAGlance)
  // A key of this plan, and one without a plan: it is the same one.
  await gate.keys.create({ ...of, name: 'Of the plan', plan: 'plus' })
  expect((await send('/usage')).text.match(/<h2>Limits[^<]*/g)).toEqual(['<h2>Limits'])
  const credits = await gate.keys.create({ ...of, name: 'Other', plan: 'small' })
  expect((await send('/usage')).text.match(/<h2>Limits[^<]*/g)).toEqual([
    '<h2>Limits of the plan plus',
    '<h2>Limits of the plan small',
  ])
  expect((await send('/usage')).text).toContain(`aria-label="${caption} of the plan small"`)
  await gate.keys.revoke(credits.id)
  state.isAway = true
  expect((await send('/usage')).text).toContain('What is left cannot be told now')
  expect((await send('/')).text).not.toMatch(/of 1,000 requests left/)
  errors.length = 0
  const { status, text } = await send(`/keys/${id}`)
  expect([status, errors.length]).toEqual([200, 1])
  expect(errors[0]).toBeInstanceOf(LimitStoreError)
  expect(text).toContain('What is left cannot be told now')
  expect(text).toContain('<h2>Details</h2>')
  const open = await gate.keys.create({ ...of, plan: 'open' })
  expect((await send(`/keys/${open.id}`)).text).not.toContain('<h2>Limits</h2>')
  state.isAway = false
  await gate.keys.revoke(id)
  expect((await send(`/keys/${id}`)).text).not.toContain('<h2>Limits</h2>')
  await gate.close()
})

test('the overview says that there are more keys than it has counted', async () => {
  const { send, gate, clock } = openConsole()
  const expiresAt = new Date(clock.clock() + 86_400_000)
  const of = { ownerId: 'org_1', environment: 'live' } as const
  await gate.keys.create({ ...of, name: 'Ends soon', expiresAt })
  expect((await send('/')).text).toContain('<b>1</b>key expires within 14 days')
  clock.advance('1m')
  for (let made = 0; made < 200; made++) await gate.keys.create({ ...of, name: 'New' })
  const { text } = await send('/')
  expect(text).toContain('<b>0+</b>keys expire within 14 days')
  expect(text).toContain('<b>200+</b>keys were never used')
})

test('the overview has the last uses of keys as it has their requests: none is said to be unused beside a count of it', async () => {
  const store = createMemoryKeyStore()
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], scopes: SCOPES, keys: { prefix: 'acme', store } },
  })
  const { send } = openConsole({ clock: Date.now }, gate)
  const key = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
  await gate.verify(key.secret)
  const { text } = await send('/')
  expect(text).toContain('1 request in 30 days')
  expect(text).toContain('<b>0</b>keys were never used')
  await gate.close()
})
