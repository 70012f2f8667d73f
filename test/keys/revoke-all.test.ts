import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createMemoryKeyStore,
  type KeyChange,
  type KeyQuery,
  type KeyRecord,
  type KeyStore,
} from 'sallyport'
import { createStoreWithoutConditions } from '../testing/broken-conditions.js'
import { CI, openInstance } from './instances.js'

const OWNER = { ownerId: CI.ownerId }

/** A row beside those of the gate, which a key has made. */
function rowLike(record: KeyRecord, id: string, fields: Partial<KeyRecord>): KeyRecord {
  return { ...record, id, digest: `digest of ${id}`, version: 1, ...fields }
}

/** A key in `live`, and a tree of rows that were made with it; the first of them is in `test`. */
async function openFamily(of: (memory: KeyStore) => KeyStore = (memory) => memory) {
  const memory = createMemoryKeyStore()
  const { gate } = openInstance(of(memory), { environment: ['live', 'test'] })
  const { id } = await gate.keys.create({ ...CI, environment: 'live' })
  const record = (await memory.findById(id)) as KeyRecord
  const insert = (name: string, keyId: string, fields: Partial<KeyRecord> = {}) =>
    memory.insert(rowLike(record, name, { createdBy: { keyId }, ...fields }))
  await insert('key_child', id, { environment: 'test' })
  await insert('key_twin', id)
  await insert('key_grandchild', 'key_child')
  await insert('key_second', 'key_child')
  await insert('key_third', 'key_twin')
  await insert('key_stranger', 'key_other', { environment: 'test' })
  const standing = async () => {
    const { items } = await gate.keys.list({ ...OWNER, state: 'active' })
    return items.map((key) => key.id)
  }
  return { gate, memory, id, insert, standing }
}

describe('revoking the keys of one environment', () => {
  test('ends what they have made in others where that is asked for', async () => {
    const { gate, standing } = await openFamily()
    const input = { ...OWNER, environment: 'live', descendants: true }
    expect(await gate.keys.revokeAll(input)).toMatchObject({ revoked: 6 })
    expect(await standing()).toEqual(['key_stranger'])
  })

  test.each([{}, { descendants: false }])('ends no others where it is not: %j', async (options) => {
    const { gate, standing } = await openFamily()
    const input = { ...OWNER, environment: 'live', ...options }
    expect(await gate.keys.revokeAll(input)).toMatchObject({ revoked: 5 })
    expect((await standing()).sort()).toEqual(['key_child', 'key_stranger'])
  })
})

describe('revoking a key with what it has made', () => {
  test('ends every branch of it', async () => {
    const { gate, id, standing } = await openFamily()
    await gate.keys.revoke(id, { descendants: true })
    expect(await standing()).toEqual(['key_stranger'])
  })

  test('ends it although the key is not in the list of its owner', async () => {
    const { gate, id, standing } = await openFamily((memory) => ({
      ...memory,
      list: async (query) => {
        const { items, ...page } = await memory.list(query)
        return { ...page, items: items.filter((record) => record.id !== id) }
      },
    }))
    await gate.keys.revoke(id, { descendants: true })
    expect(await standing()).toEqual(['key_stranger'])
  })

  test('is harmless where rows say that they have made each other', async () => {
    const { gate, id, insert, standing } = await openFamily()
    await insert('key_egg', 'key_hen', { rotatedFrom: id })
    await insert('key_hen', 'key_egg')
    await gate.keys.revoke(id, { descendants: true })
    expect(await standing()).toEqual(['key_stranger'])
  })
})

