import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { AuditError, createGate, createMemoryKeyStore, gateRequestOf, type Gate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createTestClock } from 'sallyport/testing'
import { createMemoryReviewStore } from 'sallyport/console'
import { stopTimers } from '../still-timers.js'
import {
  addressAfter,
  ANN,
  saidOn,
  openConsole,
  SCOPES,
  tokenIn,
  type Overrides,
  type Scope,
} from './harness.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-review-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function openTrail(key?: string, overrides: Overrides = {}) {
  const clock = createTestClock(new Date('2030-06-14T12:00:00Z'))
  const sink = createAuditFiles(folder, { clock: clock.clock })
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], scopes: SCOPES, clock: clock.clock },
    keys: { prefix: 'acme', store: createMemoryKeyStore() },
    ...{ audit: { sink, ...(key && { key }) }, onError: () => undefined },
  })
  return { ...openConsole({ clock: clock.clock, ...overrides }, gate), gate, clock }
}

/** Two days of requests, and the Monday after. */
async function withWeek(key?: string, overrides: Overrides = {}) {
  const { gate, clock, ...opened } = openTrail(key, overrides)
  const of = (ownerId: string) => gate.keys.create({ name: 'A', ownerId, environment: 'live' })
  const [mine, other] = [await of('org_1'), await of('org_2')]
  const ask = async (secret: string, phi?: 'Patient') => {
    const headers = { authorization: `Bearer ${secret}` }
    const socket = { remoteAddress: '198.51.100.7', encrypted: true }
    const request = gateRequestOf({ method: 'GET', url: '/orders', headers, socket })
    const access = { resource: 'Patient', action: 'read' } as const
    const decision = await gate.check(
      request,
      gate.requirement(phi ? { phi: access } : { scopes: ['read:orders'] }),
    )
    if (decision.allowed) decision.end()
  }
  stopTimers()
  for (let time = 0; time < 3; time++) await ask(mine.secret, 'Patient')
  await ask(other.secret, 'Patient')
  jest.useRealTimers()
  clock.advance('1d')
  await ask(mine.secret)
  await gate.audit.flush()
  clock.advance('2d')
  return { ...opened, gate, clock, mine, other, ask }
}

test('a week of the own organization is counted, and the look at it is recorded', async () => {
  const { send, gate, mine, other } = await withWeek()
  const { status, text } = await send('/review')
  expect(status).toBe(200)
  expect(text).toContain('<time datetime="2030-06-10">Jun 10, 2030</time>')
  expect(text).toContain('<time datetime="2030-06-16">Jun 16, 2030</time>')
  for (const tile of [
    '<b>3</b>requests allowed',
    '<b>1</b>requests denied',
    '<b>3</b>touched health information',
    '<b>1</b>source addresses',
    '<b>1</b>changes of keys and of access',
  ]) {
    expect(text).toContain(tile)
  }
  expect(text).toContain('<title>2030-06-14: 3 allowed, 0 denied</title>')
  expect(text).toContain('<title>2030-06-15: 0 allowed, 1 denied</title>')
  expect(text).toContain('audit?from=2030-06-15&amp;to=2030-06-15&amp;outcome=denied')
  expect(text).toMatch(new RegExp(`keys/${mine.id}">[^<]+</a> <code[^>]*>${mine.id}</code>`))
  expect(text).not.toContain(other.id)
  expect(text).toContain('5 of 5 records are not proven by a signature')
  expect(text).not.toContain('This review is not complete')
  await gate.audit.flush()
  const { items } = await gate.audit.query({ kind: 'access', subject: 'ann' })
  expect(items).toMatchObject([
    { path: '/review', auditFilter: { from: '2030-06-10', to: '2030-06-16' } },
  ])
  await gate.close()
})

test('another week is chosen by its last day; one that is not over is not shown', async () => {
  const { send, gate } = await withWeek()
  const earlier = (await send('/review?to=2030-06-13')).text
  expect(earlier).toContain('Nothing is recorded')
  expect(earlier).toMatch(/href="\.\/review\?to=2030-06-06"\s*>Previous week/)
  expect(earlier).not.toContain('Next week')
  expect((await send('/review?to=2030-06-09')).text).toMatch(
    /href="\.\/review\?to=2030-06-16"\s*>Next week/,
  )
  for (const to of ['2030-06-17', '2031-01-01', 'tomorrow']) {
    expect((await send(`/review?to=${to}`)).text).toContain('<time datetime="2030-06-16">')
  }
  await gate.close()
})

