import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { firstOf } from '../dose.js'
import { CHROMIUM, hasChromium, openBrowser } from './browser.js'
import { createDemo, demoApp, serve, type Demo } from './demo.js'

// A browser on a machine that is busy.
jest.setTimeout(240_000)

/** Skipped visibly where there is no browser. */
const inBrowser = hasChromium ? describe : describe.skip

inBrowser(`what a page answers, in Chromium (${CHROMIUM})`, () => {
  let demo: Demo
  let browser: Browser
  let served: Awaited<ReturnType<typeof serve>>
  /** Whether the second step was taken. */
  let isPassed = true

  beforeAll(async () => {
    demo = await createDemo()
    const stepUp = () => isPassed || { location: '/confirm' }
    const app = demoApp({ ...demo, options: { ...demo.options, stepUp } })
    app.get('/confirm', (_req, res) => {
      isPassed = true
      res.redirect(303, '/portal/')
    })
    served = await serve(app)
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    served.server.close()
    await demo.close()
  })

  /** A tab of Ann. */
  async function open(options: Parameters<Browser['newContext']>[0] = {}) {
    const context = await browser.newContext(options)
    await context.addCookies([{ name: 'person', value: 'ann', url: served.origin }])
    const tab = await context.newPage()
    return { tab, context, [Symbol.asyncDispose]: () => context.close() }
  }
  const go = (tab: Page, path: string) => tab.goto(`${served.origin}/portal/${path}`)
  const makeKey = async (name: string) =>
    (
      await demo.gate.keys.create({
        ...{ name, ownerId: 'acme', environment: 'live', scopes: ['read:orders'] },
      })
    ).id

  const WAYS = [
    ['with script', {}],
    ['without script', { javaScriptEnabled: false }],
  ] as const
  test.each(firstOf(1, WAYS))(
    'what a form has done is said once, whatever is pressed then, %s',
    async (name, options) => {
      await using opened = await open(options)
      const { tab } = opened
      const said = () => tab.locator('#done[role=status]').count()
      const id = await makeKey(`Said ${name}`)
      await go(tab, `keys/${id}/pause`)
      await tab.click('text=Pause key')
      expect(await tab.textContent('#done')).toContain(`The key 'Said ${name}' is paused`)
      expect(await tab.getAttribute('h1', 'aria-describedby')).toBe('done')
      if (name === 'with script') expect(tab.url()).toBe(`${served.origin}/portal/keys/${id}`)
      await tab.reload()
      expect(await said()).toBe(0)
      await go(tab, `keys/${id}/resume`)
      await tab.click('button >> text=Resume key')
      await tab.click('#done >> xpath=ancestor::main >> text=Pause')
      await tab.goBack()
      expect([await tab.textContent('h1'), await said()]).toEqual([`Said ${name}`, 0])
      await tab.goForward()
      await tab.goBack()
      expect([await tab.textContent('.head .tag'), await said()]).toEqual(['Active', 0])
    },
  )

  test.each(firstOf(1, WAYS))(
    'a second step that ends in a form keeps what was typed, %s',
    async (name, options) => {
      await using opened = await open(options)
      const { tab, context } = opened
      await go(tab, 'keys/new')
      await tab.fill('#f-name', `Stepped ${name}`)
      await tab.check('input[name=environment][value=live]')
      await tab.check('input[name=scopes][value="read:orders"]')
      isPassed = false
      await tab.click('button[type=submit]')
      expect(await tab.textContent('h1')).toBe('Confirm that it is you')
      expect(await tab.textContent('dl')).toContain(`Stepped ${name}`)
      const [step] = await Promise.all([
        context.waitForEvent('page'),
        tab.click('text=Confirm in another tab'),
      ])
      await step.waitForURL(`${served.origin}/portal/`)
      await tab.click('button >> text=Send it again')
      await tab.waitForSelector('#secret')
      await tab.reload()
      expect(await tab.textContent('h1')).toBe('This form was sent before')
      const { items } = await demo.gate.keys.list({ ownerId: 'acme', search: `Stepped ${name}` })
      expect(items).toHaveLength(1)
    },
  )

  test.each(firstOf(1, WAYS))(
    'filters of lists are folded in a narrow window, unless one is set, %s',
    async (_, options) => {
      await using opened = await open({ ...options, viewport: { width: 360, height: 800 } })
      const { tab } = opened
      const apply = tab.locator('form.filters button')
      const fold = tab.locator('.fold > summary')
      for (const [list, filter] of [
        ['keys', 'state=active'],
        ['audit', 'outcome=allowed'],
      ] as const) {
        await tab.setViewportSize({ width: 360, height: 800 })
        await go(tab, list)
        expect([await fold.textContent(), await apply.isVisible()]).toEqual(['Filters', false])
        await fold.click()
        expect(await apply.isVisible()).toBe(true)
        await go(tab, `${list}?${filter}`)
        expect([await fold.textContent(), await apply.isVisible()]).toEqual([
          'Filters (1 set)',
          true,
        ])
        await tab.setViewportSize({ width: 1280, height: 800 })
        for (const path of [list, `${list}?${filter}`]) {
          await go(tab, path)
          expect([await fold.isVisible(), await apply.isVisible()]).toEqual([false, true])
        }
        await tab.click('text=Apply')
        await tab.waitForSelector('h1:focus')
      }
    },
  )
})
