import { readFileSync } from 'node:fs'
import { describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { firstOf } from '../dose.js'
import { FRAMEWORKS, servedDemo } from './browser-demo.js'
import { CHROMIUM, hasChromium } from './browser.js'

// A browser on a machine that is busy.
jest.setTimeout(240_000)

/** Skipped visibly where there is no browser. */
const inBrowser = hasChromium ? describe : describe.skip

inBrowser.each(firstOf(1, FRAMEWORKS))(
  `what works without more than HTML, on %s, in Chromium (${CHROMIUM})`,
  (_, appOf) => {
    const at = servedDemo(appOf)

    async function open(options: Parameters<Browser['newContext']>[0] = {}, person = 'ann') {
      const context = await at.browser.newContext(options)
      await context.addCookies([{ name: 'person', value: person, url: at.origin }])
      const tab = await context.newPage()
      return { tab, context, [Symbol.asyncDispose]: () => context.close() }
    }
    const go = (tab: Page, path: string) => tab.goto(`${at.origin}/portal/${path}`)
    const said = (tab: Page) => tab.textContent('#done')
    const PLAIN = { javaScriptEnabled: false }

    test('access is asked for and decided without script', async () => {
      await using asking = await open(PLAIN, 'kim')
      await go(asking.tab, 'access')
      await asking.tab.click('summary >> text=Read API terms')
      expect(await asking.tab.isVisible('text=Be kind.')).toBe(true)
      await asking.tab.fill('#f-use_case', 'Parcels without script')
      await asking.tab.check('input[name=environments][value=live]')
      await asking.tab.check('input[name=accept]')
      await asking.tab.click('button >> text=Ask for access')
      expect(await said(asking.tab)).toContain('Your request for access is sent.')
      await using deciding = await open(PLAIN, 'lee')
      const { tab } = deciding
      await go(tab, 'requests')
      await tab.click('tbody a >> text=startup')
      await tab.check('input[name=scopes][value="read:orders"]')
      await tab.click('button >> text=Approve')
      expect(await said(tab)).toContain('Access for startup is approved.')
      await go(tab, `requests/${at.demo.request}`)
      await tab.click('button >> text=Deny')
      await tab.click('.summary a')
      await tab.fill('#f-reason', 'Tell us more')
      await tab.click('button >> text=Deny')
      expect(await said(tab)).toContain('Access for parcels is denied.')
    })

    test('reminders, filters, files, a review, an edit and the keys of one who leaves need no script', async () => {
      const ann = at.demo.gate.as({ subject: 'tom@acme.example', ownerId: 'acme', scopes: [] })
      await ann.keys.create({ name: 'Of Tom', ownerId: 'acme', environment: 'live' })
      await using opened = await open(PLAIN)
      const { tab } = opened
      await go(tab, 'reminders')
      await tab.check('input[name=days][value="7"]')
      await tab.click('button >> text=Save')
      expect(await said(tab)).toContain('Messages are on.')
      await go(tab, 'audit')
      await tab.selectOption('#f-outcome', 'made')
      await tab.fill('#f-person', 'tom@acme.example')
      await tab.click('button >> text=Apply')
      expect(tab.url()).toContain('outcome=made')
      expect(await tab.textContent('tbody')).toMatch(/^\s*\S[^]*Created: key Of Tom[^]*$/)
      const [download] = await Promise.all([
        tab.waitForEvent('download'),
        tab.click('text=Download CSV'),
      ])
      expect(readFileSync(await download.path(), 'utf8')).toContain('tom@acme.example')
      await go(tab, 'review')
      await tab.fill('#f-note', 'Nothing unusual.')
      await tab.click('button >> text=Sign review')
      expect(await said(tab)).toContain('The review is signed.')
      await go(tab, 'keys?q=Of+Tom')
      await tab.click('tbody a >> text=Of Tom')
      await tab.click('main >> text=Edit')
      await tab.fill('#f-description', 'Edited without script')
      await tab.click('button >> text=Save')
      expect(await tab.textContent('main')).toContain('Edited without script')
      await tab.click('dd a >> text=tom@acme.example')
      await tab.click('text=Revoke all keys')
      await tab.fill('#f-person', 'tom@acme.example')
      await tab.click('button >> text=Revoke 1 key')
      expect(await said(tab)).toContain('The keys of tom@acme.example are revoked.')
    })

    test('without a clipboard there is no button, and the secret is selected whole by a click', async () => {
      await using opened = await open()
      const { tab } = opened
      await tab.addInitScript(
        `Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })`,
      )
      await go(tab, 'keys/new')
      await tab.fill('#f-name', 'By hand')
      await tab.check('input[name=environment][value=live]')
      await tab.check('input[name=scopes][value="read:orders"]')
      await tab.click('button[type=submit]')
      const secret = await tab.textContent('#secret')
      expect(await tab.isVisible('[data-copy=secret]')).toBe(false)
      await tab.click('#secret')
      expect(await tab.evaluate('getSelection().toString()')).toBe(secret)
    })

    test('filters are the same after a reload, after going back, and in a copied address', async () => {
      await using opened = await open()
      const { tab, context } = opened
      const seen = async (page: Page) => [
        await page.locator('tbody th a').allInnerTexts(),
        await page.inputValue('#f-state'),
        await page.inputValue('#f-q'),
      ]
      await go(tab, 'keys')
      await tab.selectOption('#f-state', 'active')
      await tab.fill('#f-q', 'Web')
      await tab.click('button >> text=Apply')
      await tab.waitForURL('**/keys?*')
      const first = await seen(tab)
      expect(first).toEqual([['Web shop', 'Web shop'], 'active', 'Web'])
      await tab.reload()
      expect(await seen(tab)).toEqual(first)
      await tab.click('tbody th a')
      await tab.waitForSelector('h1:text-is("Web shop")')
      await tab.goBack()
      expect(await seen(tab)).toEqual(first)
      const copied = await context.newPage()
      await copied.goto(tab.url())
      expect(await seen(copied)).toEqual(first)
    })
  },
)
