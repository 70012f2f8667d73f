import { describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyChange, type KeyStore } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createBus } from './bus.js'
import { CI, createSilentStore, openInstance } from './instances.js'

/** A store that writes down its changes, and lets `before` happen first. */
function watched(memory: KeyStore, before: (id: string) => unknown = () => undefined) {
  const together: (readonly KeyChange[])[] = []
  const single: string[] = []
  const store: KeyStore = {
    ...memory,
    update: async (id, patch, version) => {
      single.push(id)
      await before(id)
      return memory.update(id, patch, version)
    },
    updateAll: async (changes) => {
      together.push(changes)
      for (const { id } of changes) await before(id)
      return memory.updateAll?.(changes) ?? false
    },
  }
  return { store, together, single }
}

function withoutUpdateAll({ updateAll: _, ...store }: KeyStore): KeyStore {
  return store
}

/** A key that was rotated, and its successor. */
async function openGrace(store: KeyStore, options: Parameters<typeof openInstance>[1] = {}) {
  const time = createTestClock()
  const instance = openInstance(store, { clock: time.clock, ...options })
  const { keys } = instance.gate
  const old = await keys.create(CI)
  const next = await keys.rotate(old.id)
  const verdicts = async () => [
    await instance.verdict(old.secret),
    await instance.verdict(next.secret),
  ]
  expect(await verdicts()).toEqual(['allowed', 'allowed'])
  return { ...instance, time, keys, old, next, verdicts }
}

const OPERATOR = { subject: 'ann' }
const BOTH = ['key_revoked', 'key_revoked']

describe('revoking a key in a grace', () => {
  test('ends both in one step, where the store can', async () => {
    const { store, together, single } = watched(createMemoryKeyStore())
    const { keys, old, next, verdicts } = await openGrace(store)
    await keys.revoke(old.id, { reason: 'leaked' })
    expect(together.map((changes) => changes.map(({ id }) => id))).toEqual([[old.id, next.id]])
    expect(single).toEqual([])
    expect(await verdicts()).toEqual(BOTH)
    for (const { id } of [old, next]) {
      expect(await keys.get(id)).toMatchObject({ state: 'revoked', revocationReason: 'leaked' })
    }
  })

  test('ends both one after the other, where it cannot: the one that was asked for first', async () => {
    const { store, single } = watched(createMemoryKeyStore())
    const { keys, old, next, verdicts } = await openGrace(withoutUpdateAll(store))
    await keys.revoke(next.id)
    expect(single).toEqual([next.id, old.id])
    expect(await verdicts()).toEqual(BOTH)
  })

  test.each([
    ['ends the rest at the second try', true],
    ['leaves the rest to whoever tries again', false],
  ])('in two steps, of which the second fails, %s', async (_name, again) => {
    const memory = createMemoryKeyStore()
    let failing = true
    const { store } = watched(memory, (id) => {
      if (failing && id === target.old.id) throw new Error('connection reset')
    })
    const target = await openGrace(withoutUpdateAll(store))
    await expect(target.keys.revoke(target.next.id)).rejects.toThrow('The key store failed.')
    expect(await target.verdicts()).toEqual(['allowed', 'key_revoked'])
    failing = false
    if (again) await target.keys.revoke(target.next.id)
    expect(await target.verdicts()).toEqual(again ? BOTH : ['allowed', 'key_revoked'])
  })

  test('of which the other cannot be read ends the one that was asked for, and tells the failure', async () => {
    const memory = createMemoryKeyStore()
    let failing = false
    const store: KeyStore = {
      ...memory,
      findById: (id) => {
        if (failing && id === target.next.id) throw new Error('connection reset')
        return memory.findById(id)
      },
    }
    const target = await openGrace(store)
    failing = true
    await expect(target.keys.revoke(target.old.id)).rejects.toThrow('The key store failed.')
    expect(await target.verdicts()).toEqual(['key_revoked', 'allowed'])
    failing = false
    await target.keys.revoke(target.old.id)
    expect(await target.verdicts()).toEqual(BOTH)
  })

  test('in two steps, of which the second is tried again, tells the others of both', async () => {
    const memory = createSilentStore()
    const bus = createBus()
    let meanwhile = true
    const { store } = watched(memory, async (id) => {
      if (!meanwhile || id !== target.old.id) return
      meanwhile = false
      await memory.update(id, { name: 'Two' }, 2)
    })
    const target = await openGrace(withoutUpdateAll(store), { changes: bus.feed })
    const told: string[] = []
    await bus.feed.listen({ changed: ({ id }) => told.push(id), lost: () => undefined })
    await target.keys.revoke(target.next.id)
    expect(new Set(told)).toEqual(new Set([target.next.id, target.old.id]))
    expect(await target.verdicts()).toEqual(BOTH)
    await target.gate.close()
  })

  test('ends a predecessor that is disabled, which could be enabled again', async () => {
    const { keys, old, next } = await openGrace(createMemoryKeyStore())
    await keys.update(old.id, { disabled: true })
    await keys.revoke(next.id)
    await expect(keys.update(old.id, { disabled: false })).rejects.toMatchObject({
      code: 'not_active',
    })
  })

  test('again is harmless, and leaves the moment and the reason', async () => {
    const { keys, old, time } = await openGrace(createMemoryKeyStore())
    const { revokedAt } = await keys.revoke(old.id, { reason: 'leaked' })
    time.advance('1h')
    const again = await keys.revoke(old.id, { reason: 'lost' })
    expect(again).toMatchObject({ revokedAt, revocationReason: 'leaked', state: 'revoked' })
  })
})

