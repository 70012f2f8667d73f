import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { createReferenceGate } from '../../examples/reference/gate.js'
import { openReferencePortal } from '../../examples/reference/portal.js'
import { createDemoSignIn } from '../../examples/portal/sign-in.js'
import { CHROMIUM, hasChromium, openBrowser } from '../console/browser.js'
import { serve } from '../console/demo.js'
import { firstOf } from '../dose.js'
import { startExample, type RunningExample } from '../contracts/server.js'

// A browser on a machine that is busy.
jest.setTimeout(120_000)

const inBrowser = hasChromium ? describe : describe.skip

interface Case {
  readonly framework: 'express' | 'koa'
  readonly path: string
  readonly person: string
  readonly environment: string
}

const CASES: readonly (readonly [string, Case])[] = [
  [
    'healthcloud',
    { framework: 'express', path: '/console', person: 'Olga Berg', environment: 'live' },
  ],
  [
    'healthsync',
    {
      ...{ framework: 'koa', path: '/settings/developer', person: 'Paula Voss' },
      environment: 'sandbox',
    },
  ],
  [
    'nimbus',
    { framework: 'express', path: '/portal', person: 'Pia Holm', environment: 'production' },
  ],
  [
    'novamed',
    { framework: 'koa', path: '/partners', person: 'Kim Sato', environment: 'production' },
  ],
  [
    'reference',
    {
      ...{ framework: 'express', path: '/settings/api-keys', person: 'Rosa Keller' },
      environment: 'live',
    },
  ],
]

let running: RunningExample | undefined
afterEach(async () => {
  await running?.stop()
  running = undefined
})

inBrowser(`the console of an example, in Chromium (${CHROMIUM})`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
  })

  test.each(firstOf(2, CASES))(
    '%s: a person signs in, and makes a key that works',
    async (name, one) => {
      running = await startExample(
        ...([name, one.framework, {}, '--database', ':memory:', '--no-audit'] as const),
      )
      const { console: portal, url } = running
      expect(portal?.url).toBe(`${url}${one.path}`)
      const tab = await browser.newPage()
      await tab.goto(portal?.url ?? '')
      expect(await tab.title()).toBe('Demo sign-in')
      await tab.click(`text=${one.person}`)
      expect(tab.url()).toBe(`${url}${one.path}/`)
      const curl = await makeKey(tab, `${url}${one.path}/keys/new`, one.environment)
      const [, ...words] = curl.match(/'[^']*'|\S+/g) ?? []
      const args = words.map((word) => word.replace(/^'|'$/g, ''))
      const answer = execFileSync('curl', ['-s', '-i', ...args]).toString()
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      await tab.click('text=Sign out')
      await tab.click('button.out')
      await tab.goto(portal?.url ?? '')
      expect(await tab.title()).toBe('Demo sign-in')
      await tab.close()
    },
  )

  async function makeKey(tab: Page, address: string, environment: string): Promise<string> {
    await tab.goto(address)
    await tab.fill('#f-name', 'From the console')
    await tab.check(`input[name=environment][value=${environment}]`)
    const boxes = tab.locator('input[name=scopes], input[name=tenantIds]')
    for (const box of await boxes.all()) await box.check()
    await tab.click('button[type=submit]')
    expect(await tab.textContent('#secret')).toMatch(/_sk_/)
    return (await tab.textContent('#curl')) ?? ''
  }
})

describe('the demo sign-in', () => {
  test('is not there in production', async () => {
    const gate = createReferenceGate()
    const before = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'production'
    try {
      expect(openReferencePortal(gate)).toBeUndefined()
    } finally {
      process.env['NODE_ENV'] = before
    }
    await gate.close()
  })

  test('sends nobody to another site, and takes no form of one', async () => {
    const person = {
      id: 'rosa',
      name: 'Rosa',
      ownerId: 'org_pro',
      role: 'admin',
      task: '',
    } as const
    const people = [{ ...person, environments: ['live'], scopes: [] }]
    const app = createDemoSignIn(people, '/settings/').beside((_req, res) => res.end())
    const { server, origin } = await serve(app)
    const send = async (headers: Record<string, string>) => {
      const body = new URLSearchParams({ person: 'rosa', return_to: '//evil.example/' })
      const sent = { method: 'POST', body, headers, redirect: 'manual' } as const
      const answer = await fetch(`${origin}/sign-in`, sent)
      return [answer.status, answer.headers.get('location')]
    }
    expect(await send({})).toEqual([303, '/settings/'])
    expect(await send({ 'sec-fetch-site': 'cross-site' })).toEqual([403, null])
    server.close()
  })
})

/** Somebody who is signed in to the console of healthcloud, without a browser. */
async function signIn(url: string, person: string) {
  const same = { 'sec-fetch-site': 'same-origin' }
  const form = (fields: readonly (readonly [string, string])[]) => ({
    ...({ method: 'POST', redirect: 'manual', headers: same } as const),
    body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])),
  })
  const entered = await fetch(`${url}/sign-in`, form([['person', person]]))
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const open = async (path: string) =>
    (await fetch(`${url}/console${path}`, { headers: { cookie } })).text()
  async function post(path: string, page: string, fields: readonly (readonly [string, string])[]) {
    const hidden = [...page.matchAll(/type="hidden"\s+name="(\w+)"\s+value="([^"]*)"/g)]
    const all = [...hidden.map(([, name = '', value = '']) => [name, value] as const), ...fields]
    const sent = form(all)
    return fetch(`${url}/console${path}`, { ...sent, headers: { ...same, cookie } })
  }
  return { open, post }
}

test('the console of an example finds signed reviews and chosen reminders again after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-example-'))
  const places = ['--database', join(folder, 'it.db'), '--audit', join(folder, 'audit')]
  const start = async () => {
    running = await startExample('healthcloud', 'express', {}, ...places)
    return signIn(running.url, 'olga@mercy.example')
  }
  const first = await start()
  const days = [['days', '7']] as const
  const chosen = await first.post('/reminders', await first.open('/reminders'), days)
  expect(chosen.status).toBe(303)
  const note = [['note', 'All of it was expected.']] as const
  const signed = await first.post('/reviews', await first.open('/review'), note)
  expect(signed.status).toBe(303)
  await running?.stop()
  const second = await start()
  expect(await second.open('/reminders')).toContain('One message for each key: 7 days before.')
  expect(await second.open('/reviews')).toContain('All of it was expected.')
  const log = await second.open('/audit?person=olga%40mercy.example')
  expect(log).toContain('Turned reminders on: 7 days before a key is due')
  expect(log).toContain('Signed a review')
  await running?.stop()
  running = undefined
  rmSync(folder, { recursive: true })
})
