import { describe, expect, test } from '@jest/globals'
import { createMemoryReplayStore } from 'sallyport'
import { addressAfter, openConsole, saidOn, tokenIn, type Overrides } from './harness.js'

type Opened = ReturnType<typeof openConsole>

async function withKey(overrides: Overrides = {}, name = 'Billing <b>') {
  const opened = openConsole(overrides)
  const ann = opened.gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ['read:orders'] })
  const { id } = await ann.keys.create({
    ...{ name, ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
  })
  return { ...opened, id }
}

/** Pauses the key. Returns the address of the page that follows. */
async function pause({ submit }: Opened, id: string): Promise<string> {
  const path = `/keys/${id}/pause`
  return addressAfter(path, await submit(path))
}

const NAME = '&#39;Billing &lt;b&gt;&#39;'

describe('what a form has done', () => {
  test.each([
    [
      'pause',
      {},
      `The key ${NAME} is paused: programs that use it are refused from their next request on.`,
      '/resume">Resume it',
    ],
    ['edit', { name: 'Billing <b>' }, `The key ${NAME} is saved.`, ''],
    ['revoke', {}, `The key ${NAME} is revoked.`, '../keys">All keys'],
  ])('is said once, on the page that follows %s', async (action, fields, words, link) => {
    const { id, send, submit } = await withKey()
    const path = `/keys/${id}/${action}`
    const sent = await submit(path, fields)
    expect(sent.status).toBe(303)
    const address = addressAfter(path, sent)
    expect(address).toMatch(new RegExp(`^/keys/${id}\\?done=`))
    const page = await send(address)
    expect(page.status).toBe(200)
    expect(saidOn(page)).toContain(words)
    expect(saidOn(page)).toContain(link)
    // The heading has the focus, and is read out with it.
    expect(page.text).toMatch(/<h1 tabindex="-1" autofocus aria-describedby="done">/)
    for (const again of [address, `/keys/${id}`]) {
      const later = await send(again)
      expect([later.status, saidOn(later)]).toEqual([200, undefined])
      expect(later.text).not.toContain('aria-describedby="done"')
    }
  })

  test('is said of a key that is resumed, of the old one of a grace, and of all of a person', async () => {
    const { id, send, submit, gate } = await withKey()
    await submit(`/keys/${id}/pause`)
    const after = async (path: string, fields = {}) =>
      saidOn(await send(addressAfter(path, await submit(path, fields))))
    expect(await after(`/keys/${id}/resume`)).toBe(`The key ${NAME} is active again.`)
    await gate
      .as({ subject: 'ann', ownerId: 'org_1', scopes: ['read:orders'] })
      .keys.rotate(id, { gracePeriod: '1h' })
    expect(await after(`/keys/${id}/end`)).toContain('is revoked. Its successor keeps working.')
    expect(await after('/people/ann/revoke', { person: 'ann' })).toContain(
      'The keys of ann are revoked.',
    )
  })

  test('is not said where a form has mistakes', async () => {
    const { id, submit } = await withKey()
    const page = await submit(`/keys/${id}/edit`, { name: '' })
    expect([page.status, saidOn(page)]).toEqual([422, undefined])
  })

  test('is said to the person of the form alone, on its page alone, within a minute', async () => {
    const opened = await withKey()
    const { send, id, clock, people } = opened
    const other = await opened.gate.keys.create({
      ...{ name: 'Other', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
    })
    const address = await pause(opened, id)
    const [, note = ''] = address.split('?done=')
    expect(saidOn(await send(address, { as: 'viewer' }))).toBeUndefined()
    expect(saidOn(await send(`/keys/${other.id}?done=${note}`))).toBeUndefined()
    expect(saidOn(await send(address.replace('key_paused', 'key_revoked')))).toBeUndefined()
    const ann = people.get('ann')
    if (ann !== undefined) {
      people.set('ann', { ...ann, sessionId: 'a new one' })
      expect(saidOn(await send(address))).toBeUndefined()
      people.set('ann', ann)
    }
    clock.advance('59s')
    expect(saidOn(await send(address))).toContain('is paused')
    const path = `/keys/${id}/resume`
    const late = addressAfter(path, await opened.submit(path))
    clock.advance('61s')
    expect(saidOn(await send(late))).toBeUndefined()
  })

  test.each([
    'key_revoked',
    'x',
    '',
    '<b>',
    `key_revoked.${'a'.repeat(8)}.${'b'.repeat(22)}.${'c'.repeat(43)}`,
  ])('is not what a link says: %j', async (note) => {
    const { send, id } = await withKey()
    const page = await send(`/keys/${id}?${new URLSearchParams({ done: note }).toString()}`)
    expect([page.status, saidOn(page)]).toEqual([200, undefined])
    expect(page.text).not.toContain('role="status"')
  })

  test('is no token of a form', async () => {
    const opened = await withKey()
    const { post, id, gate } = opened
    const [, note = ''] = (await pause(opened, id)).split('?done=')
    for (const token of [note, note.slice(note.indexOf('.') + 1)]) {
      const page = `<input name="form_token" value="${decodeURIComponent(token)}" />`
      expect(tokenIn(page)).not.toBe('')
      expect((await post(`/keys/${id}/resume`, page)).status).toBe(403)
    }
    expect((await gate.keys.get(id))?.state).toBe('disabled')
  })

  test('is said once over all instances that share what keeps forms', async () => {
    const shared = { forms: createMemoryReplayStore() }
    const one = await withKey(shared)
    const other = openConsole(shared, one.gate)
    const address = await pause(one, one.id)
    expect(saidOn(await other.send(address))).toContain('is paused')
    expect(saidOn(await one.send(address))).toBeUndefined()
  })

  test('is not said where nobody can tell whether it was; the page is shown', async () => {
    const forms = { addIfAbsent: () => Promise.reject(new Error('away')) }
    const opened = await withKey({ forms })
    const page = await opened.send(await pause(opened, opened.id))
    expect([page.status, saidOn(page)]).toEqual([200, undefined])
    expect(opened.errors).toEqual([new Error('away')])
  })
})