describe('revoking one key of a grace alone', () => {
  test.each(['old', 'next'] as const)('leaves the other one: %s', async (which) => {
    const opened = await openGrace(createMemoryKeyStore())
    const { keys, verdicts } = opened
    const { id } = opened[which]
    expect(await keys.revoke(id, { alone: true, reason: 'moved' })).toMatchObject({
      ...{ state: 'revoked', revocationReason: 'moved' },
    })
    const expected = which === 'old' ? ['key_revoked', 'allowed'] : ['allowed', 'key_revoked']
    expect(await verdicts()).toEqual(expected)
    await keys.revoke(id, { alone: true })
    expect(await verdicts()).toEqual(expected)
  })

  test('of the old one, its grace is over: a second revocation does not end the successor', async () => {
    const { keys, old, verdicts } = await openGrace(createMemoryKeyStore())
    await keys.revoke(old.id, { alone: true })
    await keys.revoke(old.id)
    expect(await verdicts()).toEqual(['key_revoked', 'allowed'])
  })
})

describe('revoking a key alone', () => {
  test('is not asked for together with its descendants, whose first one is its successor', async () => {
    const { gate, keys, old, verdicts } = await openGrace(createMemoryKeyStore())
    const both = { alone: true, descendants: true }
    await expect(keys.revoke(old.id, both)).rejects.toMatchObject({
      ...{ name: 'MisuseError', code: 'invalid_key_input' },
      message: expect.stringContaining("'alone' or 'descendants', not both"),
    })
    const all = keys.revokeAll({ ownerId: old.ownerId, ...both })
    await expect(all).rejects.toMatchObject({ code: 'invalid_key_input' })
    for (const actor of [OPERATOR, { ...OPERATOR, ownerId: old.ownerId, scopes: [] }]) {
      const acting = gate.as(actor).keys.revoke(old.id, both)
      await expect(acting).rejects.toMatchObject({ code: 'invalid_key_input' })
    }
    expect(await verdicts()).toEqual(['allowed', 'allowed'])
    await keys.revoke(old.id, { alone: true, descendants: false })
    expect(await verdicts()).toEqual(['key_revoked', 'allowed'])
  })

  test('leaves the end of a key that is in no grace', async () => {
    const { keys, next, old, time } = await openGrace(createMemoryKeyStore())
    const expiresAt = new Date(time.clock() + 90_000)
    await keys.update(next.id, { expiresAt })
    expect(await keys.revoke(next.id, { alone: true })).toMatchObject({ expiresAt })
    const before = await keys.get(old.id)
    time.advance('25h')
    const revoked = await keys.revoke(old.id, { alone: true })
    expect(revoked).toMatchObject({ expiresAt: before?.expiresAt })
  })

  test('is done once: what was revoked is not written again', async () => {
    const { store, together, single } = watched(createMemoryKeyStore())
    const { keys, old } = await openGrace(store)
    await keys.revoke(old.id, { alone: true })
    const written = single.length + together.length
    expect(written).toBe(1)
    await keys.revoke(old.id, { alone: true })
    expect(single.length + together.length).toBe(written)
  })

  test('goes by what was read, and against whoever is faster again and again', async () => {
    const memory = createMemoryKeyStore()
    const versions: (number | undefined)[] = []
    let changed = 0
    const store: KeyStore = {
      ...memory,
      update: async (id, patch, version) => {
        versions.push(version)
        if (changed++ === 0) await memory.update(id, { name: 'Other' }, version)
        return memory.update(id, patch, version)
      },
      updateAll: (changes) => {
        versions.push(...changes.map(({ expectedVersion }) => expectedVersion))
        return memory.updateAll?.(changes) ?? false
      },
    }
    const { keys } = openInstance(store).gate
    const { id } = await keys.create(CI)
    const { version } = (await memory.findById(id)) ?? { version: 0 }
    expect(await keys.revoke(id, { alone: true })).toMatchObject({ state: 'revoked' })
    expect(versions).toEqual([version, undefined])
  })
})

