import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { chromium, type Page } from 'playwright-core'
import { firstOf } from '../dose.js'
import { FRAMEWORKS } from './browser-demo.js'
import { CHROMIUM, hasChromium, LAUNCH } from './browser.js'
import { createDemo, serve, type Demo } from './demo.js'

// A browser on a machine that is busy.
jest.setTimeout(240_000)

/** Skipped visibly where there is no browser. */
const inBrowser = hasChromium ? describe : describe.skip

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

/** An answer, with all of its headers and its text. */
interface Heard {
  readonly asked: string
  readonly said: string
}

/** The same server, of which each answer is heard. */
function overheard(listener: Listener, heard: Heard[]): Listener {
  return (req, res) => {
    const pieces: string[] = []
    // Frameworks cut it.
    const { method = '', url = '' } = req
    const write = res.write.bind(res) as (...given: unknown[]) => boolean
    const end = res.end.bind(res) as (...given: unknown[]) => unknown
    const note = (piece: unknown) => {
      if (typeof piece === 'string' || piece instanceof Uint8Array)
        pieces.push(Buffer.from(piece as string).toString())
    }
    res.write = ((piece: unknown, ...rest: unknown[]) => {
      note(piece)
      return write(piece, ...rest)
    }) as never
    res.end = ((piece: unknown, ...rest: unknown[]) => {
      note(piece)
      const headers = JSON.stringify(res.getHeaders())
      const asked = `${method} ${url} ${String(res.statusCode)}`
      heard.push({ asked, said: `${headers}${pieces.join('')}` })
      return end(piece, ...rest)
    }) as never
    return listener(req, res)
  }
}

/** All files below a folder, as one text. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function holding(folder: string, secret: string): readonly string[] {
  const needles = [Buffer.from(secret), Buffer.from(secret, 'utf16le')]
  return filesIn(folder).filter((file) => {
    const bytes = readFileSync(file)
    return needles.some((needle) => bytes.includes(needle))
  })
}

/** All that a page can keep in its browser. */
const KEPT = `(async () => JSON.stringify([
  location.href, document.title, document.cookie, history.state, { ...localStorage }, { ...sessionStorage },
  await indexedDB.databases(), await caches.keys(), window.name, document.documentElement.outerHTML,
]))()`