describe('revoking all keys of an owner', () => {
  /** Says what was changed together, and what one by one; a key is changed by somebody else before each change. */
  function openRacing(without: 'updateAll' | 'nothing') {
    const memory = createMemoryKeyStore()
    const together: (readonly KeyChange[])[] = []
    const single: (number | undefined)[] = []
    const race: { meanwhile: () => unknown } = { meanwhile: () => undefined }
    const store: KeyStore = {
      ...memory,
      update: async (id, patch, version) => {
        single.push(version)
        await race.meanwhile()
        return memory.update(id, patch, version)
      },
      updateAll: async (changes) => {
        together.push(changes)
        await race.meanwhile()
        return memory.updateAll?.(changes) ?? false
      },
    }
    const { updateAll: _, ...others } = store
    const { gate } = openInstance(without === 'nothing' ? store : others)
    return { memory, gate, together, single, race }
  }

  test('ends them in one step, where the store can', async () => {
    const { gate, together, single } = openRacing('nothing')
    for (let count = 0; count < 3; count++) await gate.keys.create(CI)
    expect(await gate.keys.revokeAll(OWNER)).toMatchObject({ revoked: 3 })
    expect(together.map(({ length }) => length)).toEqual([3])
    expect(single).toEqual([])
  })

  test('ends each whatever has become of it, where that step has lost against somebody', async () => {
    const { gate, memory, together, race } = openRacing('nothing')
    const ids: string[] = []
    for (let count = 0; count < 3; count++) ids.push((await gate.keys.create(CI)).id)
    let names = 0
    race.meanwhile = async () => {
      const record = await memory.findById(ids[1] ?? '')
      if (record === undefined) throw new Error('no record')
      await memory.update(record.id, { name: `Name ${String((names += 1))}` }, record.version)
    }
    expect(await gate.keys.revokeAll(OWNER)).toMatchObject({ revoked: 3 })
    expect(together.map((changes) => changes.map((one) => one.expectedVersion))).toEqual([
      [1, 1, 1],
      ...[[undefined], [undefined], [undefined]],
    ])
  })

  test('counts each once, where the store changes one by one and one of them was faster', async () => {
    const { gate, memory, single, race } = openRacing('updateAll')
    const ids: string[] = []
    for (let count = 0; count < 3; count++) ids.push((await gate.keys.create(CI)).id)
    race.meanwhile = async () => {
      if (single.length === 2) await memory.update(ids[1] ?? '', { name: 'Faster' }, 1)
    }
    expect(await gate.keys.revokeAll(OWNER)).toMatchObject({ revoked: 3 })
    expect(single).toEqual([1, 1, 1, 2])
  })

  test('asks for the first page without a place to go on from', async () => {
    const memory = createMemoryKeyStore()
    const asked: KeyQuery[] = []
    const list: KeyStore['list'] = (query) => {
      asked.push(query)
      return memory.list(query)
    }
    const { gate } = openInstance({ ...memory, list })
    await gate.keys.revokeAll(OWNER)
    expect(asked).toStrictEqual([{ ...OWNER, limit: 200 }])
  })

  test('is an outage where the store answers with the same page again, and again', async () => {
    const memory = createMemoryKeyStore()
    let pages = 0
    const list = (query: KeyQuery) => {
      pages += 1
      if (pages > 9) throw new Error('It does not end.')
      return { ...(memory.list(query) as { items: KeyRecord[] }), cursor: 'here' }
    }
    const { gate } = openInstance({ ...memory, list })
    await expect(gate.keys.revokeAll(OWNER)).rejects.toMatchObject({
      name: 'StoreError',
      message: 'The key store answers with the same page again.',
    })
    expect(pages).toBe(2)
  })

  test('says what was asked of it where that is no owner', async () => {
    const { gate } = openInstance()
    await expect(gate.keys.revokeAll({ ownerId: '' })).rejects.toThrow('gate.keys.revokeAll')
  })

  test('needs no store that can suspend the making of keys', async () => {
    const { gate } = openInstance(createStoreWithoutConditions())
    await gate.keys.create(CI)
    expect(await gate.keys.revokeAll(OWNER)).toMatchObject({ revoked: 1 })
  })
})

describe('while the making of keys is suspended', () => {
  beforeEach(() => {
    jest.useFakeTimers()
    jest.advanceTimersByTime(10_000)
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  /** A store that suspends over a network, or in this process. */
  function open(isRemote: boolean) {
    const memory = createMemoryKeyStore()
    const suspended: [string, string, number][] = []
    const looks: number[] = []
    const store: KeyStore = {
      ...memory,
      suspendCreation: (...given) => {
        suspended.push(given)
        return isRemote ? Promise.resolve() : undefined
      },
      list: (query) => {
        looks.push(performance.now())
        return memory.list(query)
      },
    }
    const { gate } = openInstance(store)
    return { memory, gate, suspended, looks }
  }

  test('a key whose insertion began before that is found, for 300 ms', async () => {
    const { memory, gate, suspended, looks } = open(true)
    const { id } = await gate.keys.create(CI)
    const record = (await memory.findById(id)) as KeyRecord
    const begun = performance.now()
    const revoking = gate.keys.revokeAll(OWNER)
    await jest.advanceTimersByTimeAsync(299)
    await memory.insert(rowLike(record, 'key_late', {}))
    await jest.advanceTimersByTimeAsync(1)
    expect(await revoking).toMatchObject({ revoked: 2 })
    expect(await memory.findById('key_late')).toMatchObject({ revokedAt: expect.any(Date) })
    expect(looks.at(-1)).toBe(begun + 300)
    expect(suspended).toEqual([
      [CI.ownerId, expect.any(String), 30_000],
      [CI.ownerId, suspended[0]?.[1], 0],
    ])
  })

  test('nobody waits where it is done at once', async () => {
    const { gate, looks } = open(false)
    const revoking = gate.keys.revokeAll(OWNER)
    for (let times = 0; times < 5; times++) await jest.advanceTimersByTimeAsync(0)
    expect(await revoking).toMatchObject({ revoked: 0 })
    expect(looks).toHaveLength(1)
  })

  test('the making of keys goes on after a failure as well', async () => {
    const { memory, gate, suspended } = open(false)
    memory.list = () => {
      throw new Error('connection reset')
    }
    await expect(gate.keys.revokeAll(OWNER)).rejects.toThrow('The key store failed.')
    expect(suspended).toEqual([
      [CI.ownerId, expect.any(String), 30_000],
      [CI.ownerId, suspended[0]?.[1], 0],
    ])
  })
})