describe('a key that was rotated', () => {
  test.each(['25h', null])('does not outlive its grace: %s', async (later) => {
    const { keys, old, time } = await openGrace(createMemoryKeyStore())
    const expiresAt = later === null ? null : new Date(time.clock() + 90_000_000)
    await expect(keys.update(old.id, { expiresAt })).rejects.toMatchObject({
      code: 'already_rotated',
    })
  })

  test('may end sooner, or be changed otherwise', async () => {
    const { keys, old, time, verdicts } = await openGrace(createMemoryKeyStore())
    await keys.update(old.id, { name: 'Old', expiresAt: new Date(time.clock() + 1_000) })
    time.advance('1s')
    expect(await verdicts()).toEqual(['key_expired', 'allowed'])
  })

  test('and disabled is ended by the rotation of its successor', async () => {
    const { keys, old, next } = await openGrace(createMemoryKeyStore())
    await keys.update(old.id, { disabled: true })
    await keys.rotate(next.id)
    await expect(keys.update(old.id, { disabled: false })).rejects.toMatchObject({
      code: 'not_active',
    })
  })
})

test.each(['rotate first', 'revoke first', 'rotate meanwhile'])(
  'of a rotation and a revocation at once, no secret is left: %s',
  async (order) => {
    const memory = createMemoryKeyStore()
    let meanwhile: () => unknown = () => undefined
    const { store } = watched(memory, () => {
      const now = meanwhile
      meanwhile = () => undefined
      return now()
    })
    const { gate, verdict } = openInstance(store)
    const other = openInstance(memory)
    const { id, secret } = await gate.keys.create(CI)
    const secrets = [secret]
    const rotate = async (keys = gate.keys) => {
      secrets.push((await keys.rotate(id)).secret)
    }
    if (order === 'rotate meanwhile') meanwhile = () => rotate(other.gate.keys)
    const calls = [() => gate.keys.revoke(id), ...(order === 'rotate meanwhile' ? [] : [rotate])]
    if (order === 'rotate first') calls.reverse()
    await Promise.allSettled(calls.map((call) => call()))
    for (const one of secrets) expect(await verdict(one)).toBe('key_revoked')
    const { items } = await gate.keys.list()
    expect(items.map(({ state }) => state)).toEqual(items.map(() => 'revoked'))
  },
)

test('a rotation that comes before the second try of a revocation leaves no secret', async () => {
  const memory = createMemoryKeyStore()
  const other = openInstance(memory).gate.keys
  const secrets: string[] = []
  const meanwhile = [
    () => other.update(id, { name: 'Faster' }),
    // The second try ends the key whatever has become of it.
    async () => secrets.push((await other.rotate(id)).secret),
  ]
  const { store } = watched(memory, () => meanwhile.shift()?.())
  const { gate, verdict } = openInstance(store)
  const { id, secret } = await gate.keys.create(CI)
  secrets.push(secret)
  await gate.keys.revoke(id)
  expect(secrets).toHaveLength(2)
  for (const one of secrets) expect(await verdict(one)).toBe('key_revoked')
})

