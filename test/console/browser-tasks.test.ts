import { readFileSync } from 'node:fs'
import { describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { firstOf, testInFull } from '../dose.js'
import { FRAMEWORKS, servedDemo } from './browser-demo.js'
import { CHROMIUM, hasChromium } from './browser.js'

// A browser on a machine that is busy.
jest.setTimeout(240_000)

/** Skipped visibly where there is no browser. */
const inBrowser = hasChromium ? describe : describe.skip

interface Stop {
  readonly tag: string
  /** What the element is called: the words of its label, or its own. */
  readonly words: string
  readonly outline: string
}

/** A person who has a keyboard and nothing else. */
interface Typist {
  /** Goes on with Tab to what is called so. */
  to(words: string): Promise<Stop>
  /** The same with Shift and Tab. */
  backTo(words: string): Promise<Stop>
  type(text: string): Promise<void>
  key(name: string): Promise<void>
  /** Goes to what is called so and presses Enter: another page is shown, and its heading has the focus. */
  enter(words: string, heading: string): Promise<void>
  /** The same, back in the order of the page: an entry of the navigation. */
  navigate(words: string, heading: string): Promise<void>
}

const STOP = `(() => {
  const one = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(one)
  const words = (one.labels?.[0] ?? one).textContent.trim().replace(/\\s+/g, ' ')
  return { tag: one.tagName, words, outline: outlineStyle + ' ' + outlineWidth }
})()`
const MOST_STOPS = 150

function createTypist(tab: Page): Typist {
  const find = async (words: string, move: string): Promise<Stop> => {
    const passed: string[] = []
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      await tab.keyboard.press(move)
      const stop = await tab.evaluate<Stop>(STOP)
      if (stop.tag === 'BODY') continue
      // The focus is seen wherever it is.
      expect(stop).toEqual({ ...stop, outline: 'solid 3px' })
      if (stop.words.startsWith(words)) return stop
      passed.push(stop.words.slice(0, 30))
    }
    throw new Error(`No stop is called '${words}': ${passed.join(' | ')}`)
  }
  const go = async (words: string, heading: string, move: string) => {
    await find(words, move)
    await tab.keyboard.press('Enter')
    await tab.waitForSelector(`h1:focus:text-is(${JSON.stringify(heading)})`)
  }
  return {
    to: (words) => find(words, 'Tab'),
    backTo: (words) => find(words, 'Shift+Tab'),
    type: (text) => tab.keyboard.type(text),
    key: (name) => tab.keyboard.press(name),
    enter: (words, heading) => go(words, heading, 'Tab'),
    navigate: (words, heading) => go(words, heading, 'Shift+Tab'),
  }
}

