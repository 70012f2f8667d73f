import { describe, expect, jest, test } from '@jest/globals'
import { createMemoryReviewStore } from 'sallyport/console'
import { ANN, openConsole, SAFE_HEADERS } from './harness.js'

const PAGES = ['/', '/keys', '/keys/new', '/docs', '/audit']

describe('without a session', () => {
  const spellings = [
    ...['/keys', '/keys/', '//keys', '/KEYS', '/k%65ys', '/./keys', '/a/../keys', '/keys?x=1'],
    ...['/', '/keys/new', '/nothing', '/assets', '/assets/', '/assets/../keys'],
  ]

  test.each(spellings)('%s leads to the sign-in, and shows nothing', async (path) => {
    const { send } = openConsole({ signInUrl: '/login' })
    for (const method of ['GET', 'HEAD', 'POST']) {
      const { status, headers, text } = await send(path, { as: '', method })
      expect([status, text]).toEqual([303, ''])
      expect(headers['location']).toMatch(/^\/login(\?return_to=%2F[^%/\\]|\?return_to=%2F$|$)/)
    }
  })

  test('the page that was asked for is named, with what was chosen there', async () => {
    const { send } = openConsole({ signInUrl: '/login?x=1' })
    const { headers } = await send('/keys?state=active', { as: '', mount: '/portal' })
    expect(headers['location']).toBe('/login?x=1&return_to=%2Fportal%2Fkeys%3Fstate%3Dactive')
  })

  const chosen = '/keys?environment=live&state=active&due=0s&sort=oldest'
  test.each([
    ['/keys?q=Billing&state=active', '/keys?state=active'],
    ['/keys?by=ann&unused=30d&cursor=abc', '/keys?unused=30d'],
    ['/keys?Q=Billing&other=x', '/keys'],
    ['/audit?key=key_1&person=ann&phi=Patient&ids=shown', '/audit?ids=shown'],
    [chosen, chosen],
  ])('of %s, what was typed stays here: %s', async (path, back) => {
    const { send } = openConsole({ signInUrl: 'https://id.example/login' })
    const { headers } = await send(path, { as: '' })
    const location = `https://id.example/login?return_to=${encodeURIComponent(back)}`
    expect(headers['location']).toBe(location)
  })

  test.each([
    ['is whole', (secret: string) => secret],
    ['lacks its last character', (secret: string) => secret.slice(0, -1)],
    ['lacks its checksum', (secret: string) => secret.slice(0, -6)],
    ['lacks its first character', (secret: string) => secret.slice(1)],
    ['lacks its prefix', (secret: string) => secret.slice(secret.lastIndexOf('_') + 1)],
  ])('a secret that %s is not handed to the sign-in', async (_what, piece) => {
    const { send, gate } = openConsole({ signInUrl: 'https://id.example/login' })
    const { secret } = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
    const paths = [
      ...['keys?q=', 'keys?state=active&q=in+', 'keys?by=', 'audit?person=', 'audit?key='],
      ...['keys?environment=', 'keys?state=', 'audit?reason=', 'usage?days=', 'audit?from='],
    ]
    for (const path of paths) {
      const { status, headers } = await send(`/${path}${piece(secret)}`, { as: '' })
      const back = path.startsWith('keys?state=active')
        ? '/keys?state=active'
        : `/${path.split('?')[0] ?? ''}`
      const location = `https://id.example/login?return_to=${encodeURIComponent(back)}`
      expect([status, headers['location']]).toEqual([303, location])
    }
  })

  test.each([
    ['is whole', (secret: string) => secret],
    ['lacks its last character', (secret: string) => secret.slice(0, -1)],
    ['is cut after its environment', (secret: string) => secret.slice(0, 10)],
    ['lacks its first character', (secret: string) => secret.slice(1)],
    ['lacks its prefix', (secret: string) => secret.slice(secret.lastIndexOf('_') + 1)],
    ['has a letter in percent', (secret: string) => `%61${secret.slice(1)}`],
    ['stands behind a blank', (secret: string) => `%20${secret.slice(0, -2)}`],
  ])('nor is one in the path that %s', async (_what, piece) => {
    const { send, gate } = openConsole({
      ...{ signInUrl: 'https://id.example/login', reviews: createMemoryReviewStore() },
    })
    const { secret } = await gate.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
    const paths = [
      ...['/people/*', '/people/*/revoke', '/*', '/keys/new/*', '/docs/*', '/assets/*'],
      ...['/keys/*', '/keys/*/rotate', '/reviews/*'],
    ]
    for (const path of paths) {
      for (const method of ['GET', 'POST']) {
        const at = path.replace('*', piece(secret))
        const answer = await send(`${at}?state=active`, { as: '', method, mount: '/portal' })
        const told = answer.headers['location'] ?? ''
        const [, above = ''] = /^\/(keys|reviews)\/\*/.exec(path) ?? []
        // Another spelling of an address is no page.
        const section = at.includes('%61') ? '' : above
        const back = encodeURIComponent(`/portal/${section}`)
        const to = `https://id.example/login?return_to=${back}`
        const said = method === 'GET' ? told : `${told}${answer.text}`
        expect([at, method, said]).toEqual([at, method, expect.stringContaining(to)])
        expect(said).not.toContain(secret.slice(-8, -2))
        expect(said).not.toContain('acme')
      }
    }
  })

  test.each([
    ['/keys/key_A1b2', '/keys/key_A1b2'],
    ['/keys/key_A1b2/rotate', '/keys/key_A1b2/rotate'],
    ['/keys/key_live_sk_A1b2', '/keys'],
    ['/people/ann', '/'],
    ['/nothing', '/'],
  ])('of the path %s, the person comes back to %s', async (path, back) => {
    const { send } = openConsole({ signInUrl: '/login' })
    const { headers } = await send(path, { as: '' })
    expect(headers['location']).toBe(`/login?return_to=${encodeURIComponent(back)}`)
  })

  test.each(['//evil.example', '/\\evil.example'])(
    '%s is no page to come back to, and none of its pages is',
    async (host) => {
      const { send } = openConsole({ signInUrl: '/login' })
      const { headers } = await send('/keys', { as: '', mount: host })
      expect(headers['location']).toBe('/login')
      const other = await send(host, { as: '' })
      expect(other.headers['location']).toBe('/login?return_to=%2F')
    },
  )

  test('an absolute target is cut to its path', async () => {
    const { send } = openConsole({ signInUrl: '/login' })
    const { headers } = await send('/keys', { as: '', mount: 'https://evil.example' })
    expect(headers['location']).toBe('/login?return_to=%2Fkeys')
  })

  test.each([
    ['/keys', '/portal/keys/new'],
    ['/reviews', '/portal/review'],
    ['/reminders', '/portal/reminders'],
    ['/keys/key_1/revoke', '/portal/keys/key_1/revoke'],
    ['/keys/key_1/end', '/portal/keys/key_1/end'],
  ])('a form that was sent to %s comes back to its page', async (path, page) => {
    const { send } = openConsole({ signInUrl: '/login' })
    const sent = { as: '', method: 'POST', form: [], mount: '/portal' }
    const { status, headers } = await send(path, sent)
    const back = encodeURIComponent(page)
    expect([status, headers['location']]).toEqual([303, `/login?return_to=${back}`])
    expect((await send(page.slice('/portal'.length))).status).not.toBe(405)
  })

  test('is 401 where there is no sign-in', async () => {
    const { status, text } = await openConsole().send('/keys', { as: '' })
    expect(status).toBe(401)
    expect(text).toContain('You are not signed in')
    expect(text).not.toContain('Overview</a>')
  })

  test('a form is not sent on to another site, which its policy forbids', async () => {
    const { send } = openConsole({ signInUrl: 'https://id.example/login' })
    expect((await send('/keys', { as: '' })).status).toBe(303)
    const { status, text } = await send('/keys', { as: '', method: 'POST', form: [] })
    expect(status).toBe(401)
    expect(text).toContain('href="https://id.example/login?return_to=%2Fkeys%2Fnew"')
  })

  test('assets are served, and hold nothing of anybody', async () => {
    const { send } = openConsole()
    const { text } = await send('/')
    const found = [...text.matchAll(/(?:href|src)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => path)
    expect(found).toHaveLength(3)
    for (const path of found) {
      const { status, headers, text: asset } = await send(`/${path ?? ''}`, { as: '' })
      expect([status, headers['cache-control']]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ])
      expect(asset).not.toMatch(/org_1|ann/)
    }
    expect((await send('/assets/other.js')).status).toBe(404)
  })
})

