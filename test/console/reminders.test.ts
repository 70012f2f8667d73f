import { expect, test } from '@jest/globals'
import { ANN, openConsole } from './harness.js'

async function withKeys() {
  const opened = openConsole()
  const { gate, clock } = opened
  const of = (subject: string, ownerId: string, environment: string) => (name: string) =>
    gate
      .as({ subject, ownerId, scopes: ['read:orders'], tenantIds: ['clinic_1'] })
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
  expect((await send('/')).text).toContain('<a href="./reminders">Rotate them</a>')
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