inBrowser.each(firstOf(1, FRAMEWORKS))(
  `by keyboard and on paper, on %s, in Chromium (${CHROMIUM})`,
  (_, appOf) => {
    const at = servedDemo(appOf)

    /** The overview, as somebody sees it. */
    async function start(person: string, options: Parameters<Browser['newContext']>[0] = {}) {
      const context = await at.browser.newContext(options)
      await context.addCookies([{ name: 'person', value: person, url: at.origin }])
      const tab = await context.newPage()
      await tab.goto(`${at.origin}/portal/`)
      const close = () => context.close()
      return { tab, typist: createTypist(tab), [Symbol.asyncDispose]: close }
    }

    const stateOf = async (name: string) => {
      const { items } = await at.demo.gate.keys.list({ ownerId: 'acme', search: name })
      return items.map(({ state }) => state).sort()
    }

    testInFull('a key is found, rotated with another grace, and its old one is ended', async () => {
      await using opened = await start('ann')
      const { typist, tab } = opened
      await typist.navigate('Keys', 'Keys')
      await typist.to('Name, the whole key')
      await typist.type('Billing')
      await typist.enter('Apply', 'Keys')
      expect(tab.url()).toMatch(/\?q=Billing$/)
      await typist.enter('Billing server', 'Billing server')
      await typist.enter('Rotate', 'Rotate Billing server')
      await typist.to('After 24 hours')
      await typist.key('ArrowDown')
      await typist.enter('Rotate key', 'The new secret of this key')
      await typist.to('Copy key')
      await typist.enter('I have stored it', 'Billing server')
      const { items } = await at.demo.gate.keys.list({ ownerId: 'acme', search: 'Billing' })
      const old = items.find(({ rotatedTo }) => rotatedTo !== undefined)
      expect((old?.expiresAt?.getTime() ?? 0) - at.demo.clock.clock()).toBe(7 * 86_400_000)
      await typist.enter('Revoke the old one now', 'Revoke the old Billing server')
      await typist.to('Type the name of the key: Billing server')
      await typist.type('Billing server')
      await typist.enter('Revoke key', 'Billing server')
      expect(await stateOf('Billing')).toEqual(['active', 'revoked'])
    })

    test('a key is paused with a reason, resumed, renamed and revoked with its name', async () => {
      const made = await at.demo.gate.keys.create({
        ...{ name: 'Typed', ownerId: 'acme', environment: 'live', scopes: ['read:orders'] },
      })
      await at.demo.gate.verify(made.secret, '198.51.100.7')
      await using opened = await start('ann')
      const { typist } = opened
      await typist.enter('Typed', 'Typed')
      await typist.enter('Pause', 'Pause Typed')
      await typist.to('Reason')
      await typist.type('Seen in a log')
      await typist.enter('Pause key', 'Typed')
      expect(await stateOf('Typed')).toEqual(['disabled'])
      await typist.enter('Resume', 'Resume Typed')
      await typist.enter('Resume key', 'Typed')
      expect(await stateOf('Typed')).toEqual(['active'])
      await typist.enter('Edit', 'Edit Typed')
      await typist.to('Name')
      await typist.key('End')
      await typist.type(' by hand')
      await typist.enter('Save', 'Typed by hand')
      await typist.enter('Revoke', 'Revoke Typed by hand')
      await typist.to('Revoke key')
      await typist.key('Enter')
      // The mistakes have the focus, and lead to the field.
      await opened.tab.waitForSelector('.summary:focus')
      await typist.to('Type the name')
      await typist.key('Enter')
      expect(await opened.tab.evaluate('document.activeElement.id')).toBe('f-name')
      await typist.type('Typed by hand')
      await typist.enter('Revoke key', 'Typed by hand')
      expect(await stateOf('Typed')).toEqual(['revoked'])
    })

    testInFull(
      'reminders are turned on, a review is signed, and files are downloaded',
      async () => {
        await using opened = await start('ann')
        const { typist, tab } = opened
        await typist.navigate('Reminders', 'Reminders')
        await typist.to('7 days before')
        await typist.key('Space')
        await typist.enter('Save', 'Reminders')
        expect(await tab.getByLabel('7 days before').isChecked()).toBe(true)
        await typist.navigate('Audit log', 'Audit log')
        for (const [link, file] of [
          ['Download CSV', 'audit.csv'],
          ['Download NDJSON', 'audit.ndjson'],
        ] as const) {
          await typist.to(link)
          const [download] = await Promise.all([tab.waitForEvent('download'), typist.key('Enter')])
          expect(download.suggestedFilename()).toBe(file)
          expect(readFileSync(await download.path(), 'utf8')).toContain('198.51.100.7')
        }
        await typist.to('Outcome')
        await typist.type('den')
        await typist.enter('Apply', 'Audit log')
        expect(tab.url()).toMatch(/\?outcome=denied$/)
        await typist.navigate('Usage', 'Usage')
        await typist.to('Period')
        await typist.type('7')
        await typist.enter('Apply', 'Usage')
        expect(tab.url()).toContain('days=7')
        await typist.navigate('Review', 'Weekly review')
        await typist.to('Note')
        await typist.type('Nothing unusual.')
        await typist.to('Sign review')
        await typist.key('Enter')
        await tab.waitForURL('**/reviews/*')
        expect(await tab.textContent('main')).toContain('Nothing unusual.')
      },
    )

    test('access is asked for, and approved by somebody else', async () => {
      await using asking = await start('kim')
      await asking.typist.enter('Go to access', 'Access')
      await asking.typist.to('What will you use')
      await asking.typist.type('Parcels by keyboard')
      await asking.typist.to('live')
      await asking.typist.key('Space')
      await asking.typist.to('I accept')
      await asking.typist.key('Space')
      await asking.typist.enter('Ask for access', 'Access')
      await using deciding = await start('lee')
      await deciding.typist.navigate('Access requests', 'Access requests')
      await deciding.typist.enter('startup', 'Access for startup')
      await deciding.typist.to('read:orders')
      await deciding.typist.key('Space')
      await deciding.typist.enter('Approve', 'Access for startup')
      expect(await deciding.tab.textContent('main')).toContain('Approved by Lee Ops')
      await deciding.typist.navigate('Access requests', 'Access requests')
      await deciding.typist.enter('parcels', 'Access for parcels')
      await deciding.typist.to('Reason')
      await deciding.typist.type('Tell us more')
      await deciding.typist.enter('Deny', 'Access for parcels')
      expect(await deciding.tab.textContent('main')).toContain('Tell us more')
    })

    testInFull('all keys of one who leaves are revoked', async () => {
      const bob = at.demo.gate.as({
        subject: 'bob@acme.example',
        ownerId: 'acme',
        scopes: ['read:orders'],
      })
      await bob.keys.create({
        ...{ name: 'Of Bob', ownerId: 'acme', environment: 'live', scopes: ['read:orders'] },
      })
      await using opened = await start('ann')
      const { typist } = opened
      await typist.navigate('Keys', 'Keys')
      await typist.enter('bob@acme.example', 'bob@acme.example')
      await typist.enter('Revoke all', 'Revoke all keys of bob@acme.example')
      await typist.to('Type the id')
      await typist.type('bob@acme.example')
      await typist.enter('Revoke 1 key', 'bob@acme.example')
      expect(await stateOf('Of Bob')).toEqual(['revoked'])
    })

    test('control: a focus that is not seen fails', async () => {
      await using opened = await start('ann')
      await opened.tab.route('**/*.css', async (route) => {
        const response = await route.fetch()
        const body = `${await response.text()}:focus-visible{outline:none!important}`
        await route.fulfill({ response, body })
      })
      await opened.tab.goto(`${at.origin}/portal/keys`)
      await expect(opened.typist.to('Apply')).rejects.toThrow(/outline/)
    })

    test.each(firstOf(1, [320, 768, 1280]))(
      'no name widens a page, and none is markup, at %i pixels',
      async (width) => {
        const person = `a.very.long.name.of.somebody@${'organization'.repeat(6)}.example`
        const ann = at.demo.gate.as({ subject: person, ownerId: 'acme', scopes: ['read:orders'] })
        const names = [
          'A'.repeat(128),
          `<b>${'x'.repeat(60)}</b><script>`,
          '\u0645\u0641\u062a\u0627\u062d '.repeat(20),
        ]
        const ids: string[] = []
        for (const name of names) {
          const key = { ownerId: 'acme', environment: 'live', scopes: ['read:orders'] } as const
          const metadata = { description: 'y'.repeat(900), stored_in: 'z'.repeat(250) }
          ids.push((await ann.keys.create({ ...key, name: name.trim(), metadata })).id)
        }
        const of = ids.flatMap((id) =>
          ['', '/edit', '/rotate', '/pause', '/revoke'].map((page) => `keys/${id}${page}`),
        )
        const people = `people/${encodeURIComponent(person)}`
        await using opened = await start('ann', { viewport: { width, height: 800 } })
        for (const path of ['', 'keys', people, `${people}/revoke`, 'audit', 'review', ...of]) {
          await opened.tab.goto(`${at.origin}/portal/${path}`)
          const seen = await opened.tab.evaluate(
            `[document.documentElement.scrollWidth - innerWidth, document.querySelectorAll('main b > b, body script').length]`,
          )
          expect([path, seen]).toEqual([path, [0, 0]])
        }
      },
    )

    test.each(firstOf(1, ['dark', 'light'] as const))(
      'a page that is printed is white and whole, and has nothing to click (%s)',
      async (colorScheme) => {
        await using opened = await start('ann', { colorScheme })
        const { tab } = opened
        await tab.emulateMedia({ media: 'print' })
        // The width of A4 without its margins.
        await tab.setViewportSize({ width: 688, height: 900 })
        const { items } = await at.demo.gate.keys.list({ ownerId: 'acme', search: 'Web shop' })
        const paths = ['keys?state=active', 'audit?outcome=allowed', 'review', 'usage', 'access']
        for (const path of [...paths, `keys/${items[0]?.id ?? ''}`]) {
          await tab.goto(`${at.origin}/portal/${path}`)
          const seen = await tab.evaluate<Record<string, unknown>>(PRINTED)
          expect([path, seen]).toEqual([
            path,
            { paper: 'rgba(0, 0, 0, 0)', scheme: 'light', controls: [], wide: [], tables: true },
          ])
          expect(await tab.locator('footer .printed').innerText()).toMatch(/^As of \w+ \d+, 20\d\d/)
          if (path.includes('?')) {
            expect(await tab.textContent('main .printed')).toMatch(
              /Shown: (?:state active|outcome allowed)/,
            )
          }
        }
      },
    )
  },
)

/** What would be on paper that cannot be used there, and what would be cut. */
const PRINTED = `(() => {
  const isShown = (one) => one.getClientRects().length > 0
  const shown = (selector) => [...document.querySelectorAll(selector)].filter(isShown)
  return {
    paper: getComputedStyle(document.body).backgroundColor,
    scheme: getComputedStyle(document.documentElement).colorScheme,
    controls: shown('button, input, select, textarea, nav, .btn, summary').map((one) => one.outerHTML),
    wide: shown('main *').filter((one) => !one.closest('svg,caption') && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80)),
    tables: shown('table').every((one) => getComputedStyle(one).display === 'table'),
  }
})()`
