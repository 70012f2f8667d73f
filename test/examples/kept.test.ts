import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, expect, jest, test } from '@jest/globals'
import { createNimbusPartners } from '../../examples/nimbus/gate.js'
import { openStores } from '../../examples/stores.js'
import { startExample, type RunningExample } from '../contracts/server.js'
import { openBrowser, throughProxy } from './browser.js'

// What an example has promised before it was stopped holds when it is started again.
jest.setTimeout(60_000)

const REDIRECT_URI = 'https://client.example/callback'
const folder = mkdtempSync(join(tmpdir(), 'sallyport-kept-'))
let running: RunningExample | undefined

afterEach(async () => {
  await running?.stop()
  running = undefined
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Stops what runs, and starts an example over the same file. */
async function start(system: string): Promise<RunningExample> {
  await running?.stop()
  running = undefined
  const places = ['--database', join(folder, `${system}.db`), '--audit', join(folder, system)]
  running = await startExample(system, 'koa', {}, ...places)
  return running
}

type Tokens = Readonly<Record<'access_token' | 'refresh_token', string>>

/** The API as its clients see it, with an authorization server beside it. */
function open({ url, credentials }: RunningExample, origin: string) {
  const send = throughProxy(url, origin)
  const login = { client_id: 'demo-client', client_secret: credentials['oauthClient'] ?? '' }

  async function post(path: string, fields: Readonly<Record<string, string>>) {
    const body = new URLSearchParams({ ...login, ...fields })
    return send(path, { method: 'POST', body })
  }

  async function signIn(): Promise<Tokens> {
    const asked = new URL('/oauth/authorize', origin)
    const wanted = { client_id: 'demo-client', redirect_uri: REDIRECT_URI, scope: 'read' }
    asked.search = String(new URLSearchParams({ ...wanted, response_type: 'code' }))
    const browser = openBrowser(send)
    const page = await browser.open(asked)
    const person = { name: 'demo', password: credentials['password'] ?? '' }
    const { at } = await browser.submit(page.at, person)
    const code = at.searchParams.get('code') ?? ''
    const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }
    return (await (await post('/oauth/token', exchange)).json()) as Tokens
  }

  const use = async (token: string) =>
    (await send('/v1/users', { headers: { authorization: `Bearer ${token}` } })).status
  return { post, signIn, use }
}

test('reference: tokens and what was revoked outlive a restart', async () => {
  const origin = 'https://api.reference.example'
  const before = open(await start('reference'), origin)
  const [kept, ended] = [await before.signIn(), await before.signIn()]
  await before.post('/oauth/revoke', { token: ended.refresh_token })
  expect([await before.use(kept.access_token), await before.use(ended.access_token)]).toEqual([
    200, 401,
  ])
  const after = open(await start('reference'), origin)
  expect([await after.use(kept.access_token), await after.use(ended.access_token)]).toEqual([
    200, 401,
  ])
  const refresh = (token: string) =>
    after.post('/oauth/token', { grant_type: 'refresh_token', refresh_token: token })
  const renewed = await refresh(kept.refresh_token)
  expect(renewed.status).toBe(200)
  expect(await after.use(((await renewed.json()) as Tokens).access_token)).toBe(200)
  expect((await refresh(ended.refresh_token)).status).toBe(400)
})

test('healthcloud: a token that a key was exchanged for outlives a restart', async () => {
  const call = (url: string, path: string, token: string, init: RequestInit = {}) =>
    fetch(url + path, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'x-forwarded-proto': 'https' },
    })
  const first = await start('healthcloud')
  const printed = first.credentials['documented'] ?? ''
  const granted = await call(first.url, '/v1/auth/token', printed, { method: 'POST' })
  const { access_token: token } = (await granted.json()) as Tokens
  const second = await start('healthcloud')
  expect((await call(second.url, '/v1/organizations', token)).status).toBe(200)
})

test('healthsync: a token of a service account outlives a restart', async () => {
  const origin = 'https://api.healthsync.com'
  const statusOf = async ({ url }: RunningExample, token: string) =>
    (
      await throughProxy(url, origin)('/v1/records', {
        headers: { authorization: `Bearer ${token}` },
      })
    ).status
  const first = await start('healthsync')
  const token = first.credentials['serviceToken'] ?? ''
  expect(await statusOf(first, token)).toBe(200)
  expect(await statusOf(await start('healthsync'), token)).toBe(200)
  const key = resolve(import.meta.dirname, '../../.data/healthsync/keys/tokens.pem')
  expect(statSync(key).mode & 0o777).toBe(0o600)
})

test('nimbus: what an organization was allowed outlives a restart, and each demo partner is admitted once', async () => {
  await start('nimbus')
  const file = join(folder, 'nimbus.db')
  const { access: stores, close } = await openStores(file)
  const access = createNimbusPartners(stores)
  const staff = { id: 'sam', ownerId: 'nimbus' }
  const [waiting] = (await access.of('partner_waiting')).requests
  await access.approve(String(waiting?.id), { by: staff })
  await close()
  await start('nimbus')
  const again = await openStores(file)
  const after = createNimbusPartners(again.access)
  expect((await after.of('partner_waiting')).requests.map(({ state }) => state)).toEqual([
    'approved',
  ])
  expect((await after.of('partner_1')).requests).toHaveLength(1)
  expect((await after.of('partner_new')).requests.map(({ state }) => state).sort()).toEqual([
    'ended',
    'suspended',
  ])
  await again.close()
})
