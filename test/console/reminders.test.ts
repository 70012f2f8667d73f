import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { AuditError, createGate, createMemoryKeyStore, type AuditOptions } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createTestClock } from 'sallyport/testing'
import { addressAfter, saidOn, ANN, openConsole, SCOPES, type Scope } from './harness.js'

async function withKeys() {
  const opened = openConsole()
  const { gate, clock } = opened
  const of = (subject: string, ownerId: string, environment: string) => (name: string) =>
    gate
      .as({ subject, ownerId, scopes: ['read:orders'] })
      .keys.create({ scopes: ['read:orders'], ownerId, environment, name })
  const used = await of('ann', 'org_1', 'live')('Used <b>')
  const unused = await of('bob', 'org_1', 'live')('Unused')
  const foreign = await of('eve', 'org_2', 'live')('Theirs')
  await gate.verify(used.secret)
  // What was counted is written.
  await gate.keys.usage(used.id)
  clock.advance('10d')
  const soon = await of('ann', 'org_1', 'test')('Soon')
  clock.advance('69d')
  const young = await of('ann', 'org_1', 'live')('Young')
  return { ...opened, used, unused, foreign, soon, young }
}

test('keys that are due, or will be in two weeks, are listed with what to do', async () => {
  const { send, clock, used, unused, soon, young, foreign } = await withKeys()
  const before = (await send('/reminders')).text
  expect(before).toContain('Soon')
  expect(before).not.toContain(soon.id)
  expect(before).not.toContain('tag bad')
  clock.advance('12d')
  const { status, text } = await send('/reminders')
  expect(status).toBe(200)
  expect(text.match(/<span class="tag \w+">(?:Due|Soon)</g)).toEqual([
    '<span class="tag bad">Due<',
    '<span class="tag bad">Due<',
    '<span class="tag warn">Soon<',
  ])
  expect(text).toContain('<time datetime="2030-09-13T12:00:00.000Z">Sep 13, 2030</time>')
  expect(text).toContain('Used &lt;b&gt;')
  expect(text).toContain(`<a href="./keys/${used.id}/rotate">Rotate it</a>`)
  expect(text).not.toContain(`keys/${used.id}/revoke`)
  expect(text).toContain(`<a href="./keys/${unused.id}/revoke">Revoke it</a>`)
  expect(text).toContain(`keys/${soon.id}`)
  for (const { id } of [young, foreign]) expect(text).not.toContain(id)
  for (const path of ['/', '/keys']) {
    expect((await send(path)).text).toContain('<a href="./reminders">See which keys</a>')
    expect((await send(path)).text).toContain('2 keys are due for rotation')
  }
})

test('a key that was rotated, and one of an environment of others, is not listed', async () => {
  const { send, submit, people, clock, used, soon } = await withKeys()
  clock.advance('12d')
  expect((await submit(`/keys/${used.id}/rotate`, { grace: '24h' })).status).toBe(201)
  expect((await send('/reminders')).text).not.toContain(used.id)
  people.set('carl', { ...ANN, id: 'carl', environments: ['live'] })
  expect((await send('/reminders', { as: 'carl' })).text).not.toContain(soon.id)
})

test('what a person may not change is not offered, and the page needs a right to see keys', async () => {
  const { send, clock, used, unused } = await withKeys()
  clock.advance('12d')
  const { text } = await send('/reminders', { as: 'bob' })
  expect(text).toContain(`keys/${unused.id}/rotate`)
  expect(text).not.toContain(`keys/${used.id}/rotate`)
  expect(text).toContain('Ask who created it')
  expect((await send('/reminders', { as: 'viewer' })).text).not.toContain('/rotate')
  expect((await send('/reminders', { as: 'nobody' })).status).toBe(403)
  expect((await send('/', { as: 'nobody' })).text).not.toContain('reminders')
})

test('where no key is due, the page says when one is', async () => {
  const { send } = openConsole()
  const { text } = await send('/reminders')
  expect(text).toContain('No key is due')
  expect(text).toContain('when it is 90 days old')
})

/** Webhooks that nobody listens to. */
function endpoints(count: number) {
  const target = { limitMs: 1_000, wants: () => false, send: () => Promise.resolve() }
  return { targets: Array.from({ length: count }, (_, at) => ({ name: String(at), ...target })) }
}

