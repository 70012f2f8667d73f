import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { createConsole, type Console } from 'sallyport/console'
import { mountConsole as onExpress } from 'sallyport/express'
import { mountConsole as onKoa } from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import { createDemo, serve, type Demo } from './demo.js'
import { SAFE_HEADERS, tokenIn } from './harness.js'

const AT = '/a/portal/'
const FRAMEWORKS = {
  Express: (portal: Console) => express().use('/a/portal', onExpress(portal)),
  Koa: (portal: Console) => new Koa().use(mount('/a/portal', onKoa(portal) as never)).callback(),
} as const

/** Addresses of a page, resolved as its browser does; and whether a look at them is all that they want. */
function addressesIn(text: string, page: URL) {
  return [...text.matchAll(/(href|src|action)="([^"]*)"/g)].map(([, name, address = '']) => ({
    next: new URL(address.replaceAll('&amp;', '&'), page),
    isLink: name !== 'action',
  }))
}

/** Fields of a page that are sent by themselves. */
function formsIn(text: string, page: URL) {
  return [
    ...text.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs),
  ].map(([, action = '', inner = '']) => ({
    url: new URL(action.replaceAll('&amp;', '&'), page),
    fields: [...inner.matchAll(/type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"/g)].map(
      ([, name = '', value = '']): [string, string] => [name, value],
    ),
  }))
}

/** All pages to which links lead, as somebody sees them. */
async function walk(origin: string, person: string, clock: Demo['clock']) {
  const start = new URL(AT, origin)
  const waiting = [start]
  // Of lists, two filters each.
  const times = new Map<string, number>([[start.pathname, 1]])
  const seen: { url: URL; status: number; headers: Headers; text: string }[] = []
  const outside = new Set<string>()
  for (let url = waiting.shift(); url; url = waiting.shift()) {
    clock.advance('2s')
    const cookie = `person=${person}`
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
    const text = await answer.text()
    seen.push({ url, status: answer.status, headers: answer.headers, text })
    if (!answer.headers.get('content-type')?.startsWith('text/html')) continue
    for (const { next, isLink } of addressesIn(text, url)) {
      const at = `${next.origin}${next.pathname}`
      if (!at.startsWith(start.href)) outside.add(next.href)
      const before = times.get(next.pathname) ?? 0
      next.hash = ''
      const isKnown = seen.some((one) => one.url.href === next.href)
      if (!isLink || !at.startsWith(start.href) || isKnown || before > 1) continue
      times.set(next.pathname, before + 1)
      waiting.push(next)
    }
  }
  return { seen, outside }
}

