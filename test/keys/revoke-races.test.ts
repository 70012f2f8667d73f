import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyChanged, type KeyStore } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createBus } from './bus.js'
import { CI, openInstance } from './instances.js'

interface Racing {
  readonly memory: KeyStore
  readonly versions: (number | undefined)[]
  readonly race: { meanwhile: () => unknown }
  readonly store: KeyStore
}

/** A store before each change of which somebody else may do something; it writes down of which versions its changes are to be. */
function openRacing(together = true): Racing {
  const memory = createMemoryKeyStore()
  const versions: (number | undefined)[] = []
  const race: { meanwhile: () => unknown } = { meanwhile: () => undefined }
  const store: KeyStore = {
    ...memory,
    update: async (id, patch, version) => {
      versions.push(version)
      // Whoever changes one key says of which version.
      if (!Number.isInteger(version)) throw new Error('no version')
      await race.meanwhile()
      return memory.update(id, patch, version)
    },
    updateAll: async (changes) => {
      versions.push(...changes.map(({ expectedVersion }) => expectedVersion))
      await race.meanwhile()
      return memory.updateAll?.(changes) ?? false
    },
  }
  const { updateAll: _, ...single } = store
  return { memory, versions, race, store: together ? store : single }
}

describe('a revocation while somebody changes the key again and again', () => {
  test('wins at the second try, where the store can change any version of it', async () => {
    const { memory, versions, race, store } = openRacing()
    const { gate, verdict } = openInstance(store)
    const { id, secret } = await gate.keys.create(CI)
    const other = openInstance(memory).gate.keys
    let names = 0
    race.meanwhile = () => other.update(id, { name: `Name ${String(++names)}` })
    expect(await gate.keys.revoke(id)).toMatchObject({ state: 'revoked' })
    expect(versions).toEqual([1, undefined])
    expect(await verdict(secret)).toBe('key_revoked')
  })

  test('wins as soon as it is faster, where it cannot, and is tried many times', async () => {
    const { memory, versions, race, store } = openRacing(false)
    const { gate, verdict } = openInstance(store)
    const { id, secret } = await gate.keys.create(CI)
    const other = openInstance(memory).gate.keys
    race.meanwhile = async () => {
      if (versions.length < 90) await other.update(id, { disabled: versions.length % 2 === 0 })
    }
    await gate.keys.revoke(id)
    expect(await verdict(secret)).toBe('key_revoked')
  })
})

describe('a revocation tells the others the version that it has made', () => {
  async function openTelling(store: KeyStore, memory: KeyStore) {
    const told: KeyChanged[] = []
    const { feed } = createBus()
    await feed.listen({ changed: (change) => told.push(change), lost: () => undefined })
    const { gate } = openInstance(store, { changes: feed })
    const { id } = await openInstance(memory).gate.keys.create(CI)
    return { gate, id, told }
  }

  test('of a version that it knows', async () => {
    const { memory, store } = openRacing()
    const { gate, id, told } = await openTelling(store, memory)
    await gate.keys.revoke(id)
    expect(told).toEqual([{ id, version: 2 }])
    await gate.close()
  })

  test('of any version', async () => {
    const { memory, race, store } = openRacing()
    const { gate, id, told } = await openTelling(store, memory)
    race.meanwhile = async () => {
      const { version = 0 } = (await memory.findById(id)) ?? {}
      await memory.update(id, { name: `Name ${String(version)}` }, version)
    }
    await gate.keys.revoke(id)
    // The first try lost against one name, and the second one came after another.
    expect(told).toEqual([{ id, version: 4 }])
    await gate.close()
  })

  test('where the key is gone after that: at least the first', async () => {
    const { memory, race, store } = openRacing()
    let gone = false
    const findById: KeyStore['findById'] = (id) => (gone ? undefined : memory.findById(id))
    const updateAll: KeyStore['updateAll'] = async (changes) => {
      const done = (await store.updateAll?.(changes)) ?? false
      gone = done
      return done
    }
    const { gate, id, told } = await openTelling({ ...store, findById, updateAll }, memory)
    race.meanwhile = async () => {
      await memory.update(id, { name: 'Faster' }, 1)
    }
    await gate.keys.revoke(id)
    expect(told).toEqual([{ id, version: 1 }])
    await gate.close()
  })
})

test('a revocation without a reason stores none', async () => {
  const memory = createMemoryKeyStore()
  const patches: unknown[] = []
  const update: KeyStore['update'] = (id, patch, version) => {
    patches.push(patch)
    return memory.update(id, patch, version)
  }
  const { gate } = openInstance({ ...memory, update })
  await gate.keys.revoke((await gate.keys.create(CI)).id)
  expect(patches).toStrictEqual([{ revokedAt: expect.any(Date) }])
})

test('a revocation that is refused says what was asked for', async () => {
  const { gate } = openInstance()
  const { id } = await gate.keys.create(CI)
  await expect(gate.keys.revoke(id, { reason: '' })).rejects.toThrow('gate.keys.revoke')
})