test('a review that has not seen all records says so, and so does one that signatures prove', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const first = await withWeek(pem)
  await first.gate.close()
  const { gate, send, clock } = openTrail(pem)
  clock.advance('3d')
  expect((await send('/review')).text).toContain('Signatures prove all 5 records')
  const [event] = (await gate.audit.query({ ownerId: 'org_1', kind: 'access' })).items
  if (event === undefined) throw new Error('There is an event.')
  const endless: Gate<Scope> = {
    ...gate,
    as(actor) {
      const acting = gate.as(actor)
      const items = Array<typeof event>(200).fill(event)
      const query = () => Promise.resolve({ items, cursor: 'more' })
      return { ...acting, audit: { ...acting.audit, query } }
    },
  }
  const { text } = await openConsole({ clock: clock.clock }, endless).send('/review')
  expect(text).toContain('This review is not complete')
  expect(text).toMatch(/Only the latest\s+5,000 were counted/)
  await gate.close()
})

test('a review is not shown where the look cannot be recorded, without the permission, or without a log', async () => {
  const { gate, send } = await withWeek()
  expect((await send('/review', { as: 'bob' })).status).toBe(403)
  expect((await send('/', { as: 'bob' })).text).not.toContain('href="./review"')
  expect((await send('/')).text).toContain('href="./review"')
  const note = () => Promise.reject(new AuditError('not_recorded', { cause: 'no room' }))
  const broken: Gate<Scope> = {
    ...gate,
    as(actor) {
      const acting = gate.as(actor)
      return { ...acting, audit: { ...acting.audit, note } }
    },
  }
  const answer = await openConsole({}, broken).send('/review')
  expect(answer.status).toBe(503)
  expect(answer.text).not.toContain('requests allowed')
  await gate.close()
  const without = await openConsole().send('/review')
  expect(without.text).toContain('This API keeps no audit log')
  expect(without.text).not.toMatch(/href="[./]*\/(?:audit|review)"/)
})

/** What the form of the page has in its hidden fields. */
function formIn(text: string) {
  const at = (name: string) => new RegExp(`name="${name}"\\s+value="([^"]*)"`).exec(text)?.[1] ?? ''
  return { environment: at('environment'), to: at('to'), seen: at('seen') }
}

test('a review is signed with name and date, and shown as it was seen, whatever is recorded later', async () => {
  const reviews = createMemoryReviewStore()
  const { send, post, gate } = await withWeek(undefined, { reviews })
  const { text } = await send('/review')
  const fields = { ...formIn(text), note: 'One <b>denial</b>: a wrong scope.' }
  const signed = await post('/reviews', text, fields)
  expect(signed.status).toBe(303)
  const address = addressAfter('/reviews', signed)
  const [, id = ''] = /^\/reviews\/(rev_\w+)\?/.exec(address) ?? []
  const kept = await send(address)
  expect(saidOn(kept)).toContain('The review is signed.')
  expect(kept.status).toBe(200)
  for (const words of [
    'Reviewed by Ann Archer on <time datetime="2030-06-17T12:00:00.000Z">',
    'One &lt;b&gt;denial&lt;/b&gt;: a wrong scope.',
    ...['<b>3</b>requests allowed', '<b>1</b>requests denied', fields.seen, '203.0.113.7'],
  ]) {
    expect(kept.text).toContain(words)
  }
  expect((await send('/review')).text).toContain('Reviewed by Ann Archer')
  expect((await send('/reviews')).text).toContain(`reviews/${id}`)
  // Who can write to the log adds to the week, which is over.
  const late = openTrail()
  await late.gate.keys.create({ name: 'B', ownerId: 'org_1', environment: 'live' })
  await late.gate.close()
  expect((await send('/review')).text).toContain('<b>2</b>changes of keys and of access')
  expect((await send(`/reviews/${id}`)).text).toContain('<b>1</b>changes of keys and of access')
  expect((await send(`/reviews/${id}`)).text).toContain('<b>1</b>requests denied')
  await gate.audit.flush()
  const { items } = await gate.audit.query({ kind: 'access', subject: 'ann' })
  expect(items).toContainEqual(
    expect.objectContaining({
      auditFilter: { from: '2030-06-10', to: '2030-06-16', signed: id, digest: fields.seen },
      client: '203.0.113.7',
    }),
  )
  expect((await send('/audit')).text).toContain('Signed a review (from 2030-06-10')
  await gate.close()
})

