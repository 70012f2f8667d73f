import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyChanged, type KeyRecord, type KeyStore } from 'sallyport'
import { createBus } from './bus.js'
import { CI, createSilentStore, openInstance } from './instances.js'

afterEach(() => {
  jest.useRealTimers()
})

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error as { code?: string; name: string }).code ?? (error as Error).name,
  )

describe('a key is as good as before after', () => {
  test.each(['rotate', 'update', 'revoke'] as const)(
    'others were, at the same time: %s',
    async (operation) => {
      const { gate, verdict, errors } = openInstance()
      const [key, other] = [await gate.keys.create(CI), await gate.keys.create(CI)]
      await verdict(key.secret)
      const call = {
        rotate: () => gate.keys.rotate(other.id),
        update: () => gate.keys.update(other.id, { name: 'Two' }),
        revoke: () => gate.keys.revoke(other.id),
      }[operation]
      await Promise.allSettled([call(), call(), call()])
      expect([await verdict(key.secret), errors]).toEqual(['allowed', []])
    },
  )

  test('two rotations of it at once, of which one is refused', async () => {
    const { gate, verdict, errors } = openInstance()
    const { id, secret } = await gate.keys.create(CI)
    await verdict(secret)
    const codes = await Promise.all([
      codeOf(gate.keys.rotate(id)),
      codeOf(gate.keys.rotate(id)),
      codeOf(gate.keys.rotate(id)),
    ])
    expect(codes.sort()).toEqual(['already_rotated', 'already_rotated', 'done'])
    expect([await verdict(secret), errors]).toEqual(['allowed', []])
  })

  test.each([
    ['that was not made', undefined, 'allowed'],
    // The store never reaches the version that was told, and is believed all the same.
    ['that was not made, and told', 2, 'allowed'],
  ])('a change %s', async (_name, told, expected) => {
    const memory = createSilentStore()
    let failing = true
    const update: KeyStore['update'] = (...given) => {
      if (failing) throw new Error('connection reset')
      return memory.update(...given)
    }
    const bus = createBus()
    const changes = { listen: bus.feed.listen }
    const { gate, verdict } = openInstance({ ...memory, update }, { changes })
    const { id, secret } = await gate.keys.create(CI)
    await verdict(secret)
    for (let time = 0; time < 3; time++) {
      expect(await codeOf(gate.keys.update(id, { name: 'Two' }))).toBe('store_unavailable')
      expect(await codeOf(gate.keys.revoke(id))).toBe('store_unavailable')
    }
    if (told !== undefined) await bus.feed.publish({ id, version: told })
    expect(await verdict(secret)).toBe(expected)
    failing = false
    await gate.keys.update(id, { name: 'Two' })
    expect(await verdict(secret)).toBe('allowed')
    await gate.close()
  })
})

describe('a change whose answer never came', () => {
  /** Commits, and does not say so. */
  function openMute() {
    const memory = createSilentStore()
    const mute = async (done: unknown) => {
      await done
      return new Promise<never>(() => undefined)
    }
    const store: KeyStore = {
      ...memory,
      update: (...given) => mute(memory.update(...given)),
      updateAll: (changes) => mute(memory.updateAll?.(changes)),
      rotate: (...given) => mute(memory.rotate(...given)),
    }
    return { memory, ...openInstance(store) }
  }

  test.each([
    ['revoke', 'key_revoked'],
    ['rotate', 'key_expired'],
    ['update', 'key_disabled'],
  ] as const)('(%s) is seen at the next request: %s', async (operation, expected) => {
    const { gate, memory, verdict } = openMute()
    const { id, secret } = await gate.keys.create(CI)
    const elsewhere = openInstance(memory)
    for (const one of [verdict, elsewhere.verdict]) expect(await one(secret)).toBe('allowed')
    jest.useFakeTimers({ doNotFake: ['performance'] })
    const changing = {
      revoke: () => gate.keys.revoke(id),
      rotate: () => gate.keys.rotate(id, { gracePeriod: '0s' }),
      update: () => gate.keys.update(id, { disabled: true }),
    }[operation]()
    const code = codeOf(changing)
    await jest.advanceTimersByTimeAsync(250)
    expect(await code).toBe('store_unavailable')
    jest.useRealTimers()
    expect(await verdict(secret)).toBe(expected)
    // Who is not told goes on with what it remembers.
    expect(await elsewhere.verdict(secret)).toBe('allowed')
  })
})

describe('a key that was revoked elsewhere, unheard, is refused from then on where it is revoked again', () => {
  test.each(['revoke', 'revokeAll'] as const)('by %s', async (operation) => {
    const store = createSilentStore()
    const [here, elsewhere] = [openInstance(store), openInstance(store)]
    const { id, ownerId, secret } = await here.gate.keys.create(CI)
    expect(await here.verdict(secret)).toBe('allowed')
    await elsewhere.gate.keys.revoke(id)
    // What is remembered still serves, as nobody has told.
    expect(await here.verdict(secret)).toBe('allowed')
    await (operation === 'revoke'
      ? here.gate.keys.revoke(id)
      : here.gate.keys.revokeAll({ ownerId }))
    expect(await here.verdict(secret)).toBe('key_revoked')
  })
})

