import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { ANN, openConsole, SCOPES, type Scope } from './harness.js'

/** A store that names each call. */
function counting(store: KeyStore, calls: string[]): KeyStore {
  return new Proxy(store, {
    get(target, name, receiver): unknown {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => {
        calls.push(String(name))
        return Reflect.apply(member, target, given)
      }
    },
  })
}

test('a page of 200 keys makes four calls of the store at most', async () => {
  const calls: string[] = []
  const store = counting(createMemoryKeyStore(), calls)
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
  })
  const { send } = openConsole({}, gate)
  for (let at = 0; at < 200; at++) {
    await gate.keys.create({ name: `Key ${String(at)}`, ownerId: 'org_1', environment: 'live' })
  }
  // Its successor is on the first page, and the old one is not.
  const [oldest] = (await gate.keys.list({ search: 'Key 0' })).items
  await gate.keys.rotate(oldest?.id ?? '', { gracePeriod: '7d' })
  for (const path of ['/keys', '/keys?q=Key&state=active&environment=live']) {
    calls.splice(0)
    const { text } = await send(path)
    expect(text.match(/<th scope="row"/g)).toHaveLength(50)
    expect(calls.filter((name) => name !== 'changes').length).toBeLessThanOrEqual(4)
  }
  await gate.close()
})

/** The page of keys of an owner with many of them in SQLite. @returns the calls of the store, and what a page takes */
async function openMany(keys: number) {
  const calls: string[] = []
  const sqlite = await openSqliteKeyStore(':memory:')
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], scopes: SCOPES },
    keys: { prefix: 'acme', store: counting(sqlite, calls) },
  })
  for (let at = 0; at < keys; at++) {
    await gate.keys.create({ name: `Key ${String(at)}`, ownerId: 'org_1', environment: 'live' })
  }
  const { send } = openConsole({}, gate)
  const look = async (path: string) => {
    calls.splice(0)
    const before = performance.now()
    const { status, text } = await send(path)
    const ms = performance.now() - before
    const shown = text.match(/<th scope="row"/g)?.length
    return { seen: [status, shown], ms, calls: calls.filter((name) => name !== 'changes') }
  }
  const close = async () => {
    await gate.close()
    sqlite.close()
  }
  return { look, close }
}

const LOOKS = ['/keys', '/keys?q=Key&state=active&environment=live', '/keys?sort=oldest', '/']

test('a page of keys makes the same calls of SQLite with 60 keys as with 10,000, and with 10,000 takes less than a second', async () => {
  const few = await openMany(60)
  const many = await openMany(10_000)
  for (const path of LOOKS) {
    const [one, other] = [await few.look(path), await many.look(path)]
    expect([path, other.seen, other.calls]).toEqual([path, one.seen, one.calls])
    if (path !== '/') {
      expect([path, other.seen]).toEqual([path, [200, 50]])
      expect(other.calls.length).toBeLessThanOrEqual(4)
    }
    expect(other.ms).toBeLessThan(1_000)
  }
  await few.close()
  await many.close()
}, 240_000)

test('an owner without keys is told what to do first', async () => {
  const { send } = openConsole()
  const overview = (await send('/')).text
  expect(overview).toContain('Start with a key')
  expect(overview).toContain('href="./keys/new">Make the first key</a>')
  const keys = (await send('/keys')).text
  expect(keys).toContain('There are no keys yet')
  expect(keys).toContain('href="./keys/new"')
  expect((await send('/keys', { as: 'viewer' })).text).toContain(
    'Ask somebody who can to create the first one',
  )
})

test('the form of a new key offers what the person may hand out, by level, with labels', async () => {
  const scopes = {
    'read:orders': { level: 1, title: 'Read orders', description: 'Orders and their lines.' },
    'write:orders': { level: 2, title: 'Change orders' },
    'manage:keys': { level: 9, title: 'Manage keys' },
  } as const
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test', 'lab'], keys: { prefix: 'acme' }, scopes },
  })
  const { send, people } = openConsole({}, gate)
  people.set('ann', { ...ANN, environments: ['live', 'test'] })
  const { text } = await send('/keys/new')
  const of = (name: string) =>
    [...text.matchAll(new RegExp(`type="(\\w+)"\\s+name="${name}"\\s+value="([^"]*)"`, 'g'))].map(
      ([, type, value]) => [type, value],
    )
  expect(of('environment')).toEqual([
    ['radio', 'live'],
    ['radio', 'test'],
  ])
  expect(of('scopes')).toEqual([
    ['checkbox', 'read:orders'],
    ['checkbox', 'write:orders'],
  ])
  const groups = text.split('<div class="group">').slice(1)
  expect(groups.map((group) => /value="([^"]*)"/.exec(group)?.[1])).toEqual([
    ...['read:orders', 'write:orders'],
  ])
  expect(groups[0]).toContain('Orders and their lines.')
  const ids = [...text.matchAll(/<(?:input|textarea|select)[^>]*\sid="(f-[\w-]+)"/g)].map(
    ([, id]) => id,
  )
  expect(ids.length).toBeGreaterThan(5)
  for (const id of ids) {
    const isLabelled =
      text.includes(`for="${String(id)}"`) ||
      /^f-(?:environment|kind|scopes|expiry|tenants?\w*)$/.test(String(id))
    expect([id, isLabelled]).toEqual([id, true])
  }
  await gate.close()
})

test('the table of keys has a caption and a column for each of its facts, and neither secret nor digest', async () => {
  const store = createMemoryKeyStore()
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
  })
  const { send } = openConsole({}, gate)
  const { id, secret } = await gate.keys.create({
    ...{ name: 'Billing', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] },
  })
  const { text } = await send('/keys')
  const digest = Buffer.from((await store.findById(id))?.digest ?? '').toString()
  expect(digest).not.toBe('')
  expect(text).not.toContain(secret)
  expect(text).not.toContain(digest)
  const row = text.split('<tr role="row">').find((one) => one.includes(`keys/${id}"`)) ?? ''
  const hint = (await gate.keys.get(id))?.hint ?? 'none'
  for (const fact of ['Billing', hint, 'live', 'read:orders', 'the API', 'Never', 'Active']) {
    expect(row).toContain(fact)
  }
  expect(row).toMatch(/data-name="Rotation due">.*<time/)
  expect(text).toMatch(/<caption>\s*API keys\s*<\/caption>/)
  const columns = [...text.matchAll(/role="columnheader"\s*>\s*([^<]*?)\s*<\/th>/g)].map(
    ([, title]) => title,
  )
  expect(columns).toEqual([
    ...['Key', 'Environment', 'Scopes', 'Created by', 'Last used', 'State', 'Rotation due'],
  ])
  await gate.close()
})