test('what is signed is what was seen: of a week that has changed since, nothing is', async () => {
  const reviews = createMemoryReviewStore()
  const { send, post, gate } = await withWeek(undefined, { reviews })
  const { text } = await send('/review')
  const form = formIn(text)
  const written = { ...form, note: 'Long <i>and</i> good' }
  const other = await post('/reviews', text, { ...written, seen: 'd'.repeat(43) })
  expect([other.status, other.text.includes('Look again')]).toEqual([409, true])
  // With the figures that there are now, and with the note.
  expect(formIn(other.text)).toEqual(form)
  expect(other.text).toContain('>Long &lt;i&gt;and&lt;/i&gt; good</textarea>')
  expect((await post('/reviews', text, { ...form, to: '2030-06-17' })).status).toBe(404)
  const long = await post('/reviews', text, { ...form, note: 'x'.repeat(2_001) })
  expect(long.status).toBe(400)
  expect((await reviews.list({ ownerId: 'org_1' })).items).toEqual([])
  expect((await post('/reviews', text, form)).status).toBe(303)
  expect((await post('/reviews', text, form)).status).toBe(409)
  expect((await reviews.list({ ownerId: 'org_1' })).items).toHaveLength(1)
  await gate.close()
})

test('a note is not lost where the log cannot be read now, and is signed when it can', async () => {
  const reviews = createMemoryReviewStore()
  const { send, post, gate, clock } = await withWeek(undefined, { reviews })
  const { text } = await send('/review')
  // All that one may read in a minute.
  for (let time = 1; time < 30; time++) expect((await send('/audit.csv')).status).toBe(200)
  const fields = { ...formIn(text), note: 'All of it is known' }
  const refused = await post('/reviews', text, fields)
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '2'])
  expect(refused.text).toContain('You have read much of it in the last minute. Wait 2 seconds')
  expect(refused.text).toContain('name="note" value="All of it is known"')
  expect((await reviews.list({ ownerId: 'org_1' })).items).toEqual([])
  clock.advance('2s')
  expect((await post('/reviews', refused.text, fields)).status).toBe(303)
  await gate.close()
})

test('a review that was changed in its store says so', async () => {
  const kept = createMemoryReviewStore()
  const reviews = {
    ...kept,
    async find(id: string) {
      const review = await kept.find(id)
      return review && { ...review, week: { ...review.week, denied: {} } }
    },
  }
  const { send, post, gate } = await withWeek(undefined, { reviews })
  const { text } = await send('/review')
  const signed = await post('/reviews', text, formIn(text))
  const { text: shown } = await send(`/${(signed.headers['location'] ?? '').replace('./', '')}`)
  expect(shown).toContain('What is kept here is not what was signed')
  await gate.close()
})

test('reviews are signed by those who may, seen by their own organization, and by nobody without a store', async () => {
  const reviews = createMemoryReviewStore()
  const roles = { admin: ['audit:view', 'review:sign'], member: ['audit:view'] } as const
  const { send, post, gate } = await withWeek(undefined, { reviews, roles })
  const { text } = await send('/review')
  const seen = await send('/review', { as: 'bob' })
  expect(seen.text).not.toContain('Sign this review')
  const refused = await post('/reviews', seen.text, formIn(text), { as: 'bob' })
  expect(refused.status).toBe(403)
  const signed = await post('/reviews', text, formIn(text))
  const path = `/${(signed.headers['location'] ?? '').replace('./', '')}`
  expect((await send(path, { as: 'bob' })).status).toBe(200)
  expect((await send(path, { as: 'eve' })).status).toBe(404)
  expect((await send('/reviews/rev_none')).status).toBe(404)
  expect((await send('/reviews', { as: 'eve' })).text).toContain('No review was signed yet')
  await gate.close()
  const without = openTrail()
  expect((await without.send('/review')).text).not.toContain('Sign this review')
  expect((await without.send('/reviews')).status).toBe(404)
  await without.gate.close()
})