describe('messages', () => {
  function openReminding(reminders = {}, audit?: AuditOptions) {
    const { clock } = createTestClock(new Date('2030-06-15T12:00:00Z'))
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES, clock },
      ...{ notify: () => undefined, reminders, ...(audit && { audit }) },
    })
    return openConsole({}, gate)
  }

  test('are chosen by nobody who manages a part of the environments alone', async () => {
    const { send, submit, post, gate, people } = openReminding()
    await submit('/reminders', { days: ['14'] })
    people.set('tess', { ...ANN, id: 'tess', sessionId: 'session-tess', environments: ['test'] })
    const { text } = await send('/reminders', { as: 'tess' })
    expect(text).toContain('One message for each key: 14 days before.')
    expect(text).toContain('all environments (live, test), and you do not manage all of them.')
    expect(text).not.toContain('name="days"')
    const form = (await send('/keys/new', { as: 'tess' })).text
    const sent = await post('/reminders', form, {}, { as: 'tess' })
    expect([sent.status, sent.text.includes('Nothing was changed')]).toEqual([403, true])
    expect((await gate.events.reminders('org_1')).chosen).toEqual([14])
    await gate.close()
  })

  test('that were turned off while the session ended are turned off by sending that again', async () => {
    const { send, post, submit, gate, people } = openReminding()
    await submit('/reminders', { days: ['14'] })
    const { text } = await send('/reminders')
    people.delete('ann')
    const kept = await post('/reminders', text)
    expect([kept.status, kept.text.replace(/\s+/g, ' ')]).toEqual([
      401,
      expect.stringContaining('<dt>Days before</dt> <dd>None</dd>'),
    ])
    people.set('ann', ANN)
    expect((await post('/reminders', kept.text)).status).toBe(303)
    expect((await gate.events.reminders('org_1')).chosen).toEqual([])
    await gate.close()
  })

  test('of several gates are chosen by those who manage the environments of all of them', async () => {
    const store = createMemoryKeyStore()
    const gateOf = (environment: string) =>
      createGate<Scope>({
        ...{ environment, keys: { prefix: 'acme', store }, scopes: SCOPES },
        ...{ notify: () => undefined, reminders: {} },
      })
    const gates = { live: gateOf('live'), test: gateOf('test') }
    const { send, submit, post, people } = openConsole({ clock: Date.now }, gates as never)
    people.set('tess', { ...ANN, id: 'tess', sessionId: 'session-tess', environments: ['test'] })
    expect((await submit('/reminders', { days: ['14'] })).status).toBe(303)
    const { text } = await send('/reminders', { as: 'tess' })
    expect(text).toContain('all environments (live, test), and you do not manage all of them.')
    expect(text).not.toContain('name="days"')
    const form = (await send('/keys/new', { as: 'tess' })).text
    expect((await post('/reminders', form, {}, { as: 'tess' })).status).toBe(403)
    for (const gate of Object.values(gates)) {
      expect((await gate.events.reminders('org_1')).chosen).toEqual([14])
      await gate.close()
    }
  })

  test.each([
    ['as it was', ['14']],
    ['with another choice', ['7']],
    ['without any', []],
  ])('that somebody has chosen meanwhile stay, where an older page is sent %s', async (_, days) => {
    const { send, post, gate } = openReminding()
    await gate.events.chooseReminders('org_1', [14])
    const older = (await send('/reminders')).text
    await gate.events.chooseReminders('org_1', [0])
    const refused = await post('/reminders', older, { days })
    expect([refused.status, refused.text.includes('chosen other days meanwhile')]).toEqual([
      ...[409, true],
    ])
    expect((await gate.events.reminders('org_1')).chosen).toEqual([0])
    // The same choice as theirs takes nothing back.
    expect((await post('/reminders', older, { days: ['0'] })).status).toBe(303)
    await gate.close()
  })

  test('are turned on, with the days before, and turned off', async () => {
    const { send, submit, gate } = openReminding()
    expect((await send('/reminders')).text).toContain('Nobody is told when a key is due')
    const on = await submit('/reminders', { days: ['14', '0'] })
    expect(on.status).toBe(303)
    const next = await send(addressAfter('/reminders', on))
    expect(saidOn(next)).toBe('Messages are on.')
    const { text } = next
    expect(text).toContain('One message for each key: 14 days before and when it is due.')
    expect(text).toMatch(/value="14"[^>]*checked/)
    expect(text).not.toMatch(/value="7"[^>]*checked/)
    expect((await gate.events.reminders('org_1')).chosen).toEqual([14, 0])
    expect((await gate.events.reminders('org_2')).chosen).toEqual([])
    const off = await send(addressAfter('/reminders', await submit('/reminders', {})))
    expect(saidOn(off)).toBe('Messages are off.')
    expect((await send('/reminders')).text).toContain('Nobody is told when a key is due')
    await gate.close()
  })

  test.each([
    [
      { notify: () => undefined },
      'to the app that this console is part of, which passes them on, for example by email.',
    ],
    [{ webhooks: endpoints(1) }, 'to 1 webhook endpoint of this API.'],
    [
      { notify: () => undefined, webhooks: endpoints(2) },
      'to the app that this console is part of, which passes them on, for example by email, and to 2 webhook endpoints of this API.',
    ],
  ])('are said to go where the gate sends them: %j', async (receivers, words) => {
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES },
      ...{ reminders: {}, ...receivers },
    })
    const { send } = openConsole({}, gate)
    for (const as of ['ann', 'viewer']) {
      expect((await send('/reminders', { as })).text).toContain(`Messages go ${words}`)
    }
    await gate.close()
  })

  test('are in the audit log with who has turned them on and off, and not chosen where that fails', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'console-reminders-'))
    const { send, submit, gate } = openReminding({}, { sink: createAuditFiles(folder) })
    await submit('/reminders', { days: ['14', '0'] })
    await submit('/reminders', {})
    await gate.audit.flush()
    const { items } = await gate.audit.query({ subject: 'ann' })
    const by = { subject: 'ann', name: 'Ann Archer', ownerId: 'org_1', client: '203.0.113.7' }
    expect(items).toMatchObject([
      { ...by, path: '/reminders', auditFilter: { reminders: 'off' } },
      { ...by, path: '/reminders', auditFilter: { reminders: '14, 0' } },
    ])
    const { text } = await send('/audit?person=ann')
    expect(text).toContain('Turned reminders off')
    expect(text).toContain('Turned reminders on: 14, 0 days before a key is due')
    const note = () => Promise.reject(new AuditError('not_recorded', { cause: 'no room' }))
    const as: typeof gate.as = (actor) => {
      const acting = gate.as(actor)
      return { ...acting, audit: { ...acting.audit, note } }
    }
    const broken = openConsole({}, { ...gate, as })
    expect((await broken.submit('/reminders', { days: ['7'] })).status).toBe(503)
    expect((await gate.events.reminders('org_1')).chosen).toEqual([])
    await gate.close()
    rmSync(folder, { recursive: true })
  })

  test('are chosen by those who may change all keys, among the days that there are', async () => {
    const { send, post, submit, gate } = openReminding()
    const { text } = await send('/reminders', { as: 'bob' })
    expect(text).toContain('Nobody is told when a key is due')
    expect(text).not.toContain('name="days"')
    const sent = await send('/keys/new', { as: 'bob' })
    const refused = await post('/reminders', sent.text, { days: '14' }, { as: 'bob' })
    expect(refused.status).toBe(403)
    expect((await submit('/reminders', { days: ['14', '3'] })).status).toBe(400)
    expect((await gate.events.reminders('org_1')).chosen).toEqual([])
    await gate.close()
  })

  test.each([
    ['the app says who wants them', { wants: () => true }],
    ['there are none', undefined],
  ])('are not offered where %s, and the page says who is told', async (_, reminders) => {
    const { send, post, gate } = reminders === undefined ? openConsole() : openReminding(reminders)
    const shown = (await send('/reminders')).text.replace(/\s+/g, ' ')
    expect(shown).not.toContain('name="days"')
    expect(shown).toContain(
      reminders === undefined
        ? 'Nobody is told when a key is due: this API sends no messages about it.'
        : 'is set in the app, not here. Messages go to the app that this console is part of,',
    )
    const { text } = await send('/keys/new')
    expect((await post('/reminders', text, { days: '14' })).status).toBe(404)
    await gate.close()
  })
})