test.each(['get', 'list', 'due'] as const)(
  'what gate.keys.%s has shown of a key holds for its next request',
  async (operation) => {
    const store = createSilentStore()
    const { gate, verdict } = openInstance(store)
    const { id, secret } = await gate.keys.create(CI)
    expect(await verdict(secret)).toBe('allowed')
    await store.update(id, { scopes: [], ...(operation !== 'due' && { revokedAt: new Date() }) }, 1)
    await store.update(id, { allowedIps: ['192.0.2.1'] }, 2)
    expect(await verdict(secret)).toBe('allowed')
    await (operation === 'get'
      ? gate.keys.get(id)
      : operation === 'list'
        ? gate.keys.list()
        : gate.keys.due({ within: '90d' }))
    expect(await verdict(secret)).toBe(operation === 'due' ? 'address_not_allowed' : 'key_revoked')
  },
)

describe('a row that names a stranger as its partner does not end it', () => {
  async function openForged(fields: (stranger: string) => object) {
    const store = createSilentStore()
    const { gate, verdict } = openInstance(store)
    const stranger = await gate.keys.create({ ...CI, ownerId: 'org_2' })
    const mine = await gate.keys.create(CI)
    await store.update(mine.id, fields(stranger.id), 1)
    return { gate, id: mine.id, stranger: () => verdict(stranger.secret) }
  }

  test('when it is revoked', async () => {
    const { gate, id, stranger } = await openForged((rotatedTo) => ({ rotatedTo }))
    await gate.keys.revoke(id)
    expect(await stranger()).toBe('allowed')
  })

  test('when it is rotated', async () => {
    const store = createSilentStore()
    const { gate, verdict } = openInstance(store)
    const stranger = await gate.keys.create({ ...CI, ownerId: 'org_2' })
    const { id } = await gate.keys.create(CI)
    const record = await store.findById(id)
    const forged = { ...record, id: 'key_forged', digest: 'forged', rotatedFrom: stranger.id }
    await store.insert(forged as KeyRecord)
    await gate.keys.rotate('key_forged')
    expect(await verdict(stranger.secret)).toBe('allowed')
  })
})

test('a change is tried five times', async () => {
  const memory = createMemoryKeyStore()
  let tries = 0
  const update = () => {
    tries += 1
    return false
  }
  const { gate } = openInstance({ ...memory, update })
  const { id } = await gate.keys.create(CI)
  expect(await codeOf(gate.keys.update(id, { name: 'Two' }))).toBe('changed_meanwhile')
  expect(tries).toBe(5)
})

test('what was changed before the last try is seen at the next request', async () => {
  const memory = createSilentStore()
  let tries = 0
  const update: KeyStore['update'] = async (id, _patch, version) => {
    tries += 1
    // What is remembered now is as new as what the change was made of.
    expect(await verdict(secret)).toBe('allowed')
    const patch = tries === 5 ? { revokedAt: new Date() } : { metadata: { tries } }
    await memory.update(id, patch, version)
    return false
  }
  const { gate, verdict } = openInstance({ ...memory, update })
  const { id, secret } = await gate.keys.create(CI)
  expect(await verdict(secret)).toBe('allowed')
  expect(await codeOf(gate.keys.update(id, { name: 'Two' }))).toBe('changed_meanwhile')
  expect(await verdict(secret)).toBe('key_revoked')
})

test('others are told of a change with the version that it has made', async () => {
  const told: unknown[] = []
  const bus = createBus()
  const publish = (change: KeyChanged) => {
    told.push(change)
    return bus.feed.publish(change)
  }
  const changes = { listen: bus.feed.listen, publish }
  const { gate } = openInstance(createSilentStore(), { changes })
  const { id } = await gate.keys.create(CI)
  told.length = 0
  await gate.keys.update(id, { name: 'Two' })
  await gate.keys.update(id, { name: 'Three' })
  expect(told).toEqual([
    { id, version: 2 },
    { id, version: 3 },
  ])
  await gate.close()
})

test('what somebody else changed meanwhile is kept', async () => {
  const memory = createMemoryKeyStore()
  let meanwhile = true
  const update: KeyStore['update'] = (id, patch, version) => {
    if (meanwhile) void memory.update(id, { metadata: { seats: 2 } }, version)
    meanwhile = false
    return memory.update(id, patch, version)
  }
  const { gate } = openInstance({ ...memory, update })
  const { id } = await gate.keys.create(CI)
  const updated = await gate.keys.update(id, { name: 'Two' })
  expect(updated).toMatchObject({ name: 'Two', metadata: { seats: 2 } })
})
