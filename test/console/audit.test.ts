import { mkdtempSync, rmSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  AuditError,
  createAuditEndpoints,
  createGate,
  createMemoryKeyStore,
  gateRequestOf,
  type AuditEntry,
  type AuditSink,
  type Gate,
  type TrailReader,
  type TrailRange,
} from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import { createAuditFiles } from 'sallyport/file'
import { csvOf } from '../../src/lib/csv.js'
import { ANN, openConsole, SCOPES, type Overrides, type Scope } from './harness.js'

const READS = { resource: 'Patient', action: 'read' } as const

/** Lines of a reader that fails. */
// eslint-disable-next-line require-yield
async function* linesFrom(fail: () => Promise<never>): AsyncGenerator<never> {
  await fail()
}

describe('the audit log', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'console-audit-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  async function withTrail(overrides: Overrides = {}, key?: string) {
    const audit = { sink: createAuditFiles(folder), ...(key && { key }) }
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES, audit },
    })
    const opened = openConsole({ clock: Date.now, ...overrides }, gate)
    const page = await opened.send('/keys/new')
    const fields = {
      name: 'Billing',
      environment: 'live',
      kind: 'sk',
      expiry: '90d',
      scopes: 'read:orders',
    }
    const made = await opened.post('/keys', page.text, fields)
    const [, secret = ''] = /id="secret"[^>]*>([^<]*)</.exec(made.text) ?? []
    const [, id = ''] = /keys\/(key_\w+)"/.exec(made.text) ?? []
    const other = await gate.keys.create({ name: 'Other', ownerId: 'org_2', environment: 'live' })
    await gate.verify(secret, '198.51.100.7')
    await gate.verify(other.secret, '198.51.100.9')
    await gate.audit.flush()
    return { ...opened, gate, secret, id, other: other.id }
  }

  test('is narrowed by key, person, outcome, reason, health information and time, and by all of them at once', async () => {
    const { send, gate, secret, id } = await withTrail()
    const ask = async (path: string, requirement: object) => {
      const request = gateRequestOf({
        ...{ method: 'GET', url: path, headers: { authorization: `Bearer ${secret}` } },
        socket: { remoteAddress: '203.0.113.7', encrypted: true },
      })
      const decision = await gate.check(request, gate.requirement(requirement))
      if (decision.allowed) decision.end()
    }
    await ask('/patients', { phi: READS })
    await ask('/orders', { scopes: ['manage:keys'] })
    await gate.audit.flush()
    const rowsOf = async (query: string) =>
      ((await send(`/audit?${query}`)).text.match(/<tr role="row">/g) ?? []).length - 1
    const all = await rowsOf('')
    const today = new Date().toISOString().slice(0, 10)
    const counted = {
      'outcome=denied': 1,
      'outcome=made': 1,
      'reason=insufficient_scope': 1,
      'phi=Patient': 1,
      'person=nobody': -1,
      [`key=${id}&reason=insufficient_scope&outcome=denied&from=${today}`]: 1,
      [`key=${id}&phi=Patient&outcome=denied`]: -1,
      'to=2020-01-01': -1,
      'from=2990-02-28': -1,
    }
    for (const [query, rows] of Object.entries(counted)) {
      expect([query, await rowsOf(query)]).toEqual([query, rows])
    }
    // Each look is one more record.
    expect(await rowsOf(`from=${today}`)).toBeGreaterThan(all)
    expect(await rowsOf('from=2990-02-30')).toBeGreaterThan(all)
    expect(await rowsOf(`key=${id}`)).toBe(4)
    await gate.close()
  })

  test('has a change that failed as one that failed, there and on the page of the key', async () => {
    const store = createMemoryKeyStore()
    const rotate = () => false
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], scopes: SCOPES },
      keys: { prefix: 'acme', store: { ...store, rotate } },
      audit: { sink: createAuditFiles(folder), mode: 'required' },
    })
    const { send } = openConsole({ clock: Date.now }, gate)
    const { id } = await gate.keys.create({
      ...{ name: 'Raced', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
    })
    await expect(gate.keys.rotate(id)).rejects.toThrow()
    await gate.audit.flush()
    const rows = (await send('/audit')).text.split('<tr role="row">')
    const row = rows.find((one) => one.includes('Rotated') && !one.includes('Begun'))
    expect(row).toContain('<span class="tag bad">Failed</span>')
    expect((await send(`/keys/${id}`)).text).toMatch(
      /<b>Rotated<\/b> by the API itself\s*<span class="quiet">\(failed\)/,
    )
    expect((await send('/audit?outcome=failed')).text).toContain('>Failed</span>')
    await gate.close()
  })

  test.each(['read', 'written'])(
    'that cannot be %s leaves the page of a key, with the way to revoke it',
    async (what) => {
      const files = createAuditFiles(folder)
      const away = () => Promise.reject(new Error('the disk is gone'))
      let isAway = false
      const sink = {
        ...files,
        ...(what === 'read'
          ? { lines: (range?: TrailRange) => (isAway ? linesFrom(away) : files.lines(range)) }
          : {
              write: (entries: readonly AuditEntry[]) => (isAway ? away() : files.write(entries)),
            }),
      }
      const gate = createGate<Scope>({
        ...{ environment: ['live', 'test'], scopes: SCOPES, keys: { prefix: 'acme' } },
        ...{ audit: { sink, mode: 'required' as const }, onError: () => undefined },
      })
      const { send, errors } = openConsole({ clock: Date.now }, gate)
      const { id } = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
      await gate.audit.flush()
      isAway = true
      const { status, text } = await send(`/keys/${id}`)
      expect([status, errors.length]).toEqual([200, 1])
      expect(text).toContain(`keys/${id}/revoke`)
      expect(text).toMatch(
        /<h2>History<\/h2>\s*<p class="note">The audit log cannot be read now\.</,
      )
      isAway = false
      // What could not be written is tried again a little later.
      await gate.audit.flush()
      expect((await send(`/keys/${id}`)).text).toContain('<b>Created</b>')
      await gate.close()
    },
  )

  test('files of the log have a bound for each person, in a minute and at once', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const files = createAuditFiles(folder)
    let waits = false
    const sink: AuditSink & TrailReader = {
      ...files,
      async *lines(range) {
        if (waits) await held
        yield* files.lines(range)
      },
    }
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES },
      audit: { sink },
    })
    const { send } = openConsole({}, gate)
    waits = true
    const [one, two] = [send('/audit.csv'), send('/audit.ndjson')]
    const third = await send('/audit.csv')
    expect([third.status, third.headers['retry-after']]).toEqual([429, '5'])
    release()
    expect([(await one).status, (await two).status]).toEqual([200, 200])
    waits = false
    for (let count = 2; count < 29; count++) expect((await send('/audit.csv')).status).toBe(200)
    expect((await send('/review')).status).toBe(200)
    const late = await send('/audit.ndjson')
    expect([late.status, late.headers['retry-after']]).toEqual([429, '2'])
    expect(late.text).toContain('Wait 2 seconds')
    expect((await send('/review')).status).toBe(429)
    expect((await send('/audit')).status).toBe(200)
    await gate.close()
  })

  test('is read on its pages within the same bounds, one for a person here and over HTTP', async () => {
    let release: () => void = () => undefined
    let held: Promise<void> | undefined
    const files = createAuditFiles(folder)
    const sink: AuditSink & TrailReader = {
      ...files,
      async *lines(range) {
        await held
        yield* files.lines(range)
      },
    }
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES },
      audit: { sink },
    })
    const { send, callOf, people } = openConsole({}, gate)
    const [key] = await Promise.all([
      gate.as({ subject: 'ann', ownerId: 'org_1', scopes: [] }).keys.create({
        ...{ name: 'Billing', ownerId: 'org_1', environment: 'live' },
      }),
    ])
    for (const id of ['cal', 'dan']) people.set(id, { ...ANN, id, sessionId: id })
    const endpoint = createAuditEndpoints(gate, {
      scopes: ['read:orders'],
      otherwise: () => ({ ownerId: 'org_1', subject: 'ann', scopes: ['read:orders'] }),
    })
    const overHttp = () => endpoint(callOf('/', { headers: { 'sec-fetch-site': 'same-origin' } }))
    expect((await overHttp()).status).toBe(200)
    held = new Promise((resolve) => (release = resolve))
    const own = [send('/audit'), overHttp()]
    const busy = await send('/audit?outcome=denied')
    expect([busy.status, busy.headers['retry-after']]).toEqual([429, '5'])
    expect(busy.text).toContain('The audit log cannot be read now')
    expect(busy.text).toContain('Wait 5 seconds, and try again.')
    expect(busy.text).toContain('href="./audit?outcome=denied">Try again</a>')
    expect((await overHttp()).status).toBe(429)
    // The page of a key is there, without its history.
    const page = await send(`/keys/${key.id}`)
    expect([page.status, page.text.includes('Details')]).toEqual([200, true])
    expect(page.text).toMatch(
      /<h2>History<\/h2>\s*<p class="note">The audit log cannot be read now/,
    )
    const others = [send(`/keys/${key.id}`, { as: 'cal' }), send('/audit', { as: 'cal' })]
    await new Promise((resolve) => setImmediate(resolve))
    expect((await send('/audit', { as: 'dan' })).status).toBe(429)
    release()
    held = undefined
    for (const each of [...own, ...others]) expect((await each).status).toBe(200)
    expect((await send('/audit', { as: 'dan' })).status).toBe(200)
    await gate.close()
  })

  test('shows what was done with keys of the owner alone, and by whom', async () => {
    const { send, id, other, secret, gate } = await withTrail()
    const { status, text } = await send('/audit')
    expect(status).toBe(200)
    const link = `<a href="./keys/${id}">Billing</a>`
    expect(text).toContain(`Created: key ${link}`)
    expect(text).toContain('<a href="./audit?person=ann">ann</a>')
    expect(text).toMatch(new RegExp(`data-name="Who"><span class="any">${link}`))
    expect(text).toMatch(new RegExp(`<option value="${id}" >\\s*Billing \\(`))
    expect(text).toContain('198.51.100.7')
    expect(text).not.toContain(other)
    expect(text).not.toContain('198.51.100.9')
    expect(text).not.toContain(secret)
    expect((await send(`/audit?key=${other}`)).text).toContain('No event is found')
    const ofAnn = (await send('/audit?person=ann')).text
    expect(ofAnn).toContain(`Created: key ${link}`)
    expect(ofAnn).not.toContain('198.51.100.7')
    expect((await send('/audit?person=bob')).text).toContain('No event is found')
    expect((await send('/audit?outcome=denied')).text).toContain('No event is found')
    const made = await gate.keys.rotate(id, { gracePeriod: '1h' })
    const successor = (await send(`/keys/${made.id}`)).text
    const before = `<a href="../keys/${id}">the key before it</a>`
    expect(successor).toMatch(new RegExp(`<b>Created by rotation</b> of ${before}, by\\s+the API`))
    const key = (await send(`/keys/${id}`)).text
    expect(key).toContain('Source addresses')
    expect(key).toContain('<b>Created</b> by ann')
    await gate.close()
  })

  test('is read on the page of a key by those alone who may see it, and the look is recorded', async () => {
    const { send, id, gate } = await withTrail()
    const looks = async (subject: string) => {
      await gate.audit.flush()
      const { items } = await gate.audit.query({ kind: 'access', subject })
      return items.flatMap((item) => (item.kind === 'access' ? [item.auditFilter] : []))
    }
    for (const as of ['bob', 'viewer']) {
      const { status, text } = await send(`/keys/${id}`, { as })
      expect([status, text.includes('198.51.100.7')]).toEqual([200, false])
      expect(text).toMatch(/is shown to people who may see the\s+audit log/)
      // What became of the key, and by whom, is for all who see it.
      expect(text).toContain('<b>Created</b> by ann')
      expect(await looks(as)).toEqual([])
    }
    expect(await looks('ann')).toEqual([])
    expect((await send(`/keys/${id}`)).text).toContain('198.51.100.7')
    expect(await looks('ann')).toEqual([{ key: id }])
    await gate.close()
  })

  test('has who has paused, resumed and revoked a key, from where, and why', async () => {
    const { send, submit, id, gate, people } = await withTrail()
    await submit(`/keys/${id}/pause`, { reason: 'Seen in a <b>log</b>' })
    await submit(`/keys/${id}/resume`, { reason: 'It was another key' })
    // Who may not change the key may pause it: the reason is in the audit log all the same.
    people.set('ann', { ...ANN, scopes: [] })
    await submit(`/keys/${id}/pause`, { reason: 'Seen again' })
    await submit(`/keys/${id}/revoke`, { reason: 'The project has ended', name: 'Billing' })
    await gate.audit.flush()
    const { items } = await gate.audit.query({ kind: 'key', keyId: id })
    expect(items).toMatchObject([
      { action: 'revoke', why: 'The project has ended' },
      { action: 'update', standing: 'disabled', why: 'Seen again' },
      { action: 'update', standing: 'enabled', why: 'It was another key' },
      { action: 'update', standing: 'disabled', why: 'Seen in a <b>log</b>' },
      { action: 'create' },
    ])
    for (const event of items) {
      expect(event).toMatchObject({ by: { subject: 'ann' }, client: '203.0.113.7' })
    }
    const log = (await send('/audit')).text
    const link = `<a href="./keys/${id}">Billing</a>`
    expect(log).toContain(`Paused: key ${link}, because: Seen in a &lt;b&gt;log&lt;/b&gt;`)
    expect(log).toContain(`Resumed: key ${link}, because: It was another key`)
    const key = (await send(`/keys/${id}`)).text
    expect(key).toContain('<b>Paused</b> by ann, because: Seen again')
    expect(key).toContain('<b>Revoked</b> by ann, because: The project has ended')
    await gate.close()
  })

  test('is downloaded as CSV and as lines of JSON', async () => {
    const { send, id, gate, other } = await withTrail()
    const csv = await send('/audit.csv')
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="audit.csv"',
    })
    expect(csv.text).toContain(id)
    const lines = (await send('/audit.ndjson')).text.trim().split('\n')
    expect(
      lines
        .map((line) => JSON.parse(line) as { kind: string })
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(expect.arrayContaining(['access', 'key']))
    expect(lines.join()).not.toContain(other)
    await gate.close()
  })

  test('keeps who has looked at it, and for what; a download is a look as well', async () => {
    const { send, gate } = await withTrail()
    const seen = await send('/audit?outcome=denied&person=bob')
    await send('/audit.csv?key=key_1')
    expect((await send('/audit', { as: 'bob' })).status).toBe(403)
    await gate.audit.flush()
    const { items } = await gate.audit.query({ kind: 'access', subject: 'ann', ownerId: 'org_1' })
    expect(items).toMatchObject([
      { path: '/audit.csv', auditFilter: { key: 'key_1' } },
      {
        ...{ path: '/audit', auditFilter: { outcome: 'denied', person: 'bob' }, app: true },
        ...{ subject: 'ann', name: 'Ann Archer', ownerId: 'org_1', client: '203.0.113.7' },
        requestId: seen.headers['x-request-id'],
      },
    ])
    expect((await send('/audit')).text).toContain(
      'Looked at the audit log (person bob, outcome denied)',
    )
    expect((await gate.audit.query({ subject: 'bob' })).items).toEqual([])
    await gate.close()
  })

  test('is not shown where the look cannot be recorded', async () => {
    const { gate, send } = await withTrail()
    const note = () => Promise.reject(new AuditError('not_recorded', { cause: 'no room' }))
    const broken: Gate<Scope> = {
      ...gate,
      as(actor) {
        const acting = gate.as(actor)
        return { ...acting, audit: { ...acting.audit, note } }
      },
    }
    const answer = await openConsole({ clock: Date.now }, broken).send('/audit')
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('198.51.100.7')
    expect((await send('/audit')).text).toContain('198.51.100.7')
    await gate.close()
  })

  test('shows ids of health information where they are asked for, after a second step, and the page of a key never does', async () => {
    const asked: string[] = []
    let isProven = false
    const { send, gate, secret, id } = await withTrail({
      stepUp(_, action) {
        if (action === 'show_phi') asked.push(action)
        return action !== 'show_phi' || isProven || { location: '/second' }
      },
    })
    const request = gateRequestOf({
      ...{ method: 'GET', url: '/patients/pat_secret' },
      headers: { authorization: `Bearer ${secret}` },
      socket: { remoteAddress: '203.0.113.7', encrypted: true },
    })
    const decision = await gate.check(request, gate.requirement({ phi: READS }))
    await (decision as { audit: { phi: (access: object) => unknown } }).audit.phi({
      ...{ ...READS, ids: ['pat_secret'] },
    })
    if (decision.allowed) decision.end()
    await gate.audit.flush()
    const pages = ['/audit', '/audit?phi=Patient', '/audit.csv', '/audit.ndjson', `/keys/${id}`]
    for (const path of pages) {
      const { status, text } = await send(path)
      expect([path, status]).toEqual([path, 200])
      expect(text).not.toContain('pat_secret')
    }
    expect(asked).toEqual([])
    for (const path of ['/audit?ids=shown', '/audit.csv?ids=shown', '/audit.ndjson?ids=shown']) {
      const { status, headers, text } = await send(path)
      expect([status, headers['location']?.split('?')[0]]).toEqual([303, '/second'])
      expect(text).not.toContain('pat_secret')
    }
    isProven = true
    for (const path of ['/audit?ids=shown', '/audit.csv?ids=shown', '/audit.ndjson?ids=shown']) {
      expect((await send(path)).text).toContain('pat_secret')
      expect((await send(path, { as: 'bob' })).status).toBe(403)
    }
    await gate.audit.flush()
    const { items } = await gate.audit.query({ subject: 'ann', kind: 'access', limit: 3 })
    expect(items).toMatchObject(Array(3).fill({ auditFilter: { ids: 'shown' } }))
    await gate.close()
  })

  test('has of an edit only what it has changed, in words, and nothing of a pause of a paused key', async () => {
    const { send, submit, post, gate, id } = await withTrail()
    const fields = { name: 'Billing', description: 'nightly' }
    const changes = async () => {
      await gate.audit.flush()
      const { text } = await send(`/keys/${id}`)
      return [...text.matchAll(/<b>((?:Changed|Paused|Resumed)[^<]*)</g)].map(([, words]) => words)
    }
    await submit(`/keys/${id}/edit`, { ...fields, allowedIps: '203.0.113.1' })
    expect(await changes()).toEqual(['Changed (description, addresses)'])
    await submit(`/keys/${id}/edit`, { ...fields, allowedIps: '203.0.113.1' })
    expect(await changes()).toHaveLength(1)
    await submit(`/keys/${id}/edit`, { ...fields, name: 'Bills', allowedIps: '203.0.113.1' })
    await submit(`/keys/${id}/edit`, { name: 'Bills', allowedIps: '203.0.113.1' })
    const edits = ['Changed (description)', 'Changed (name)', 'Changed (description, addresses)']
    expect(await changes()).toEqual(edits)
    const { text } = await send(`/keys/${id}/pause`)
    expect((await post(`/keys/${id}/pause`, text)).status).toBe(303)
    expect((await post(`/keys/${id}/pause`, text)).status).toBe(409)
    expect(await changes()).toEqual(['Paused', ...edits])
    const paused = (await send(`/keys/${id}/resume`)).text
    expect((await post(`/keys/${id}/resume`, paused)).status).toBe(303)
    expect((await post(`/keys/${id}/resume`, paused)).status).toBe(409)
    expect(await changes()).toEqual(['Resumed', 'Paused', ...edits])
    await gate.close()
  })

  test('shows no id of a record in the path of a request that was rejected before it was known what it reads', async () => {
    const openApi = () => ({ paths: { '/v1/visits/{id}': { get: {} }, '/v1/notes': { get: {} } } })
    const description = { openApi, postman: () => ({}) }
    const { send, gate, secret, id } = await withTrail({ description })
    const ask = async (url: string, route?: string) => {
      const request = gateRequestOf({
        ...{ method: 'GET', url, headers: { authorization: `Bearer ${secret}` } },
        socket: { remoteAddress: '203.0.113.7', encrypted: true },
      })
      const framework = { route: () => route, params: () => ({}) }
      const told = route === undefined ? request : { ...request, framework }
      const decision = await gate.check(told as typeof request)
      if (decision.allowed) decision.end()
    }
    await ask('/v1/patients/pat_secret1', '/v1/patients/:id')
    await gate.keys.update(id, { disabled: true })
    const urls = [
      '/v1/patients/pat_secret2',
      '/v1/visits/secret3',
      '/v1/patients/pat_secret4/notes',
    ]
    for (const url of [...urls, '/secret5', '/v1/notes/secret6', '/v1/notes', '/v1/secret7']) {
      await ask(url)
    }
    await gate.as({ subject: 'bob', ownerId: 'org_1' }).audit.note({
      ...{ path: '/charts', filter: { patient: 'pat_secret8', phi: 'Patient/pat_secret9' } },
    })
    await gate.audit.flush()
    for (const path of ['/audit', '/audit.csv', '/audit.ndjson', `/keys/${id}`, '/review']) {
      expect([path, (await send(path)).text]).toEqual([path, expect.not.stringContaining('secret')])
    }
    const { text } = await send('/audit.csv')
    const paths = [...text.matchAll(/GET (\S*?),/g)].map(([, path]) => path)
    expect(paths.slice(0, 8)).toEqual([
      ...['/v1/\u2026', '/v1/notes', '/v1/notes/\u2026', '/\u2026', '/v1/patients/\u2026'],
      ...['/v1/visits/{id}', '/v1/patients/:id', '/v1/patients/:id'],
    ])
    expect((await send('/audit')).text).toContain('/v1/patients/:id')
    expect((await send('/audit?ids=shown')).text).toContain('/v1/patients/pat_secret2')
    await gate.close()
  })

  test('says how far signatures vouch for it', async () => {
    const unsigned = await withTrail()
    expect((await unsigned.send('/audit')).text).toContain('This audit log is not signed')
    await unsigned.gate.close()
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const signed = await withTrail({}, pem)
    expect((await signed.send('/audit')).text).toContain('Not signed yet')
    expect((await signed.send('/audit')).text).not.toContain('not signed')
    await signed.gate.close()
    // What was not signed by its instance in 90 seconds has nobody to sign it.
    const later = await withTrail({ clock: () => Date.now() + 100_000 }, pem)
    expect((await later.send('/audit')).text).toMatch(
      /Verified up to <time[^>]*>[^<]*<\/time>, with [1-9]\d*\s+findings in\s+30\s+days/,
    )
    // Before, nobody has signed.
    expect((await later.send('/audit')).text).toContain('Not all of it is verified')
    const filtered = (await later.send('/audit?outcome=denied')).text
    expect(filtered).toContain('No event is found')
    expect(filtered).toMatch(/Verified up to <time[^>]*>[^<]*<\/time>, with [1-9]\d* findings/)
    await later.gate.close()
    rmSync(folder, { recursive: true })
    await (await withTrail({}, pem)).gate.close()
    const whole = await withTrail({}, pem)
    expect((await whole.send('/audit')).text).toMatch(
      /Verified up to .*, with 0\s+findings in\s+30\s+days/,
    )
    await whole.gate.close()
  })

  test('of several gates, the log of one environment at a time', async () => {
    const gateOf = (environment: string) =>
      createGate<Scope>({
        ...{ environment, keys: { prefix: 'acme', store: createMemoryKeyStore() }, scopes: SCOPES },
        audit: { sink: createAuditFiles(join(folder, environment)) },
      })
    const gates = { live: gateOf('live'), test: gateOf('test') }
    const ids: Record<string, string> = {}
    for (const [name, gate] of Object.entries(gates)) {
      const key = await gate.keys.create({ name, ownerId: 'org_1' })
      ids[name] = key.id
      await gate.audit.flush()
    }
    const { send } = openConsole({ clock: Date.now }, gates as never)
    expect((await send('/audit')).text).toContain(ids['live'])
    expect((await send('/audit')).text).not.toContain(ids['test'])
    const other = (await send('/audit?environment=test')).text
    expect(other).toContain(ids['test'])
    expect(other).not.toContain(ids['live'])
    const elsewhere = (await send('/audit?environment=staging')).text
    expect(elsewhere).toContain(ids['live'])
    for (const gate of Object.values(gates)) await gate.close()
  })

  test('that is empty says what is listed, and where the decisions of an approver are', async () => {
    const { send, people, gate } = await withTrail({
      access: createAccess({
        ...{
          store: createMemoryAccessStore(),
          agreements: createMemoryAgreementStore(),
          terms: {},
        },
      }),
      roles: {
        admin: ['keys:all'],
        auditor: ['audit:view'],
        staff: ['audit:view', 'access:decide'],
      },
    })
    const read = async (role: string, path = '/audit') => {
      people.set('new', { ...ANN, id: role, ownerId: `org_of_${role}`, role })
      return (await send(path, { as: 'new' })).text
    }
    const others = 'What you decide about others is in their audit logs'
    const auditor = await read('auditor')
    expect(auditor).toContain('Requests with keys of your organization, and changes of them,')
    expect(auditor).not.toContain(others)
    expect(await read('staff')).toContain(others)
    expect(await read('staff', '/audit?outcome=denied')).toContain('Choose other ones.')
    await gate.close()
  })

  test.each([
    [['live'], 'Requests with keys of test are not recorded. Changes of these keys are.'],
    [() => false, 'This API chooses which requests it records: others are not listed.'],
    [['live', 'test'], undefined],
    [undefined, undefined],
  ])('says what it leaves out, with %p', async (when, words) => {
    const audit = { sink: createAuditFiles(folder), ...(when && { when }) }
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES, audit },
    })
    const { send } = openConsole({ clock: Date.now }, gate)
    const empty = (await send('/audit')).text
    expect(empty).toContain('Nothing is recorded')
    const { id, secret } = await gate.keys.create({
      ...{ name: 'Tests', ownerId: 'org_1', environment: 'test' },
    })
    await gate.verify(secret, '198.51.100.7')
    await gate.audit.flush()
    const pages = [empty]
    for (const path of ['/audit', '/audit?outcome=denied', '/review', `/keys/${id}`]) {
      pages.push((await send(path)).text)
    }
    for (const text of pages) {
      if (words === undefined) expect(text).not.toMatch(/are not recorded|chooses which requests/)
      else expect(text).toContain(words)
    }
    // Of an environment that is recorded, nothing is left out.
    const live = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
    const { text } = await send(`/keys/${live.id}`)
    if (Array.isArray(when)) expect(text).not.toContain('are not recorded')
    await gate.close()
  })

  test('says where a record has no address', async () => {
    const { send, gate, id, secret } = await withTrail()
    await gate.keys.create({ name: 'By the app', ownerId: 'org_1', environment: 'live' })
    await gate.verify(secret)
    await gate.audit.flush()
    const { text } = await send('/audit')
    const [first = '', second = ''] = text.match(/<tr role="row">.*?<\/tr>/gs)?.slice(1) ?? []
    expect(first).toContain('<span class="quiet">No address</span>')
    expect(second).toContain('<span class="quiet">No address</span>')
    expect(text).toContain('<code class="any id">198.51.100.7</code>')
    const key = (await send(`/keys/${id}`)).text.replace(/\s+/g, ' ')
    expect(key).toMatch(/>No address<\/th> ?<td[^>]*>1</)
    await gate.close()
  })

  test('needs its permission', async () => {
    const { send, gate } = await withTrail()
    for (const path of ['/audit', '/audit.csv', '/audit.ndjson']) {
      expect((await send(path, { as: 'bob' })).status).toBe(403)
    }
    await gate.close()
  })
})

test('a cell of CSV is no formula', () => {
  expect(csvOf([['=1+1', '+1', '-1', '@a', 'a "b", c', -1, undefined]])).toBe(
    `'=1+1,'+1,'-1,'@a,"a ""b"", c",-1,\r\n`,
  )
  // A program that divides at semicolons minds no quotes within a cell.
  expect(csvOf([['GET /a;=1+1', 'a;"@b', 'b\n=c', 'a; b-c', '\uff1d1', '\n']])).toBe(
    `"GET /a;'=1+1","a;""'@b","b\n'=c","a; b-c",'\uff1d1,"'\n"\r\n`,
  )
})