describe.each(Object.entries(FRAMEWORKS))('all pages that links lead to, on %s', (_, appOf) => {
  let demo: Demo
  let served: Awaited<ReturnType<typeof serve>>
  const found = new Map<string, Awaited<ReturnType<typeof walk>>>()
  const keysNow = async () =>
    (await demo.gate.keys.list({ limit: 100 })).items.map(({ lastUsedAt: _used, ...key }) => key)
  let before: unknown

  beforeAll(async () => {
    demo = await createDemo()
    const info = { title: 'Orders', version: '1' }
    const routes = [{ method: 'get', path: '/v1/orders', scopes: ['read:orders'] }] as const
    const description = createDescription(demo.gate, { info, routes })
    served = await serve(appOf(createConsole(demo.gate, { ...demo.options, description })) as never)
    const bob = { subject: 'bob@acme.example', ownerId: 'acme', scopes: ['read:orders'] } as const
    await demo.gate
      .as(bob)
      .keys.create({ name: 'Of Bob', ownerId: 'acme', environment: 'live', scopes: bob.scopes })
    before = await keysNow()
    for (const person of ['ann', 'bob', 'kim', 'lee']) {
      found.set(person, await walk(served.origin, person, demo.clock))
    }
  }, 120_000)
  afterAll(async () => {
    served.server.close()
    await demo.close()
  })

  const pages = () => [...found.values()].flatMap(({ seen }) => seen)
  const html = () =>
    pages().filter(({ headers }) => headers.get('content-type')?.startsWith('text/html'))

  test('are below the mount, and are there, with their files; a look changes no key', async () => {
    const of = new Map([...found].map(([person, { seen }]) => [person, seen.length]))
    expect(of.get('ann')).toBeGreaterThan(70)
    expect(
      pages()
        .filter(({ status }) => status !== 200)
        .map(({ url }) => url.href),
    ).toEqual([])
    for (const { outside } of found.values()) {
      expect([...outside]).toEqual([`${served.origin}/sign-out`])
    }
    const paths = new Set(pages().map(({ url }) => url.pathname.slice(AT.length)))
    const files = [
      'usage.csv',
      'audit.csv',
      'audit.ndjson',
      'docs/openapi.json',
      'docs/postman.json',
    ]
    const lists = [
      '',
      'keys',
      'keys/new',
      'reminders',
      'usage',
      'audit',
      'review',
      'docs',
      'access',
    ]
    for (const path of [...files, ...lists, 'reviews', 'requests', `requests/${demo.request}`]) {
      expect([path, paths.has(path)]).toEqual([path, true])
    }
    expect(await keysNow()).toEqual(before)
  })

  test('have the headers, no cookie, one heading, a title of their own and nothing inline', () => {
    const titles = new Map<string, string>()
    for (const { url, headers, text } of html()) {
      const own = Object.keys(SAFE_HEADERS).map((name) => [name, headers.get(name)])
      expect([url.href, Object.fromEntries(own)]).toEqual([url.href, SAFE_HEADERS])
      expect(headers.get('set-cookie')).toBeNull()
      expect([url.href, text.match(/<h1/g)?.length]).toEqual([url.href, 1])
      expect(text).toMatch(/<html lang="en">/)
      expect(text).not.toMatch(
        /<[^>]* (?:style|on[a-z]+)=|javascript:|<style|<script(?! type="module" src=)/,
      )
      const [, title = ''] = /<title>([^<]*)<\/title>/.exec(text) ?? []
      const at = titles.get(title) ?? url.pathname
      titles.set(title, at)
      expect([title, url.pathname.replace(/key_\w+/, 'ID')]).toEqual([
        title,
        at.replace(/key_\w+/, 'ID'),
      ])
    }
  })

  test('have forms that change nothing from elsewhere, without their token, or with that of another session', async () => {
    const tried = new Set<string>()
    for (const [person, { seen }] of found) {
      for (const { url, text } of seen) {
        for (const { url: to, fields } of formsIn(text, url)) {
          const kind = to.pathname.replace(/key_\w+/, 'ID')
          if (tried.has(kind)) continue
          tried.add(kind)
          const token = fields.filter(([name]) => name === 'form_token')
          expect([kind, token]).toEqual([kind, [['form_token', tokenIn(text)]]])
          const others = fields.filter(([name]) => name !== 'form_token')
          const statuses: number[] = []
          const send = async (
            form: [string, string][],
            headers: Record<string, string>,
            as = person,
          ) => {
            demo.clock.advance('2s')
            const sent = {
              method: 'POST',
              redirect: 'manual',
              body: new URLSearchParams(form),
            } as const
            const cookie = `person=${as}`
            statuses.push((await fetch(to, { ...sent, headers: { cookie, ...headers } })).status)
          }
          const here = { 'sec-fetch-site': 'same-origin' }
          await send(fields, { 'sec-fetch-site': 'cross-site' })
          await send(fields, { 'sec-fetch-site': 'same-site' })
          await send(fields, { origin: 'null' })
          await send(fields, { origin: 'https://evil.example' })
          await send(fields, {})
          await send(others, here)
          await send([...others, ['form_token', 'x']], here)
          await send(fields, here, `${person}.2`)
          expect([kind, statuses]).toEqual([kind, Array(8).fill(403)])
        }
      }
    }
    const kinds = ['keys', 'reminders', 'reviews', 'access', 'people/bob%40acme.example/revoke']
    const ofKey = ['edit', 'rotate', 'pause', 'resume', 'revoke', 'end'].map(
      (one) => `keys/ID/${one}`,
    )
    const decisions = ['approve', 'deny'].map((one) => `requests/${demo.request}/${one}`)
    expect([...tried].sort()).toEqual(
      expect.arrayContaining([...kinds, ...ofKey, ...decisions].map((one) => `${AT}${one}`)),
    )
    expect(await keysNow()).toEqual(before)
  }, 60_000)
})
