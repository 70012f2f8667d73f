import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import express from 'express'
import helmet from 'helmet'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { createConsole } from 'sallyport/console'
import { mountConsole } from 'sallyport/express'
import { dose, firstOf, testInFull } from '../dose.js'
import { faultsOf } from './browser-checks.js'
import { CHROMIUM, hasChromium, openBrowser } from './browser.js'
import { createDemo, PEOPLE, serve, type Demo } from './demo.js'

// A browser on a machine that is busy.
jest.setTimeout(400_000)

/** Skipped visibly where there is no browser. */
const inBrowser = hasChromium ? describe : describe.skip

inBrowser(`in Chromium (${CHROMIUM})`, () => {
  let demo: Demo
  let browser: Browser
  let served: Awaited<ReturnType<typeof serve>>
  let proxy: { readonly server: Server; readonly origin: string }

  beforeAll(async () => {
    demo = await createDemo()
    const app = express().use(helmet({ strictTransportSecurity: false }))
    app.get('/login', (_req, res) => res.send('<h1>Sign in</h1>'))
    app.use(
      '/a/portal',
      mountConsole(createConsole(demo.gate, { ...demo.options, signInUrl: '/login' })),
    )
    served = await serve(app as never)
    proxy = await servePrefix('/outside/console', `${served.origin}/a/portal`)
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    served.server.close()
    proxy.server.close()
    await demo.close()
  })

  const idOf = async (name: string) =>
    (await demo.gate.keys.list({ ownerId: 'acme' })).items.find(
      (key) => key.name === name && key.rotatedTo === undefined,
    )?.id ?? ''

  /** A tab of Ann, and what its console and its network have told. */
  async function open(options: BrowserContextOptions = {}, person = 'ann') {
    const context = await browser.newContext(options)
    await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => undefined)
    await context.addCookies([
      { name: 'person', value: person, url: served.origin },
      { name: 'person', value: person, url: proxy.origin },
    ])
    const tab = await context.newPage()
    const told: string[] = []
    const asked: string[] = []
    context.on('request', (request) => asked.push(request.url()))
    tab.on('console', (message) => told.push(message.text()))
    tab.on('pageerror', (error) => told.push(String(error)))
    return { context, tab, told, asked, [Symbol.asyncDispose]: () => context.close() }
  }
  const go = (tab: Page, path: string) => tab.goto(`${served.origin}/a/portal/${path}`)
  const focused = (tab: Page) =>
    tab.evaluate('document.activeElement?.tagName + "#" + document.activeElement?.id')

  /** Fills in the form of a new key. */
  async function fillIn(tab: Page, name: string) {
    await go(tab, 'keys/new')
    await tab.fill('#f-name', name)
    await tab.check('input[name=environment][value=live]')
    await tab.check('input[name=scopes][value="read:orders"]')
  }

  /** All of them, or those that have everything on them that is on any. */
  async function pages(): Promise<string[]> {
    const [billing, web] = [await idOf('Billing server'), await idOf('Web shop')]
    if (dose(true, false)) {
      return ['', 'keys', 'keys/new', `keys/${billing}`, 'audit', 'usage', 'reminders', 'review']
    }
    return [
      ...[
        '',
        'docs',
        'audit',
        'usage',
        'reminders',
        'review',
        'reviews',
        'review?to=2029-01-07',
        'usage?days=365',
        'usage?environment=sandbox&days=7',
        'keys',
        'keys?state=revoked',
        'keys?state=expired',
        'keys/new',
        'nothing',
      ],
      ...[`keys/${billing}`, `keys/${web}`, `keys/${billing}/rotate`, `keys/${billing}/revoke`],
      ...[`keys/${billing}/pause`, `keys/${billing}/edit`, 'access'],
      ...[`keys/${await idOf('Partner sync')}/resume`, 'keys/new?preset=read'],
      ...['people/ann%40acme.example', 'people/ann%40acme.example/revoke', 'people/nobody'],
    ]
  }

  /** Pages that others than Ann see. */
  const ofOthers = () =>
    [
      ['kim', 'access'],
      ['kim', 'keys/new'],
      ['lee', ''],
      ['lee', 'requests'],
      ['lee', `requests/${demo.request}`],
    ] as const

  async function be({ context }: Awaited<ReturnType<typeof open>>, person: string): Promise<void> {
    await context.addCookies([{ name: 'person', value: person, url: served.origin }])
  }

  const LOOKS = [
    ['in light', { colorScheme: 'light' }],
    ['in dark', { colorScheme: 'dark' }],
    ['at 320 pixels', { viewport: { width: 320, height: 640 } }],
    ['at 320 pixels in dark', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
    ['with more contrast', { contrast: 'more', reducedMotion: 'reduce' }],
  ] as const
  test.each(LOOKS.slice(dose(3, 0), dose(4, 5)))(
    'axe finds nothing on any page, %s; the console stays empty, and nothing widens the page',
    async (_, options) => {
      await using opened = await open(options)
      const { tab, told, asked } = opened
      for (const path of await pages()) {
        await go(tab, path)
        await expectAccessible(tab, path)
      }
      for (const [person, path] of ofOthers()) {
        await be(opened, person)
        await go(tab, path)
        await expectAccessible(tab, path)
      }
      await be(opened, 'ann')
      await go(tab, 'keys/new')
      await tab.click('button[type=submit]')
      await expectAccessible(tab, 'mistakes')
      await fillIn(tab, 'For axe')
      await tab.click('button[type=submit]')
      await expectAccessible(tab, 'the secret')
      await tab.click('text=I have stored it')
      await tab.click('main >> text=Pause')
      await tab.click('text=Pause key')
      await tab.waitForSelector('#done')
      await expectAccessible(tab, 'what a form has done')
      await go(tab, 'review')
      await tab.click('text=Sign review')
      await tab.waitForURL('**/reviews/*')
      await expectAccessible(tab, 'a signed review')
      expect(told.filter((text) => !/status of (404|409|422)/.test(text))).toEqual([])
      expect(asked.filter((url) => !url.startsWith(served.origin))).toEqual([])
    },
  )

  async function expectAccessible(tab: Page, path: string) {
    expect([path, await faultsOf(tab)]).toEqual([path, []])
  }

  /** On the page that is shown, whichever the browser has gone to. */
  async function expectGone(tab: Page, secret: string) {
    await tab.waitForLoadState()
    const text = await tab.evaluate<string>('document.documentElement.outerHTML').catch(() => '')
    expect(text).not.toContain(secret)
  }

  test('the secret is copied exactly, said to be, and gone after it', async () => {
    await using opened = await open()
    const { tab } = opened
    await fillIn(tab, 'Copied')
    await tab.click('button[type=submit]')
    const secret = (await tab.textContent('#secret')) ?? ''
    expect(secret).toMatch(/^acme_live_sk_/)
    await tab.click('[data-copy=secret]')
    await tab.waitForFunction(
      `document.querySelector('[role=status]').textContent === 'Copied the key.'`,
    )
    expect(await tab.evaluate('navigator.clipboard.readText()')).toBe(secret)
    expect(await tab.title()).not.toContain(secret)
    expect(tab.url()).not.toContain(secret)
    expect(
      await tab.evaluate(
        'JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }, document.cookie])',
      ),
    ).not.toContain(secret)
    await tab.click('text=I have stored it')
    // The browser would have to send the form again, and does not do that by itself.
    await tab.goBack().catch(() => undefined)
    await expectGone(tab, secret)
    await tab.goForward().catch(() => undefined)
    await expectGone(tab, secret)
    await tab.reload().catch(() => undefined)
    await expectGone(tab, secret)
  })

  test('a reload, a double click and a second tab make no second key', async () => {
    await using opened = await open()
    const { tab, context } = opened
    await fillIn(tab, 'Only one')
    await tab.dblclick('button[type=submit]')
    await tab.waitForSelector('#secret')
    await tab.reload()
    expect(await tab.textContent('h1')).toBe('This form was sent before')
    await tab.click('text=Go to the key that it made')
    expect(await tab.textContent('h1')).toBe('Only one')
    const second = await context.newPage()
    await fillIn(second, 'In a second tab')
    await fillIn(tab, 'In the first tab')
    await Promise.all([second.click('button[type=submit]'), tab.click('button[type=submit]')])
    await Promise.all([second.waitForSelector('#secret'), tab.waitForSelector('#secret')])
    const { items } = await demo.gate.keys.list({ ownerId: 'acme' })
    expect(items.filter(({ name }) => name === 'Only one')).toHaveLength(1)
  })

  test('a session that ended in a form changes nothing, leads to the sign-in, and keeps what was typed', async () => {
    await using opened = await open()
    const { tab, context } = opened
    const made = async () =>
      (await demo.gate.keys.list({ ownerId: 'acme', search: 'Too late' })).items.length
    await fillIn(tab, 'Too late')
    await context.clearCookies()
    await tab.click('button[type=submit]')
    expect(await tab.textContent('h1')).toBe('You are not signed in any more')
    expect([await tab.textContent('dl'), await made()]).toEqual([
      expect.stringContaining('Too late'),
      0,
    ])
    await expectAccessible(tab, 'a form that is kept')
    const [login] = await Promise.all([
      context.waitForEvent('page'),
      tab.click('text=Sign in in another tab'),
    ])
    await login.waitForLoadState()
    expect(login.url()).toBe(`${served.origin}/login?return_to=%2Fa%2Fportal%2Fkeys%2Fnew`)
    await be(opened, 'ann.2')
    await tab.click('button >> text=Send it again')
    expect(await tab.textContent('h1')).toBe('This form is no longer valid')
    expect(await made()).toBe(0)
    await tab.click('button >> text=Send it again')
    await tab.waitForSelector('#secret')
    expect(await made()).toBe(1)
  })

  const ways = [
    ['without script', { javaScriptEnabled: false }, () => `${served.origin}/a/portal/`],
    ['behind a proxy that strips a prefix', {}, () => `${proxy.origin}/outside/console/`],
  ] as const
  test.each(firstOf(1, ways))('everything works %s', async (_, options, start) => {
    await using opened = await open(options)
    const { tab, asked } = opened
    await tab.goto(start())
    await tab.click('text=New key')
    await tab.fill('#f-name', 'Plain')
    await tab.check('input[name=environment][value=sandbox]')
    await tab.click('button[type=submit]')
    await tab.click('text=Choose at least one scope')
    await tab.check('input[name=without_scopes]')
    await tab.click('button[type=submit]')
    const secret = (await tab.textContent('#secret')) ?? ''
    expect((await demo.gate.verify(secret)).allowed).toBe(true)
    if ('javaScriptEnabled' in options)
      expect(await tab.isVisible('[data-copy=secret]')).toBe(false)
    await tab.click('text=I have stored it')
    await tab.click('main >> text=Pause')
    await tab.click('text=Pause key')
    await tab.click('main >> text=Resume')
    await tab.click('button >> text=Resume key')
    await tab.click('main >> text=Rotate')
    await tab.click('text=Rotate key')
    await tab.click('text=I have stored it')
    await tab.click('text=Revoke the old one now')
    await tab.fill('#f-name', 'Plain')
    await tab.click('text=Revoke key')
    expect(await tab.textContent('.head .tag')).toBe('Revoked')
    await tab.click('nav a >> text=Keys')
    await tab.selectOption('select[name=state]', 'active')
    await tab.click('text=Apply')
    await tab.click('tbody a >> text=Plain')
    await tab.click('main >> text=Revoke')
    await tab.click('text=Revoke key')
    expect(await tab.textContent('.head .tag')).toBe('Revoked')
    await tab.click('nav a >> text=Keys')
    await tab.selectOption('select[name=state]', 'revoked')
    await tab.click('text=Apply')
    expect(await tab.textContent('table')).toContain('Plain')
    const below = start()
    expect(asked.filter((url) => !url.startsWith(below))).toEqual([])
  })

  test('everything is done with the keyboard alone, and the focus is seen', async () => {
    await using opened = await open()
    const { tab } = opened
    await go(tab, 'keys/new')
    expect(await focused(tab)).toBe('H1#')
    await tab.keyboard.press('Tab')
    expect(await focused(tab)).toBe('INPUT#f-name')
    await tab.keyboard.press('Enter')
    await tab.waitForSelector('.summary')
    expect(await tab.evaluate('document.activeElement.className')).toBe('summary')
    await tab.keyboard.press('Tab')
    await tab.keyboard.press('Enter')
    expect(await focused(tab)).toBe('INPUT#f-name')
    await tab.keyboard.type('By keyboard')
    for (let stops = 0; stops < 40; stops++) {
      await tab.keyboard.press('Tab')
      const seen = await tab.evaluate(`(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
        return [document.activeElement.name ?? '', document.activeElement.textContent, outlineStyle + outlineWidth]
      })()`)
      const [name, words, outline] = seen as [string, string, string]
      expect(outline).toBe('solid3px')
      if (name === 'environment') await tab.keyboard.press('Space')
      if (words === '' && name === 'scopes') await tab.keyboard.press('Space')
      if (words === 'Create key') break
    }
    await tab.keyboard.press('Enter')
    await tab.waitForSelector('#secret')
    expect(await focused(tab)).toBe('H1#')
  })

  testInFull('scopes that only read are chosen together, and what was typed is kept', async () => {
    await using opened = await open()
    const { tab } = opened
    await go(tab, 'keys/new')
    await tab.fill('#f-name', 'Reports')
    await tab.check('input[name=scopes][value="write:orders"]')
    await tab.click('text=Choose all that only read')
    expect(await tab.inputValue('#f-name')).toBe('Reports')
    const chosen = `[...document.querySelectorAll('input[name=scopes]:checked')].map(({ value }) => value)`
    expect(await tab.evaluate(chosen)).toEqual(['read:orders', 'read:invoices'])
    expect(await tab.textContent('[role=status]')).toBe('Chosen: read:orders, read:invoices.')
  })

  test('control: a page with an inline script tells its console so', async () => {
    await using opened = await open()
    const { tab, told } = opened
    await go(tab, 'keys')
    await tab.evaluate(
      `document.body.append(Object.assign(document.createElement('style'), { textContent: 'a{}' }))`,
    )
    await tab.waitForTimeout(50)
    expect(told.join()).toMatch(/Content Security Policy/)
    expect(PEOPLE['ann']).toBeDefined()
  })
})

/** A reverse proxy that cuts a prefix, and knows of nothing else. */
async function servePrefix(prefix: string, to: string) {
  const server = createServer((req, res) => {
    const { url = '', method, headers } = req
    if (!url.startsWith(`${prefix}/`)) {
      res.writeHead(404).end('outside of the prefix')
      return
    }
    const target = new URL(to + url.slice(prefix.length))
    const { connection: _connection, ...kept } = headers
    const onward = httpRequest(target, { method, headers: kept } as never, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    req.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` }
}
