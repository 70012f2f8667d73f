import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type AuditOptions,
  type GateEvent,
  type KeyStore,
} from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createTestClock } from 'sallyport/testing'
import { keptSink, SIGNING } from '../audit/gates.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Given {
  readonly audit?: Partial<AuditOptions>
  readonly store?: KeyStore
  readonly time?: ReturnType<typeof createTestClock>
}

function open({ audit, store = createMemoryKeyStore(), time = createTestClock() }: Given = {}) {
  const seen: GateEvent[] = []
  const gate = createGate({
    ...{
      environment: ['live', 'test'],
      keys: { prefix: 'acme', store },
      scopes: ['read', 'write'],
    },
    clock: time.clock,
    audit: { sink: keptSink(), unusual: true, ...audit },
    bruteForce: false,
    notify: (event) => seen.push(event),
    onError: () => undefined,
  })
  closing.push(() => gate.close())
  const create = async (ownerId = 'org_1') => {
    const input = { name: 'CI', ownerId, environment: 'live', scopes: ['read'] } as const
    return gate.keys.create(input)
  }
  const check = async (secret: string, address: string, scopes: readonly 'write'[] = []) => {
    const rawHeaders = ['X-API-Key', secret]
    const peer = { address, encrypted: true }
    return gate.check({ method: 'GET', url: '/', rawHeaders, peer }, { scopes })
  }
  /** What is unusual, since this was asked last. */
  const told = async () => {
    await gate.events.run()
    const found = seen.splice(0).filter(({ type }) => type === 'audit.unusual')
    return found.map(({ data }) => data)
  }
  return { gate, time, create, check, told }
}

const [HOME, ELSEWHERE] = ['198.51.100.7', '203.0.113.9'] as const

/** Days with some requests each at 10 o'clock, of UTC. */
async function live({ time, check }: ReturnType<typeof open>, secret: string, days: number) {
  for (let day = 0; day < days; day++) {
    time.advance('10h')
    for (let each = 0; each < 5; each++) await check(secret, HOME)
    time.advance('14h')
  }
}

describe('what is unusual becomes an event when it happens', () => {
  test('a new address, after the first week, once', async () => {
    const opened = open()
    const { time, create, check, told } = opened
    const { secret, id } = await create()
    await live(opened, secret, 6)
    await check(secret, '192.0.2.1')
    expect(await told()).toEqual([])
    await live(opened, secret, 2)
    time.advance('10h')
    await check(secret, HOME)
    await check(secret, '192.0.2.1')
    expect(await told()).toEqual([])
    await check(secret, ELSEWHERE)
    await check(secret, ELSEWHERE)
    const facts = { id: `live:key:${id}`, keyId: id, ownerId: 'org_1', environment: 'live' }
    expect(await told()).toEqual([{ what: 'new_address', client: ELSEWHERE, ...facts }])
    time.advance('1d')
    await check(secret, ELSEWHERE)
    expect(await told()).toEqual([])
  })

  test('an unusual hour, once it is known which are usual', async () => {
    const opened = open()
    const { time, create, check, told } = opened
    const { secret } = await create()
    await live(opened, secret, 13)
    time.advance('3h')
    await check(secret, HOME)
    expect(await told()).toEqual([])
    time.advance('7h')
    await check(secret, HOME)
    time.advance('14h')
    time.advance('29h')
    await check(secret, HOME)
    await check(secret, HOME)
    expect(await told()).toMatchObject([{ what: 'unusual_hour', hour: 5 }])
  })

  test('more than usual, once a week', async () => {
    const opened = open()
    const { time, create, check, told } = opened
    const { secret } = await create()
    await live(opened, secret, 21)
    time.advance('10h')
    for (let each = 0; each < 140; each++) await check(secret, HOME)
    expect(await told()).toMatchObject([{ what: 'more_than_usual', usual: 35, requests: 135 }])
    for (let each = 0; each < 140; each++) await check(secret, HOME)
    expect(await told()).toEqual([])
  })

  test('many denials within a minute, also of nobody that is known, once an hour', async () => {
    const { time, create, check, told } = open()
    const { secret, id } = await create()
    for (let each = 0; each < 49; each++) await check(secret, HOME, ['write'])
    time.advance('1m')
    for (let each = 0; each < 49; each++) await check(secret, HOME, ['write'])
    expect(await told()).toEqual([])
    await check(secret, HOME, ['write'])
    const burst = { what: 'denied_burst', denied: 50 }
    expect(await told()).toMatchObject([{ ...burst, keyId: id, reason: 'insufficient_scope' }])
    for (let each = 0; each < 200; each++) await check(secret, HOME, ['write'])
    expect(await told()).toEqual([])
    for (let each = 0; each < 60; each++) await check('acme_live_sk_wrong', ELSEWHERE)
    expect(await told()).toEqual([
      { ...burst, client: ELSEWHERE, reason: 'unknown_key', id: `address ${ELSEWHERE}` },
    ])
    time.advance('1h')
    for (let each = 0; each < 60; each++) await check(secret, HOME, ['write'])
    expect(await told()).toMatchObject([burst])
  })
})