test('a signed review is there for those alone who may see all that it has counted', async () => {
  const reviews = createMemoryReviewStore()
  const roles = { admin: ['audit:view', 'review:sign'] } as const
  const { send, post, gate, people } = await withWeek(undefined, { reviews, roles })
  const { text } = await send('/review')
  const signed = await post('/reviews', text, formIn(text))
  const path = `/${(signed.headers['location'] ?? '').replace('./', '')}`
  const found = (await reviews.list({ ownerId: 'org_1' })).items[0]
  if (found === undefined) throw new Error('It was not kept.')
  expect(found.counted).toEqual({ environments: ['live', 'test'] })
  const { counted: _, ...older } = found
  await reviews.insert({ ...older, id: 'rev_older' })
  const ofClinic = { environments: ['live', 'test'], tenantIds: ['clinic_1'] }
  await reviews.insert({ ...found, id: 'rev_clinic', counted: ofClinic })
  const seenBy = async (more: object) => {
    people.set('ann', { ...ANN, ...more })
    const all = [path, '/reviews/rev_older', '/reviews/rev_clinic']
    const pages = await Promise.all(all.map((one) => send(one)))
    const listed = (await send('/reviews')).text.match(/reviews\/rev_/g)?.length ?? 0
    const named = (await send('/review')).text.includes('Reviewed by Ann Archer')
    return [...pages.map(({ status }) => status), listed, named]
  }
  expect(await seenBy({})).toEqual([200, 200, 200, 3, true])
  expect(await seenBy({ environments: ['test'] })).toEqual([404, 404, 404, 0, false])
  expect(await seenBy({ tenantIds: ['clinic_1'] })).toEqual([404, 404, 200, 1, true])
  expect(await seenBy({ tenantIds: [] })).toEqual([404, 404, 404, 0, false])
  expect(await seenBy({ resources: ['records/*'] })).toEqual([403, 403, 403, 0, false])
  expect((await send('/audit')).status).toBe(403)
  await gate.close()
})

describe('a review store of an app', () => {
  const inner = createMemoryReviewStore()
  const away = () => Promise.reject(new Error('connection lost'))
  const none = { insert: away, find: () => undefined, list: () => ({ items: [] }) }

  test.each<[string, object, string]>([
    ['fails', { list: away }, '/reviews'],
    ['fails', { list: away }, '/review'],
    ['fails', { find: away }, '/reviews/rev_x'],
    ['throws', { list: () => JSON.parse('{') as never }, '/reviews'],
    ['answers with no page', { list: () => ({}) }, '/reviews'],
    ['answers with no reviews', { list: () => ({ items: [{ ownerId: 'org_1' }] }) }, '/reviews'],
    [
      'answers with no review',
      { find: () => ({ id: 'rev_x', ownerId: 'org_1' }) },
      '/reviews/rev_x',
    ],
  ])('that %s is an outage: %j', async (_, overrides, path) => {
    const { send, errors, gate } = openTrail(undefined, { reviews: { ...none, ...overrides } })
    const { status, text } = await send(path)
    expect([status, text.includes('does not answer')]).toEqual([503, true])
    expect(errors).toMatchObject([{ name: 'StoreError' }])
    await gate.close()
  })

  test('that does not take a review keeps what was typed', async () => {
    const { send, post, gate } = await withWeek(undefined, { reviews: none })
    const { text } = await send('/review')
    const sent = await post('/reviews', text, { ...formIn(text), note: 'Seen.' })
    expect([sent.status, sent.text.includes('<dd>Seen.</dd>')]).toEqual([503, true])
    await gate.close()
  })

  test('that compares loosely shows nobody the reviews of others', async () => {
    const asOther = (ownerId: string) => (ownerId === 'org_1' ? 'ORG_1' : ownerId)
    const loose = {
      ...inner,
      list: (filter: Parameters<typeof inner.list>[0]) =>
        inner.list({ ...filter, ownerId: asOther(filter.ownerId) }),
      find: (id: string) => inner.find(id.toLowerCase().replace('rev_a', 'rev_A')),
    }
    const { send, people, gate } = await withWeek(undefined, { reviews: loose })
    people.set('eve', { ...ANN, id: 'eve', name: 'Eve', ownerId: 'ORG_1', sessionId: 'eve' })
    const { text } = await send('/review', { as: 'eve' })
    const fields = { ...formIn(text), note: 'Of ORG_1' }
    const form = [['form_token', tokenIn(text)], ...Object.entries(fields)] as const
    expect((await send('/reviews', { method: 'POST', form, as: 'eve' })).status).toBe(303)
    expect((await send('/reviews', { as: 'eve' })).text).toContain('Of ORG_1')
    for (const path of ['/reviews', '/review']) {
      const { status, text: shown } = await send(path)
      expect([status, /Of ORG_1|Eve/.test(shown)]).toEqual([503, false])
    }
    const [kept] = (await inner.list({ ownerId: 'ORG_1' })).items
    if (kept) await inner.insert({ ...kept, id: 'rev_A', ownerId: 'org_1' })
    expect((await send('/reviews/rev_a')).status).toBe(503)
    expect((await send('/reviews/rev_A')).status).toBe(200)
    await gate.close()
  })
})
