import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { dose } from '../dose.js'
import { CHROMIUM, hasChromium, openBrowser } from './browser.js'
import { createDemo, demoApp, serve, type Demo } from './demo.js'

// A browser on a machine that is busy.
jest.setTimeout(240_000)

/** Skipped visibly where there is no browser. */
const inBrowser = hasChromium ? describe : describe.skip

const LONG_NAME = 'production-worker-of-the-invoicing-service-in-frankfurt-number-4'
const LONG_PERSON = 'maximiliana.von-hohenlohe-schillingsfuerst@engineering.acme.example'
const at = encodeURIComponent(LONG_PERSON)

inBrowser(`how pages look with long texts, in Chromium (${CHROMIUM})`, () => {
  let demo: Demo
  let browser: Browser
  let served: Awaited<ReturnType<typeof serve>>
  let key = ''

  beforeAll(async () => {
    demo = await createDemo()
    served = await serve(demoApp(demo))
    browser = await openBrowser()
    const person = demo.gate.as({
      ...{ subject: LONG_PERSON, ownerId: 'acme', scopes: ['read:orders', 'manage:webhooks'] },
    })
    const made = await person.keys.create({
      ...{ name: LONG_NAME, ownerId: 'acme', environment: 'live' },
      scopes: ['read:orders', 'manage:webhooks'],
    })
    key = made.id
    await demo.gate.verify(made.secret, '2001:db8:85a3:1111:2222:8a2e:370:7334')
  })
  afterAll(async () => {
    await browser.close()
    served.server.close()
    await demo.close()
  })

  async function open(width: number, person = 'ann') {
    const context = await browser.newContext({ viewport: { width, height: 800 } })
    await context.addCookies([{ name: 'person', value: person, url: served.origin }])
    const tab = await context.newPage()
    return { tab, [Symbol.asyncDispose]: () => context.close() }
  }
  const go = (tab: Page, path: string) => tab.goto(`${served.origin}/portal/${path}`)
  const pages = () => [
    ...['', 'keys', 'audit', 'audit?ids=shown', 'docs', 'access', 'usage', 'review', 'reminders'],
    ...[`keys/${key}`, `people/${at}`, `people/${at}/revoke`, 'nothing'],
  ]

  // 640 is a window of 1280 at 200 %.
  const WIDTHS = [320, 1024, 640, 768, 1600] as const
  test.each(WIDTHS.slice(0, dose(2, 5)))(
    'every column is seen and wide enough, and every button has one line, at %i pixels',
    async (width) => {
      await using opened = await open(width)
      for (const path of pages()) {
        await go(opened.tab, path)
        expect([path, await opened.tab.evaluate(LOOK)]).toEqual([
          path,
          { cut: [], squeezed: [], wrapped: [], uneven: [], crowded: [] },
        ])
      }
    },
  )

  test('control: a column that has no room of its own is found', async () => {
    await using opened = await open(1024)
    const { tab } = opened
    await go(tab, 'audit')
    await tab.evaluate(
      `for (const one of document.querySelectorAll('.much')) one.classList.add('h')
       const sheet = new CSSStyleSheet()
       sheet.replaceSync('.any.much.any.h{min-width:0}.any:not(.much){white-space:nowrap}table{min-width:2000px}')
       document.adoptedStyleSheets = [sheet]`,
    )
    const { cut } = await tab.evaluate<{ cut: unknown[] }>(LOOK)
    expect(cut).not.toEqual([])
  })

  test('an address of mail has one line where it fits, and ends a line where a part of it ends', async () => {
    await using opened = await open(1280)
    const { tab } = opened
    const ann = demo.gate.as({ subject: 'ann@acme.example', ownerId: 'acme', scopes: [] })
    await ann.keys.create({ name: 'Of Ann', ownerId: 'acme', environment: 'live' })
    for (const path of ['keys', 'audit?outcome=made']) {
      await go(tab, path)
      const link = tab.locator('td a', { hasText: 'ann@acme.example' }).first()
      expect((await link.boundingBox())?.height).toBeLessThan(32)
    }
    await go(tab, 'keys')
    const lines = await tab.evaluate<string[]>(`(${LINES})(${JSON.stringify(LONG_PERSON)})`)
    expect(lines.slice(0, -1).filter((line) => !/[@.-]$/.test(line))).toEqual([])
  })

  test('in a narrow window, the navigation has one line, and opens by a button, with keys or without script', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const context = await browser.newContext({
        ...{ viewport: { width: 320, height: 640 }, javaScriptEnabled },
      })
      await context.addCookies([{ name: 'person', value: 'ann', url: served.origin }])
      const tab = await context.newPage()
      await go(tab, 'keys')
      const menu = tab.getByRole('button', { name: 'Menu: Keys' })
      expect((await tab.locator('.main-nav').boundingBox())?.height).toBeLessThan(45)
      expect(await tab.locator('#nav').isVisible()).toBe(false)
      await menu.focus()
      await tab.keyboard.press('Enter')
      expect(await tab.locator('#nav').isVisible()).toBe(true)
      // It does not lie under the finger that has opened it.
      const [button, list] = [await menu.boundingBox(), await tab.locator('#nav').boundingBox()]
      expect(list?.y).toBeGreaterThanOrEqual((button?.y ?? 0) + (button?.height ?? 0) - 1)
      await tab.keyboard.press('Escape')
      expect(await tab.locator('#nav').isVisible()).toBe(false)
      await tab.keyboard.press('Enter')
      await tab.keyboard.press('Tab')
      await tab.keyboard.press('Tab')
      await tab.keyboard.press('Tab')
      await tab.keyboard.press('Enter')
      await tab.waitForSelector('h1:text-is("Reminders")')
      await context.close()
    }
  })

  test('a table is a stop of the keyboard while it can be moved, and always without script', async () => {
    await using opened = await open(1280)
    const { tab } = opened
    const stops = () => tab.locator('.scroll[tabindex="0"]').count()
    await go(tab, 'keys')
    await tab.waitForSelector('.scroll:not([tabindex])')
    await tab.evaluate(
      `const sheet = new CSSStyleSheet()
       sheet.replaceSync('.keys{min-width:3000px}')
       document.adoptedStyleSheets = [sheet]`,
    )
    await tab.waitForSelector('.scroll[tabindex="0"]')
    expect(await stops()).toBe(1)
    const context = await browser.newContext({ javaScriptEnabled: false })
    await context.addCookies([{ name: 'person', value: 'ann', url: served.origin }])
    const plain = await context.newPage()
    await go(plain, 'keys')
    expect(await plain.locator('.scroll[tabindex="0"]').count()).toBe(1)
    await context.close()
  })

  test('in a narrow window, filters have a line each, and rows stand below them', async () => {
    await using opened = await open(320)
    await go(opened.tab, 'keys?state=active')
    const lefts = `[...document.querySelectorAll('.fold > summary, .filters > .field, .keys th[scope=row] a')].map((one) => Math.round(one.getBoundingClientRect().left + (one.tagName === 'SUMMARY' ? 16 : 0)))`
    expect(new Set(await opened.tab.evaluate<number[]>(lefts)).size).toBe(1)
  })
})