describe('a user that cannot be told', () => {
  test.each([
    ['throws', () => Promise.reject(new Error('sessions are away'))],
    ['is no object', () => 'ann' as never],
    ['has no session', () => ({ ...ANN, sessionId: '' })],
    ['has scopes that are no list', () => ({ ...ANN, scopes: 'all' as never })],
  ])('%s: 503, not signed out', async (_, user) => {
    const { send, errors } = openConsole({ user, signInUrl: '/login' })
    const { status, text } = await send('/keys')
    expect(status).toBe(503)
    expect(text).toContain('Temporarily unavailable')
    expect(text).toContain('href="./keys">Try again</a>')
    expect(errors).toHaveLength(1)
  })

  test.each([
    ['/keys/new?preset=read', '../keys/new?preset=read'],
    ['/audit?outcome=denied&q=a%22b', './audit?outcome=denied&amp;q=a%22b'],
    ['/', './'],
    ['//evil.example/x', '../../'],
  ])('%s is tried again at %s', async (path, href) => {
    const { send } = openConsole({ user: () => Promise.reject(new Error('away')) })
    const { text } = await send(path)
    expect(text).toContain(`href="${href}">Try again</a>`)
  })

  test('a form is tried again on its page', async () => {
    const { send } = openConsole({ user: () => Promise.reject(new Error('away')) })
    const { status, text } = await send('/keys', { method: 'POST', form: [] })
    expect([status, text.includes('href="./keys/new">Try again</a>')]).toEqual([503, true])
  })
})