describe('what many others do hides nothing', () => {
  /** Callers of an organization of its own, such as of an issuer: one for each name, from one address. */
  function openCrowd() {
    const opened = open()
    const { gate, time, told } = opened
    const come = async (ownerId: string, subject: string, address: string) =>
      gate.check(
        { method: 'GET', url: '/', rawHeaders: [], peer: { address, encrypted: true } },
        { otherwise: () => ({ ownerId, subject, scopes: ['read'] }) },
      )
    return { ...opened, come, told, time }
  }

  test('an organization with more callers than are known pushes out its own', async () => {
    const { come, told, time } = openCrowd()
    await come('org_1', 'ann', HOME)
    for (let n = 0; n < 10_001; n++) await come('crowd', String(n), HOME)
    time.advance('8d')
    await come('org_1', 'ann', ELSEWHERE)
    expect(await told()).toMatchObject([{ what: 'new_address', subject: 'ann' }])
  })

  test('guesses from many addresses of one network are a burst', async () => {
    const { check, told } = open()
    for (let n = 0; n < 60; n++) {
      await check('acme_live_sk_wrong', `2001:db8:1:${n.toString(16)}::1`)
    }
    expect(await told()).toMatchObject([{ what: 'denied_burst', denied: 50 }])
  })

  test('addresses of nobody known push out no burst of a caller', async () => {
    const { create, check, told } = open()
    const { secret, id } = await create()
    for (let n = 0; n < 49; n++) await check(secret, HOME, ['write'])
    for (let n = 0; n < 10_001; n++) {
      await check('acme_live_sk_wrong', `10.0.${String(n >> 8)}.${String(n & 255)}`)
    }
    await check(secret, HOME, ['write'])
    expect(await told()).toMatchObject([{ what: 'denied_burst', denied: 50, keyId: id }])
  })
})

test('two instances tell of one thing once', async () => {
  const [store, time] = [createMemoryKeyStore(), createTestClock()]
  const [one, other] = [open({ store, time }), open({ store, time })]
  const { secret } = await one.create()
  for (let each = 0; each < 60; each++) {
    await one.check(secret, HOME, ['write'])
    await other.check(secret, HOME, ['write'])
  }
  await Promise.all([one.gate.events.run(), other.gate.events.run()])
  expect([...(await one.told()), ...(await other.told())]).toHaveLength(1)
})

describe('an instance that starts', () => {
  async function restarted(key?: string) {
    const directory = mkdtempSync(join(tmpdir(), 'unusual-'))
    closing.push(() => {
      rmSync(directory, { recursive: true })
    })
    const [store, time] = [createMemoryKeyStore(), createTestClock()]
    const audit = () => ({
      sink: createAuditFiles(directory, { clock: time.clock }),
      ...(key !== undefined && { key }),
    })
    const before = open({ store, time, audit: audit() })
    const { secret } = await before.create()
    await live(before, secret, 9)
    await before.gate.close()
    const after = open({ store, time, audit: audit() })
    time.advance('10h')
    await after.check(secret, HOME)
    await after.check(secret, ELSEWHERE)
    // It reads the trail meanwhile.
    const end = performance.now() + 20_000
    while (performance.now() < end) {
      const found = await after.told()
      if (found.length > 0) return found
      await new Promise((resolve) => setImmediate(resolve))
    }
    return []
  }

  test('knows from the trail what was usual', async () => {
    expect(await restarted()).toMatchObject([{ what: 'new_address', client: ELSEWHERE }])
  })
  test('believes what a checkpoint vouches for', async () => {
    expect(await restarted(SIGNING.key)).toMatchObject([{ what: 'new_address' }])
  })
})

test('without the option, nothing is told; with it, somebody must be there', async () => {
  const { create, check, told } = open({ audit: { unusual: false } })
  const { secret } = await create()
  for (let each = 0; each < 60; each++) await check(secret, HOME, ['write'])
  expect(await told()).toEqual([])
  const options = { environment: 'live', keys: { prefix: 'acme' }, scopes: [] }
  const audit = { sink: keptSink(), unusual: true }
  expect(() => createGate({ ...options, audit })).toThrow(
    "createGate: 'audit.unusual' makes events; give 'notify' or 'webhooks' as well",
  )
})