/** What somebody who looks at a page would find: tables that go on beyond their region, columns of few letters, buttons with two lines, words beside the middle of theirs, and headings that lie upon what they head. */
const LOOK = `(() => {
  const isShown = (one) => one.getClientRects().length > 0
  const shown = (selector) => [...document.querySelectorAll(selector)].filter(isShown)
  const words = (one) => one.textContent.trim().replace(/\\s+/g, ' ').slice(0, 40)
  const linesOf = (one) => {
    const range = document.createRange()
    range.selectNodeContents(one)
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size
  }
  const middleOf = ({ top, bottom }) => (top + bottom) / 2
  const besides = (one) => {
    const range = document.createRange()
    range.selectNodeContents(one)
    return Math.abs(middleOf(range.getBoundingClientRect()) - middleOf(one.getBoundingClientRect()))
  }
  const pen = document.createElement('canvas').getContext('2d')
  // The heading of a cell of a list of cards: it has room, and something beside it.
  const isCrowded = (one) => {
    const label = getComputedStyle(one, '::before')
    if (label.position !== 'absolute') return false
    pen.font = label.font
    const room = parseFloat(getComputedStyle(one).paddingLeft)
    return pen.measureText(one.dataset.name).width > room - 2 || one.childNodes.length === 0
  }
  return {
    cut: shown('.scroll').filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.getAttribute('aria-label')),
    squeezed: shown('td').filter((one) => words(one).length > 12 && one.clientWidth < 90).map(words),
    wrapped: shown('.btn').filter((one) => linesOf(one) > 1).map(words),
    crowded: shown('td[data-name]').filter(isCrowded).map((one) => one.dataset.name),
    uneven: shown('.btn').filter((one) => besides(one) > 2).map(words),
  }
})()`

/** The lines of the link with this text. */
const LINES = `(text) => {
  const one = [...document.querySelectorAll('td a')].find((link) => link.textContent === text)
  const lines = new Map()
  for (const node of one.childNodes) {
    for (let at = 0; at < (node.length ?? 0); at++) {
      const range = document.createRange()
      range.setStart(node, at)
      range.setEnd(node, at + 1)
      const top = Math.round(range.getBoundingClientRect().top)
      lines.set(top, (lines.get(top) ?? '') + node.data[at])
    }
  }
  return [...lines.values()]
}`
