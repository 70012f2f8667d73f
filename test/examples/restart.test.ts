import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { startAsInReadme, type RunningExample } from '../contracts/server.js'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-examples-'))
let running: RunningExample | undefined

afterEach(async () => {
  await running?.stop()
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

async function start(...more: readonly string[]): Promise<RunningExample> {
  running = await startAsInReadme('healthcloud', 'express', {}, ...more)
  return running
}

async function stop(): Promise<void> {
  await running?.stop()
  running = undefined
}

async function call(path: string, secret: string | undefined, init: RequestInit = {}) {
  const headers = {
    authorization: `Bearer ${String(secret)}`,
    'content-type': 'application/json',
    'x-forwarded-proto': 'https',
  }
  return fetch(`${String(running?.url)}${path}`, { ...init, headers })
}

/** A key that a user makes over HTTP. */
async function createKey(admin: string | undefined): Promise<string> {
  const body = JSON.stringify({ name: 'CI', scopes: ['read:patients'] })
  const created = await call('/v1/keys', admin, { method: 'POST', body })
  expect(created.status).toBe(201)
  const { secret } = (await created.json()) as { secret: string }
  return secret
}

const statusOf = async (secret: string | undefined) => (await call('/v1/patients', secret)).status

test('with a file, a key that a user made works after a restart, and the demo credentials are new', async () => {
  const file = join(folder, 'made/for/it/healthcloud.db')
  const first = (await start('--database', file)).credentials
  const secret = await createKey(first['admin'])
  expect(await statusOf(secret)).toBe(200)
  await stop()
  // The last to close a file takes its log into it: it was closed.
  expect(existsSync(`${file}-wal`)).toBe(false)
  const second = (await start('--database', file)).credentials
  expect(await statusOf(secret)).toBe(200)
  expect(await statusOf(first['live'])).toBe(401)
  expect(await statusOf(second['live'])).toBe(200)
  expect(second['documented']).toBe(first['documented'])
  expect(await statusOf(second['documented'])).toBe(200)
}, 60_000)

test('in memory, it does not', async () => {
  const secret = await createKey((await start('--database', ':memory:')).credentials['admin'])
  expect(await statusOf(secret)).toBe(200)
  await stop()
  await start('--database', ':memory:')
  expect(await statusOf(secret)).toBe(401)
}, 60_000)
