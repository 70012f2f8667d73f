import { describe, expect, test } from '@jest/globals'
import { ANN, openConsole } from './harness.js'

type Keys = ReturnType<typeof openConsole>['gate']['keys']
type Key = Parameters<Keys['create']>[0]
type Change = Parameters<Keys['update']>[1]

async function withKey(given: Partial<Key> = {}) {
  const opened = openConsole()
  const { gate, send, post } = opened
  const as = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ANN.scopes })
  const { id } = await as.keys.create({
    ...{ name: 'A', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
    ...given,
  })
  const at = `/keys/${id}/edit`
  const page = (await send(at)).text
  return {
    ...{ ...opened, id, at, page },
    now: async () => (await gate.keys.get(id)) ?? {},
    /** By somebody else, after the page was opened. */
    meanwhile: (change: Change) => gate.keys.update(id, change),
    /** As a browser sends the form: all fields, as the page has them where nobody has typed. */
    save: (typed: Readonly<Record<string, string>>, from = page) =>
      post(at, from, { ...fieldsIn(from), ...typed }),
  }
}

/** What the form of a page has in its fields. */
function fieldsIn(text: string): Record<string, string> {
  const plain = (value: string) =>
    value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"')
  const value = (name: string) =>
    new RegExp(`id="f-${name}"[^>]*?\\svalue="([^"]*)"`, 's').exec(text)?.[1] ??
    new RegExp(`<textarea id="f-${name}"[^>]*>([^<]*)<`, 's').exec(text)?.[1] ??
    ''
  const names = ['name', 'description', 'stored_in', 'allowedIps']
  return Object.fromEntries(names.map((name) => [name, plain(value(name))]))
}

const LIST = ['203.0.113.0/24', '::1']

describe('of a key, what the person has not changed stays', () => {
  test.each([
    ['no list', {}, undefined],
    ['a list', { allowedIps: LIST }, LIST],
    ['a list from nowhere', { allowedIps: [] }, []],
  ])('%s', async (_, given, after) => {
    const { save, now } = await withKey(given)
    expect((await save({ name: 'B' })).status).toBe(303)
    expect(await now()).toMatchObject({ name: 'B', ...(after && { allowedIps: after }) })
    expect('allowedIps' in (await now())).toBe(after !== undefined)
  })

  test.each([
    ['a list that was set', {}, { allowedIps: LIST }],
    ['a list that was emptied', { allowedIps: LIST }, { allowedIps: [] }],
    ['a list that was narrowed', { allowedIps: LIST }, { allowedIps: ['::1'] }],
    ['a description', { metadata: { description: 'old' } }, { metadata: { description: 'new' } }],
    [
      'what the app has noted',
      { metadata: { stored_in: 'vault' } },
      { metadata: { stored_in: 'vault', team: 'billing', description: 5 } },
    ],
  ] as const)('%s meanwhile', async (_, given, change) => {
    const { save, now, meanwhile } = await withKey(given)
    await meanwhile(change)
    expect((await save({ name: 'B' })).status).toBe(303)
    expect(await now()).toMatchObject({ name: 'B', ...change })
  })

  test('a name that others have given, where only the description is typed', async () => {
    const { save, now, meanwhile } = await withKey()
    await meanwhile({ name: 'Theirs' })
    expect((await save({ description: 'nightly' })).status).toBe(303)
    expect(await now()).toMatchObject({ name: 'Theirs', metadata: { description: 'nightly' } })
  })

  test('also in a form that had a mistake first', async () => {
    const { save, now, meanwhile } = await withKey({ allowedIps: LIST })
    const wrong = await save({ name: '' })
    expect(wrong.status).toBe(422)
    await meanwhile({ allowedIps: [] })
    expect((await save({ name: 'B' }, wrong.text)).status).toBe(303)
    expect(await now()).toMatchObject({ name: 'B', allowedIps: [] })
  })
})

describe('of a key, what the person and somebody else have changed', () => {
  test('is not saved: the page says what there is now, and keeps what was typed', async () => {
    const { save, now, meanwhile } = await withKey({ allowedIps: LIST })
    await meanwhile({ allowedIps: ['192.0.2.1'], name: 'Theirs' })
    const shown = await save({ allowedIps: '198.51.100.1', description: 'nightly' })
    expect(shown.status).toBe(409)
    expect(shown.text).toContain('The key has changed since you opened this page')
    expect(shown.text).toContain('<dd>192.0.2.1</dd>')
    expect(await now()).toMatchObject({ allowedIps: ['192.0.2.1'], metadata: {} })
    expect(fieldsIn(shown.text)).toMatchObject({
      ...{ name: 'Theirs', description: 'nightly', allowedIps: '198.51.100.1' },
    })
    // Who has seen it may save it.
    expect((await save({}, shown.text)).status).toBe(303)
    expect(await now()).toMatchObject({
      ...{ name: 'Theirs', allowedIps: ['198.51.100.1'], metadata: { description: 'nightly' } },
    })
  })

  test('is saved by one of two who save at the same moment, and the other one is asked', async () => {
    const { save, now } = await withKey()
    const names = ['Ann', 'Bob']
    const answers = await Promise.all(names.map((name) => save({ name })))
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409])
    const late = answers.findIndex(({ status }) => status === 409)
    expect(answers[late]?.text).toContain('The key has changed since you opened this page')
    expect(await now()).toMatchObject({ name: names[1 - late] })
  })

  test('at the same moment, in fields of their own, is all saved', async () => {
    const { save, now } = await withKey()
    const typed = [{ name: 'B' }, { description: 'nightly' }, { stored_in: 'vault' }]
    const answers = await Promise.all(typed.map((one) => save(one)))
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
    expect(await now()).toMatchObject({
      name: 'B',
      metadata: { description: 'nightly', stored_in: 'vault' },
    })
  })

  test('is saved where both want the same', async () => {
    const { save, now, meanwhile } = await withKey()
    await meanwhile({ name: 'Same' })
    expect((await save({ name: 'Same' })).status).toBe(303)
    expect(await now()).toMatchObject({ name: 'Same' })
  })

  test.each(['', 'x', 'a.b.c.d'])(
    'is asked of a form that has not said what it has shown: %j',
    async (seen) => {
      const { save, now } = await withKey({ allowedIps: LIST })
      expect((await save({ allowedIps: '', seen })).status).toBe(409)
      expect(await now()).toMatchObject({ allowedIps: LIST })
    },
  )
})

test('a key that works from nowhere says so in its form, and is let in by a person who clears it', async () => {
  const { save, now, page, send, at } = await withKey({ allowedIps: [] })
  expect(fieldsIn(page)['allowedIps']).toBe('none')
  expect(page).toContain('The word none: from nowhere.')
  expect((await save({ allowedIps: '' })).status).toBe(303)
  expect(await now()).not.toHaveProperty('allowedIps')
  const open = (await send(at)).text
  expect(fieldsIn(open)['allowedIps']).toBe('')
  expect((await save({ allowedIps: ' None ' }, open)).status).toBe(303)
  expect(await now()).toMatchObject({ allowedIps: [] })
})