describe('a revocation after the grace of a rotation', () => {
  async function openOver() {
    const time = createTestClock()
    const instance = openInstance(createMemoryKeyStore(), { clock: time.clock })
    const { keys } = instance.gate
    const old = await keys.create(CI)
    const next = await keys.rotate(old.id, { gracePeriod: '1h' })
    time.advance('1h')
    return { ...instance, keys, old, next }
  }

  test('changes nothing of the older one, which has ended', async () => {
    const { keys, old, next } = await openOver()
    await keys.revoke(next.id)
    expect(await keys.get(old.id)).toMatchObject({ state: 'expired' })
  })

  test('of the older one leaves the newer one', async () => {
    const { keys, old, next, verdict } = await openOver()
    await keys.revoke(old.id)
    expect(await verdict(next.secret)).toBe('allowed')
  })
})

describe('whoever holds a key and ends it', () => {
  /** A key whose holder ends it, and somebody who does something before it is read for that. */
  async function openHeld(fields: { readonly endsInMs?: number } = {}) {
    const memory = createMemoryKeyStore()
    const race: { meanwhile: () => unknown } = { meanwhile: () => undefined }
    let reads = 0
    const findById: KeyStore['findById'] = async (id) => {
      // The first looks again at who asks, and the second is that of the change.
      if (++reads === 2) await race.meanwhile()
      return memory.findById(id)
    }
    const time = createTestClock()
    const { gate } = openInstance(
      { ...memory, findById },
      { clock: time.clock, scopes: ['manage'] },
    )
    const other = openInstance(memory, { clock: time.clock }).gate.keys
    const { endsInMs } = fields
    const expiresAt = endsInMs === undefined ? {} : { expiresAt: new Date(time.clock() + endsInMs) }
    const key = await other.create({ ...CI, ...expiresAt })
    const answerCall = gate.endpoints.keys({ scopes: ['manage'] })
    const ask = async (body: object) => {
      const request = {
        ...{ method: 'DELETE', url: '/keys/self', rawHeaders: ['X-API-Key', key.secret] },
        peer: { address: '203.0.113.9', encrypted: true },
      }
      const call = { request, target: '/self', parsed: body, stream: Readable.from([]) }
      return answerCall(call)
    }
    const end = async () => (await ask({})).status
    return { race, time, other, key, ask, end }
  }

  test('leaves the moment and the reason of who was faster', async () => {
    const { race, time, other, key, ask } = await openHeld()
    race.meanwhile = async () => {
      await other.revoke(key.id, { reason: 'leaked' })
      time.advance('1s')
    }
    expect(await ask({ reason: 'lost' })).toMatchObject({ status: 204 })
    expect(await other.get(key.id)).toMatchObject({
      revocationReason: 'leaked',
      revokedAt: new Date(time.clock() - 1_000),
    })
  })

  test('ends it alone in the grace of its rotation, and at once', async () => {
    const { time, other, key, end } = await openHeld()
    const next = await other.rotate(key.id)
    expect(await end()).toBe(204)
    expect(await other.get(key.id)).toMatchObject({
      state: 'expired',
      expiresAt: new Date(time.clock()),
    })
    expect(await other.get(next.id)).toMatchObject({ state: 'active' })
  })

  test('leaves the end of one whose grace has ended meanwhile', async () => {
    const { race, time, other, key, end } = await openHeld()
    await other.rotate(key.id, { gracePeriod: '1h' })
    const before = await other.get(key.id)
    race.meanwhile = () => {
      time.advance('2h')
    }
    expect(await end()).toBe(204)
    expect(await other.get(key.id)).toMatchObject({
      state: 'expired',
      expiresAt: before?.expiresAt,
    })
  })

  test('revokes one that has expired meanwhile, and was not rotated', async () => {
    const { race, time, other, key, end } = await openHeld({ endsInMs: 1_000 })
    race.meanwhile = () => {
      time.advance('2s')
    }
    expect(await end()).toBe(204)
    expect(await other.get(key.id)).toMatchObject({ state: 'revoked' })
  })

  test.each([
    ['reason', { reason: '' }],
    ['descendants', { descendants: 7 }],
  ])('is told what is wrong with %s', async (name, body) => {
    const { other, key, ask } = await openHeld()
    const answer = await ask(body)
    expect(answer).toMatchObject({ status: 400 })
    expect(String(answer.body)).toContain(`"detail":"'${name}' `)
    expect(await other.get(key.id)).toMatchObject({ state: 'active' })
  })
})

test.each([undefined, false, true])(
  'a revocation ends what the key has made only where that is asked for: %s',
  async (descendants) => {
    const { gate } = openInstance(createMemoryKeyStore(), { scopes: ['manage'] })
    const maker = await gate.keys.create({ ...CI, scopes: ['manage'] })
    const request = {
      ...{ method: 'POST', url: '/keys', rawHeaders: ['X-API-Key', maker.secret] },
      peer: { address: '203.0.113.9', encrypted: true },
    }
    const parsed = { name: 'Made' }
    const call = { request, target: '', parsed, stream: Readable.from([]) }
    expect(await gate.endpoints.keys({ scopes: ['manage'] })(call)).toMatchObject({ status: 201 })
    await gate.keys.create({ ...CI, name: 'Other' })
    const reason = 'leaked'
    await gate.keys.revoke(maker.id, { reason, ...(descendants !== undefined && { descendants }) })
    const { items } = await gate.keys.list()
    const reasons = Object.fromEntries(items.map((key) => [key.name, key.revocationReason]))
    const made = descendants === true ? reason : undefined
    expect(reasons).toEqual({ CI: reason, Made: made, Other: undefined })
  },
)
