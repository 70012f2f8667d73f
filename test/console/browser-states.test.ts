import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import Koa from 'koa'
import mount from 'koa-mount'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { createConsole } from 'sallyport/console'
import { mountConsole } from 'sallyport/koa'
import { dose, firstOf } from '../dose.js'
import { faultsOf } from './browser-checks.js'
import { CHROMIUM, hasChromium, openBrowser } from './browser.js'
import { createDemo, personOf, serve, type Demo } from './demo.js'

// A browser on a machine that is busy.
jest.setTimeout(400_000)

/** Skipped visibly where there is no browser. */
const inBrowser = hasChromium ? describe : describe.skip

type Shown = (tab: Page) => Promise<unknown>

/** A state of a page: who sees it, the page, and what is done there. */
type State = readonly [name: string, person: string, path: string, act?: Shown]

const SUBMIT = 'main form[method=post] button[type=submit]'
const submit: Shown = (tab) => tab.click(SUBMIT)
/** The form as nobody fills it in. */
const spoilt =
  (how: string): Shown =>
  async (tab) => {
    await tab.evaluate(`{ const form = document.querySelector('main form[method=post]'); ${how} }`)
    await submit(tab)
  }

inBrowser(`every page and state on Koa, in Chromium (${CHROMIUM})`, () => {
  let demo: Demo
  let browser: Browser
  let served: Awaited<ReturnType<typeof serve>>
  /** Whether the second step was taken. */
  let isPassed = true
  let forms = 0

  beforeAll(async () => {
    demo = await createDemo()
    const portal = createConsole(demo.gate, {
      ...demo.options,
      stepUp: () => isPassed || { location: '/confirm' },
      user: ({ headers }) => {
        if (String(headers['cookie']).includes('person=away')) throw new Error('away')
        return personOf(headers)
      },
    })
    const app = new Koa().use(mount('/portal', mountConsole(portal) as never))
    served = await serve(app.callback())
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    served.server.close()
    await demo.close()
  })

  const makeKey = async (ownerId = 'acme', name = `State ${String(forms++)}`) =>
    demo.gate.keys.create({ name, ownerId, environment: 'live', scopes: ['read:orders'] })

  const fillIn: Shown = async (tab) => {
    await tab.fill('#f-name', `State ${String(forms++)}`)
    await tab.check('input[name=environment][value=live]')
    await tab.check('input[name=scopes][value="read:orders"]')
  }
  const fillAndSubmit: Shown = async (tab) => {
    await fillIn(tab)
    await submit(tab)
  }

  /** All pages, as they are opened. */
  async function pages(): Promise<readonly State[]> {
    const { items } = await demo.gate.keys.list({ ownerId: 'acme' })
    const idOf = (name: string, isOld = false) =>
      items.find((key) => key.name === name && (key.rotatedTo !== undefined) === isOld)?.id ?? ''
    const [billing, shop, old] = [idOf('Billing server'), idOf('Web shop'), idOf('Web shop', true)]
    const [paused, revoked] = [idOf('Partner sync'), idOf('Notebook of Tom')]
    const at = 'people/ann%40acme.example'
    const ofAnn = [
      ...['', 'keys', 'keys?state=revoked', 'keys?q=nothing-like-it', 'keys?due=now', 'keys/new'],
      ...['keys/new?preset=read', 'reminders', 'usage', 'usage?days=365', 'access', 'docs'],
      ...['usage?environment=sandbox&days=7', 'audit', 'audit?ids=shown', 'audit?outcome=denied'],
      ...['review', 'review?to=2029-01-07', 'reviews', at, `${at}/revoke`, 'people/nobody'],
      ...['', '/edit', '/rotate', '/pause', '/revoke'].map((end) => `keys/${billing}${end}`),
      ...[`keys/${shop}`, `keys/${shop}/revoke`, `keys/${old}`, `keys/${old}/revoke`],
      ...[`keys/${shop}/rotate`, `keys/${old}/rotate`, `keys/${revoked}`, `keys/${revoked}/edit`],
      ...[`keys/${paused}`, `keys/${paused}/resume`, 'nothing', 'keys/key_other', 'requests'],
    ].map((path): State => [path, 'ann', path])
    const ofOthers = (['kim', 'bob', 'new', 'lee'] as const).flatMap((person) =>
      ['', 'keys', 'keys/new', 'access', 'audit', 'usage', 'requests'].map((path): State => [
        `${person}: ${path}`,
        person,
        path,
      ]),
    )
    return [
      ...ofAnn,
      ...ofOthers,
      ['a request', 'lee', `requests/${demo.request}`],
      ['401', '', 'keys'],
      ['503', 'away', 'keys?state=active'],
    ]
  }

  /** What comes of forms. */
  async function answers(): Promise<readonly State[]> {
    const [used, plain] = [await makeKey(), await makeKey()]
    await demo.gate.verify(used.secret, '198.51.100.7')
    await demo.gate.keys.usage(used.id)
    const at = (id: string, end: string) => `keys/${id}/${end}`
    const spoiltEdit = (how: string) => spoilt(`form.elements.name.value = 'Other'; ${how}`)
    return [
      ['422 of a new key', 'ann', 'keys/new', submit],
      [
        '422 of an edit',
        'ann',
        at(used.id, 'edit'),
        spoilt(`form.noValidate = true; form.elements.name.value = ''`),
      ],
      ['422 of a revocation', 'ann', at(used.id, 'revoke'), spoilt('form.noValidate = true')],
      ['422 of access', 'kim', 'access', spoilt('form.noValidate = true')],
      [
        '422 of an approval',
        'lee',
        `requests/${demo.request}`,
        spoilt(
          `form.noValidate = true; for (const box of form.querySelectorAll('[name=environments]')) box.checked = false`,
        ),
      ],
      ['400', 'ann', at(used.id, 'edit'), spoiltEdit(`form.elements.name.name = 'other'`)],
      ['403', 'ann', at(used.id, 'edit'), spoiltEdit(`form.elements.form_token.value = 'x'`)],
      [
        '403 of a new key, with what was typed',
        'ann',
        'keys/new',
        async (tab) => {
          await fillIn(tab)
          await tab.context().addCookies([{ name: 'person', value: 'ann.7', url: served.origin }])
          await submit(tab)
        },
      ],
      [
        '401, with what was typed',
        'ann',
        'keys/new',
        async (tab) => {
          await fillIn(tab)
          await tab.context().clearCookies()
          await submit(tab)
        },
      ],
      ['405', 'ann', at(used.id, 'edit'), spoilt(`form.action = '../../audit'`)],
      [
        '413',
        'ann',
        at(used.id, 'edit'),
        spoilt(`form.elements.description.value = 'd'.repeat(70000)`),
      ],
      ['415', 'ann', at(used.id, 'edit'), spoilt(`form.enctype = 'text/plain'`)],
      ['the secret', 'ann', 'keys/new', fillAndSubmit],
      [
        '409',
        'ann',
        'keys/new',
        async (tab) => {
          await fillAndSubmit(tab)
          await tab.waitForSelector('#secret')
          await tab.reload()
        },
      ],
      [
        'the second step',
        'ann',
        'keys/new',
        async (tab) => {
          await fillIn(tab)
          isPassed = false
          await submit(tab)
          await tab.waitForSelector('h1:text-is("Confirm that it is you")')
          isPassed = true
        },
      ],
      ['what a pause has done', 'ann', at(plain.id, 'pause'), submit],
      ['what a resumption has done', 'ann', at(plain.id, 'resume'), submit],
      ['the secret of a successor', 'ann', at(plain.id, 'rotate'), submit],
      ['what a revocation has done', 'ann', at((await makeKey()).id, 'revoke'), submit],
      [
        'reminders that are on',
        'ann',
        'reminders',
        async (tab) => {
          await tab.check('input[name=days] >> nth=0')
          await submit(tab)
        },
      ],
      ['a signed review', 'ann', 'review', submit],
      ['429', 'new', 'keys/new', tooMany],
    ]
  }

  const tooMany: Shown = async (tab) => {
    for (let sent = 0; sent < 61; sent++) {
      const headers = { 'sec-fetch-site': 'same-origin' }
      await tab.context().request.post(`${served.origin}/portal/reminders`, { form: {}, headers })
    }
    await submit(tab)
    expect(await tab.textContent('h1')).toBe('Too many forms')
  }

  const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
    ['at 320 pixels in dark', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
    ['in light', { colorScheme: 'light' }],
    ['in dark', { colorScheme: 'dark' }],
    ['at 320 pixels', { viewport: { width: 320, height: 640 } }],
    ['at 200 %', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
    ['with more contrast and less motion', { contrast: 'more', reducedMotion: 'reduce' }],
  ]
  test.each(LOOKS.slice(0, dose(1, 6)))(
    'nothing is wrong, %s: axe, targets, headings, what scrolls, and what is inline',
    async (_, look) => {
      const context = await browser.newContext(look)
      const tab = await context.newPage()
      const asked: string[] = []
      context.on('request', (request) => asked.push(request.url()))
      let status = 0
      tab.on('response', (response) => {
        if (response.request().isNavigationRequest()) status = response.status()
      })
      const told: string[] = []
      tab.on('console', (message) => told.push(message.text()))
      tab.on('pageerror', (error) => told.push(String(error)))
      const titles = new Map<string, string>()
      for (const [name, person, path, act] of [
        ...firstOf(8, await pages()),
        ...firstOf(10, await answers()),
      ]) {
        await context.clearCookies()
        if (person !== '')
          await context.addCookies([{ name: 'person', value: person, url: served.origin }])
        await tab.goto(`${served.origin}/portal/${path}`)
        if (act !== undefined) {
          await act(tab)
          await tab.waitForLoadState()
          await tab.waitForSelector(':focus')
        }
        const [code = String(status)] = /^\d{3}/.exec(name) ?? []
        expect([name, status]).toEqual([name, Number(code)])
        expect([name, await faultsOf(tab)]).toEqual([name, []])
        titles.set(name, await tab.title())
      }
      expect(titles.get('keys')).not.toBe(titles.get('audit'))
      expect(told.filter((text) => !/status of \d+/.test(text))).toEqual([])
      expect(asked.filter((url) => !url.startsWith(served.origin))).toEqual([])
      await context.close()
      demo.clock.advance('2m')
    },
  )

  test('less motion and more contrast are kept, and the open navigation has no fault', async () => {
    const LOOK = `(() => {
      const tokens = getComputedStyle(document.documentElement)
      const isMoved = [...document.querySelectorAll('*')].some((one) => !/^0s(, 0s)*$/.test(getComputedStyle(one).transitionDuration) || getComputedStyle(one).animationName !== 'none')
      const [line, edge, quiet, ink] = ['line', 'edge', 'quiet', 'ink'].map((name) => tokens.getPropertyValue('--' + name))
      return { isMoved, isStrong: line === edge && quiet === ink }
    })()`
    const seen: unknown[] = []
    for (const look of [{}, { contrast: 'more', reducedMotion: 'reduce' }] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const viewport = { width: 320, height: 640 }
        const context = await browser.newContext({ ...look, colorScheme, viewport })
        await context.addCookies([{ name: 'person', value: 'ann', url: served.origin }])
        const tab = await context.newPage()
        await tab.goto(`${served.origin}/portal/keys/new`)
        seen.push(await tab.evaluate(LOOK))
        await tab.emulateMedia({ reducedMotion: 'reduce' })
        await tab.click('button >> text=Menu')
        expect(await faultsOf(tab)).toEqual([])
        await context.close()
      }
    }
    const [usual, kept] = [
      { isMoved: true, isStrong: false },
      { isMoved: false, isStrong: true },
    ]
    expect(seen).toEqual([usual, usual, kept, kept])
  })

  test('control: each fault is found', async () => {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 } })
    await context.addCookies([{ name: 'person', value: 'ann', url: served.origin }])
    const tab = await context.newPage()
    await tab.goto(`${served.origin}/portal/keys`)
    expect(await faultsOf(tab)).toEqual([])
    await tab.evaluate(`{
      const main = document.querySelector('main')
      const add = (tag, more) => main.appendChild(Object.assign(document.createElement(tag), more))
      const sheet = new CSSStyleSheet()
      sheet.replaceSync('.a{width:100px;overflow-x:auto;white-space:nowrap}.b{width:20px;height:20px;padding:0}.c{width:900px}.d{text-decoration:none}')
      document.adoptedStyleSheets = [sheet]
      add('div', { className: 'a', textContent: 'wide '.repeat(50) })
      add('button', { className: 'b', ariaLabel: 'small' })
      add('div', { className: 'c', textContent: 'wide' })
      add('p', { textContent: 'Go on ' }).append(Object.assign(document.createElement('a'), { href: './x', className: 'd', textContent: 'there' }))
      add('span', { className: 'tag bad' })
      add('h1', { textContent: 'Second' })
      add('img', { src: './x' })
      document.title = 'Other'
      document.documentElement.lang = ''
    }`)
    const found = (await faultsOf(tab)).map((fault) => fault.split(/[ :]/)[0])
    for (const fault of ['html-has-lang', 'image-alt', 'wider', 'scrolls', 'small', 'no', 'title'])
      expect(found).toContain(fault)
    expect((await faultsOf(tab)).filter((fault) => fault.startsWith('no '))).toHaveLength(3)
    await context.close()
  })
})