inBrowser(`the secret of a new key, in Chromium (${CHROMIUM})`, () => {
  describe.each(firstOf(1, FRAMEWORKS))('on %s', (_, appOf) => {
    let demo: Demo
    let served: Awaited<ReturnType<typeof serve>>
    const profiles = mkdtempSync(join(tmpdir(), 'console-profiles-'))
    const heard: Heard[] = []
    const logged: string[] = []

    beforeAll(async () => {
      demo = await createDemo()
      served = await serve(overheard(appOf(demo) as Listener, heard))
      for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
        jest.spyOn(console, name).mockImplementation((...said) => void logged.push(String(said)))
      }
      for (const stream of [process.stdout, process.stderr]) {
        const write = stream.write.bind(stream)
        jest.spyOn(stream, 'write').mockImplementation(((said: string, ...rest: never[]) => {
          logged.push(said)
          return write(said, ...rest)
        }) as never)
      }
    })
    afterAll(async () => {
      jest.restoreAllMocks()
      served.server.close()
      await demo.close()
      rmSync(profiles, { recursive: true })
    })

    /** A browser that keeps what browsers keep, on disk. */
    async function open(profile: string) {
      const context = await chromium.launchPersistentContext(profile, {
        ...LAUNCH,
        args: [...LAUNCH.args, '--restore-last-session'],
      })
      await context.addCookies([{ name: 'person', value: 'ann', url: served.origin }])
      context.on('console', (message) => logged.push(message.text()))
      return { context, [Symbol.asyncDispose]: () => context.close() }
    }
    const go = (tab: Page, path: string) => tab.goto(`${served.origin}/portal/${path}`)

    const ways = [
      [
        'that is made',
        async (tab: Page, name: string) => {
          await go(tab, 'keys/new')
          await tab.fill('#f-name', name)
          await tab.check('input[name=environment][value=live]')
          await tab.check('input[name=scopes][value="read:orders"]')
          await tab.click('button[type=submit]')
        },
      ],
      [
        'that is rotated',
        async (tab: Page, name: string) => {
          const old = await demo.gate.keys.create({ name, ownerId: 'acme', environment: 'live' })
          await go(tab, `keys/${old.id}/rotate`)
          await tab.click('button >> text=Rotate key')
        },
      ],
    ] as const

    test.each(ways)(
      '%s is in that one answer, and in nothing else: no page, address, storage, file, log, event or record',
      async (way, make) => {
        const profile = join(profiles, way)
        await using opened = await open(profile)
        const { context } = opened
        const tab = await context.newPage()
        const from = heard.length
        await make(tab, `Key ${way}`)
        const secret = (await tab.textContent('#secret')) ?? ''
        expect(secret).toMatch(/^acme_live_sk_/)
        // The page that shows it keeps it in its text alone.
        const held = await tab.evaluate<string>(KEPT)
        const shown = JSON.stringify(await tab.evaluate('document.documentElement.outerHTML'))
        expect(held.replace(shown, '')).not.toContain(secret)
        expect(JSON.stringify(await context.cookies())).not.toContain(secret)
        const made = (await demo.gate.keys.list({ ownerId: 'acme', search: `Key ${way}` })).items
        const id = made.find(({ rotatedTo }) => rotatedTo === undefined)?.id ?? ''
        await tab.click('text=I have stored it')
        const pages = ['', 'keys', 'keys/new', 'reminders', 'usage', 'audit', 'review', 'reviews']
        const ofKey = ['', '/edit', '/rotate', '/pause', '/revoke'].map((end) => `keys/${id}${end}`)
        for (const path of [...pages, ...ofKey, 'docs', 'access', 'people/ann%40acme.example']) {
          await go(tab, path)
          expect(await tab.evaluate<string>(KEPT)).not.toContain(secret)
        }
        for (const path of ['audit.csv', 'usage.csv', 'docs/openapi.json']) {
          expect(
            await (await context.request.get(`${served.origin}/portal/${path}`)).text(),
          ).not.toContain(secret)
        }
        // A key that is used is in the trail and in events as well.
        expect((await demo.gate.verify(secret, '198.51.100.7')).allowed).toBe(true)
        await demo.gate.audit.flush()
        const answers = heard.slice(from).filter(({ said }) => said.includes(secret))
        expect(answers.map(({ asked }) => asked.replace(/key_\w+/, 'ID'))).toEqual([
          way === 'that is made' ? 'POST /portal/keys 201' : 'POST /portal/keys/ID/rotate 201',
        ])
        expect(heard.filter(({ asked }) => asked.includes(secret))).toEqual([])
        expect(logged.filter((said) => said.includes(secret))).toEqual([])
        expect(demo.told.length).toBeGreaterThan(0)
        expect(JSON.stringify(demo.told)).not.toContain(secret)
        expect(filesIn(demo.folder).length).toBeGreaterThan(0)
        expect(holding(demo.folder, secret)).toEqual([])
        await context.close()
        expect(filesIn(profile).length).toBeGreaterThan(10)
        expect(holding(profile, secret)).toEqual([])
      },
    )

    test.each(ways)(
      '%s is not shown by going back, forward and on, nor by a tab that is opened again after the browser was closed on it',
      async (way, make) => {
        const profile = join(profiles, `${way}, again`)
        await using opened = await open(profile)
        const { context } = opened
        const tab = await context.newPage()
        const search = `Again ${way}`
        await make(tab, search)
        const secret = (await tab.textContent('#secret')) ?? ''
        expect(secret).toMatch(/^acme_live_sk_/)
        const count = async () =>
          (await demo.gate.keys.list({ ownerId: 'acme', search })).items.length
        const expectGone = async () => {
          await tab.waitForLoadState().catch(() => undefined)
          const held = await tab.evaluate<string>(KEPT).catch(() => '')
          expect(held).not.toContain(secret)
        }
        await tab.click('text=I have stored it')
        await go(tab, 'usage')
        for (const steps of [-1, -1, 1, -2, 2, 1]) {
          await tab.evaluate(`history.go(${String(steps)})`).catch(() => undefined)
          await tab.waitForTimeout(200)
          await expectGone()
        }
        // Once more, to be closed on the page that shows one.
        await make(tab, `${search} closed`)
        const second = (await tab.textContent('#secret')) ?? ''
        const keys = await count()
        await context.close()
        expect(holding(profile, second)).toEqual([])
        await using restored = await open(profile)
        const tabs = restored.context.pages()
        for (const one of tabs) {
          await one.waitForLoadState().catch(() => undefined)
          const held = await one.evaluate<string>(KEPT).catch(() => '')
          expect([held.includes(secret), held.includes(second)]).toEqual([false, false])
        }
        // The tab was there again, and had to ask: the browser does not send a form by itself.
        expect(tabs.filter((one) => one.url() !== 'about:blank')).not.toEqual([])
        expect(await count()).toBe(keys)
        expect(heard.filter(({ said }) => said.includes(second))).toHaveLength(1)
      },
    )
  })
})