test.each(['', ' ', 'x'.repeat(257), 7])('%j is no reason', async (reason) => {
  const { gate } = openInstance()
  const { id } = await gate.keys.create(CI)
  const options = { reason } as never
  await expect(gate.keys.revoke(id, options)).rejects.toMatchObject({ name: 'MisuseError' })
  await expect(
    gate.keys.revokeAll({ ownerId: 'org_1', ...(options as object) }),
  ).rejects.toMatchObject({ name: 'MisuseError' })
  expect(await gate.keys.get(id)).toMatchObject({ state: 'active' })
})

describe('revoking all keys of an owner', () => {
  const own = { ownerId: 'org_1' }

  test('ends those that stand, over all pages, with a reason, and no other', async () => {
    const { gate, verdict } = openInstance(createMemoryKeyStore(), {
      environment: ['live', 'test'],
    })
    const { keys } = gate
    const secrets: string[] = []
    for (let index = 0; index < 210; index++) {
      secrets.push((await keys.create({ ...CI, environment: 'live' })).secret)
    }
    const other = await keys.create({ ...CI, ownerId: 'org_2', environment: 'live' })
    const test = await keys.create({ ...CI, environment: 'test' })
    const input = { ...own, environment: 'live', reason: ' Contract ended. ' }
    expect(await keys.revokeAll(input)).toMatchObject({ revoked: 210 })
    for (const secret of secrets) expect(await verdict(secret)).toBe('key_revoked')
    for (const { secret } of [other, test]) expect(await verdict(secret)).toBe('allowed')
    const { items } = await keys.list({ ...own, state: 'revoked', limit: 1 })
    expect(items).toMatchObject([{ revocationReason: 'Contract ended.' }])
    expect(await keys.revokeAll(own)).toMatchObject({ revoked: 1 })
  })

  test('ends a disabled one as well, and both of a grace', async () => {
    const { keys, old, verdicts } = await openGrace(createMemoryKeyStore())
    const { id } = await keys.create(CI)
    await keys.update(id, { disabled: true })
    await keys.revokeAll(own)
    expect(await verdicts()).toEqual(BOTH)
    for (const one of [id, old.id]) {
      expect(await keys.get(one)).toMatchObject({ state: 'revoked' })
    }
  })

  /** Makes a key each time one is revoked, so many times. */
  function openBusy(times: number) {
    const memory = createMemoryKeyStore()
    const made: string[] = []
    const { store } = watched(memory, async () => {
      if (made.length < times) made.push((await maker.gate.keys.create(CI)).secret)
    })
    const maker = openInstance(memory)
    return { made, ...openInstance(store) }
  }

  test('finds keys that are made meanwhile', async () => {
    const { gate, verdict, made } = openBusy(3)
    await gate.keys.create(CI)
    expect(await gate.keys.revokeAll(own)).toMatchObject({ revoked: 4 })
    expect(made).toHaveLength(3)
    for (const secret of made) expect(await verdict(secret)).toBe('key_revoked')
  })

  test('gives up after five looks at an owner who keeps making them', async () => {
    const { gate, made } = openBusy(Infinity)
    await gate.keys.create(CI)
    await expect(gate.keys.revokeAll(own)).rejects.toMatchObject({ code: 'changed_meanwhile' })
    expect(made).toHaveLength(5)
  })

  test.each([{}, { ownerId: '' }, { ownerId: 7 }, { ownerId: 'org_1', state: 'active' }])(
    '%j is refused and changes nothing',
    async (input) => {
      const { gate, verdict } = openInstance()
      const { secret } = await gate.keys.create(CI)
      await expect(gate.keys.revokeAll(input as never)).rejects.toMatchObject({
        name: 'MisuseError',
      })
      expect(await verdict(secret)).toBe('allowed')
    },
  )
})
