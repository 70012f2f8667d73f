import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { buildCommand } from '../cli/command.js'
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
  const audit = join(folder, 'audit')
  const first = (await start('--database', file, '--audit', audit)).credentials
  const secret = await createKey(first['admin'])
  expect(await statusOf(secret)).toBe(200)
  await stop()
  // The last to close a file takes its log into it: it was closed.
  expect(existsSync(`${file}-wal`)).toBe(false)
  const second = (await start('--database', file, '--audit', audit)).credentials
  expect(await statusOf(secret)).toBe(200)
  expect(await statusOf(first['live'])).toBe(401)
  expect(await statusOf(second['live'])).toBe(200)
  expect(second['documented']).toBe(first['documented'])
  expect(await statusOf(second['documented'])).toBe(200)
  await stop()
  await expectProof(audit)
}, 60_000)

/** The trail of two starts is one chain, signed to its end; a changed byte is found. */
async function expectProof(audit: string): Promise<void> {
  const command = buildCommand()
  try {
    const key = resolve(import.meta.dirname, '../../.data/healthcloud/keys/audit.pub.pem')
    const verify = () => command.run(['audit', 'verify', audit, '--public-key', key, '--json'])
    const { code, out, err } = await verify()
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({ findings: [] })
    const [name = ''] = readdirSync(audit, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.jsonl'),
    )
    const text = readFileSync(join(audit, name), 'utf8')
    writeFileSync(join(audit, name), text.replace('"GET"', '"PUT"'))
    expect((await verify()).code).toBe(1)
  } finally {
    command.remove()
  }
}

test('in memory, it does not', async () => {
  const secret = await createKey((await start('--database', ':memory:')).credentials['admin'])
  expect(await statusOf(secret)).toBe(200)
  await stop()
  await start('--database', ':memory:')
  expect(await statusOf(secret)).toBe(401)
}, 60_000)