test('a user of which nothing is heard for 5 seconds is 503', async () => {
  jest.useFakeTimers()
  try {
    const { send, errors } = openConsole({ user: () => new Promise(() => undefined) })
    const sent = send('/keys')
    await jest.advanceTimersByTimeAsync(5_000)
    expect((await sent).status).toBe(503)
    expect(errors).toEqual([
      expect.objectContaining({
        message: "'user' of the console did not answer within 5000 ms.",
      }),
    ])
  } finally {
    jest.useRealTimers()
  }
})

describe('the mount', () => {
  test.each([
    ['/portal', './portal/'],
    ['/portal?a=1&b=%2F', './portal/?a=1&b=%2F'],
    ['/a/b/portal?x', './portal/?x'],
  ])('%s without its slash is 308 to %s', async (url, location) => {
    const { portal } = openConsole()
    const { gateRequestOf } = await import('sallyport')
    const request = gateRequestOf({ method: 'GET', url, headers: {}, socket: { encrypted: true } })
    const target = `/${url.includes('?') ? url.slice(url.indexOf('?')) : ''}`
    const answer = await portal({
      request,
      target,
      parsed: undefined,
      stream: (async function* () {})(),
    })
    expect([answer.status, answer.headers['location']]).toEqual([308, location])
  })

  test('is found by relative addresses alone', async () => {
    const { send } = openConsole()
    for (const path of [...PAGES, '/keys/unknown', '/a/b/c']) {
      const { text } = await send(path, { mount: '/deep/portal' })
      const depth = path.split('/').length - 2
      const root = depth === 0 ? './' : '../'.repeat(depth)
      for (const [, address = ''] of text.matchAll(/(?:href|src|action)="([^"]*)"/g)) {
        expect(address).toMatch(
          address.startsWith('#') ? /^#main$/ : new RegExp(`^${root.replaceAll('.', '[.]')}|^[?]`),
        )
      }
    }
  })
})

describe('each page', () => {
  test.each([
    ['/keys/key_other', 'ann', '../keys', 'Go to: Keys'],
    ['/keys/key_other/rotate', 'ann', '../../keys', 'Go to: Keys'],
    ['/keys/key_other', 'nobody', '../', 'Go to the overview'],
    ['/audit', 'viewer', './', 'Go to the overview'],
    ['/nothing', 'ann', './', 'Go to the overview'],
  ])(
    '%s of %s that is not there leads back, and has the request id in sight',
    async (path, as, to, words) => {
      const { text, headers } = await openConsole().send(path, { as })
      expect(text).toContain(`<a class="btn main" href="${to}">${words}</a>`)
      expect(text.replace(/\s+/g, ' ')).toContain(
        `give this request id: <code>${String(headers['x-request-id'])}</code>`,
      )
    },
  )

  test('a form that is no longer valid leads to its page', async () => {
    const { text } = await openConsole().send('/keys', { method: 'POST', form: '' })
    expect(text).toContain('href="./keys/new">Open the form again</a>')
  })

  test.each([...PAGES, '/nothing'])('%s has the headers, a title and one heading', async (path) => {
    const { status, headers, text } = await openConsole().send(path)
    expect(status).toBe(path === '/nothing' ? 404 : 200)
    expect(headers).toMatchObject({
      ...SAFE_HEADERS,
      'x-request-id': expect.stringMatching(/^req_/),
      'content-type': 'text/html; charset=utf-8',
    })
    expect(text).toContain(headers['x-request-id'])
    expect(text.match(/<h1/g)).toHaveLength(1)
    expect(text).toMatch(/<html lang="en">/)
    expect(text).not.toMatch(/ style=| on[a-z]+=|javascript:|<style|<script(?! type="module" src=)/)
    expect(headers).not.toHaveProperty('set-cookie')
  })

  test('has no body for HEAD', async () => {
    const { send } = openConsole()
    const [whole, head] = [await send('/keys'), await send('/keys', { method: 'HEAD' })]
    expect([head.status, head.text]).toEqual([200, ''])
    expect(whole.text.length).toBeGreaterThan(1_000)
  })

  test('another method is 405 with Allow', async () => {
    const { status, headers } = await openConsole().send('/keys', { method: 'DELETE' })
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD, POST'])
  })

  test('plain HTTP is refused', async () => {
    const { portal } = openConsole()
    const { gateRequestOf } = await import('sallyport')
    const socket = { remoteAddress: '203.0.113.7', encrypted: false }
    const request = gateRequestOf({ method: 'GET', url: '/', headers: {}, socket })
    const answer = await portal({
      request,
      target: '/',
      parsed: undefined,
      stream: (async function* () {})(),
    })
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('HTTPS is required')
  })

  test('a role that is not known has no permissions', async () => {
    const { send } = openConsole()
    const { text } = await send('/', { as: 'nobody' })
    expect(text).not.toContain('href="./keys"')
    expect((await send('/keys', { as: 'nobody' })).status).toBe(403)
    expect((await send('/keys', { as: 'viewer' })).status).toBe(200)
  })
})
