import { describe, expect, test } from '@jest/globals'
import { ANN, openConsole, tokenIn, type Filled } from './harness.js'

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
    expect(tokenIn(kept.text)).toBe('')
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

test('no page but the one that makes it has a whole key, wherever somebody has put it', async () => {
  const opened = openConsole({ signInUrl: '/login' })
  const { secret } = await opened.gate.keys.create({
    ...{ name: 'A', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
  })
  const { text } = await opened.send('/keys/new')
  const noted = { ...FIELDS, description: secret, stored_in: `in ${secret}.` }
  const pages = [
    await opened.post('/keys', text, noted),
    await opened.post('/keys', text, noted, { as: 'bob' }),
    await opened.post('/keys', text, noted, { as: '' }),
    await opened.send(`/people/${secret}`),
  ]
  expect(pages.map(({ status }) => status)).toEqual([422, 403, 401, 200])
  for (const query of [`by=${secret}`, `q=x+${secret}`]) {
    const { status, headers } = await opened.send(`/keys?${query}`)
    expect([status, headers['location']]).toEqual([303, `./keys?q=${secret.slice(-4)}`])
  }
  for (const text of [secret, secret.replaceAll('_', '%5F')]) {
    const { headers } = await opened.send(`/keys?q=${text}`, { as: '', mount: '/portal' })
    expect(headers['location']).toBe('/login?return_to=%2Fportal%2F')
  }
  for (const page of pages) {
    expect(page.text).not.toContain(secret)
    expect(page.text).toContain('[a key was here]')
  }
})
