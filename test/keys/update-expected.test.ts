import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, KeyError, type ApiKey } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { temporaryStores } from '../adapters/sqlite/stores.js'

const { open } = temporaryStores()
const changed = expect.objectContaining({ code: 'changed_meanwhile' })

test.each([
  ['memory', () => createMemoryKeyStore()],
  ['SQLite', () => open()],
])('%s: a key that is not as somebody has read it is not changed', async (_name, openStore) => {
  const { clock, advance } = createTestClock()
  const gate = createGate({
    ...{
      environment: 'live',
      keys: { prefix: 'acme', store: await openStore() },
      scopes: ['read:orders'],
    },
    clock,
  })
  const { id, secret } = await gate.keys.create({
    ...{ name: 'A', ownerId: 'org_1', metadata: { team: 'billing', list: [1] } },
    expiresAt: new Date(clock() + 1e9),
  })
  const read = async (): Promise<ApiKey> => {
    const key = await gate.keys.get(id)
    if (key === undefined) throw new Error('There is a key.')
    return key
  }
  const own = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ['read:orders'] }).keys
  let expected = await read()
  // A use is no change, nor is time.
  await gate.verify(secret)
  advance('1h')
  await gate.keys.update(id, { name: 'B', expected })
  for (const keys of [gate.keys, own]) {
    await expect(keys.update(id, { name: 'C', expected })).rejects.toThrow(changed)
    await expect(keys.update(id, { disabled: true, expected })).rejects.toThrow(KeyError)
  }
  expect(await read()).toMatchObject({ name: 'B', state: 'active' })
  for (const change of [{ metadata: {} }, { expiresAt: null }, { disabled: true }, { limit: 5 }]) {
    expected = await read()
    await gate.keys.update(id, change)
    await expect(gate.keys.update(id, { name: 'C', expected })).rejects.toThrow(changed)
  }
  // Of several at the same moment, one is made.
  expected = await read()
  const names = ['D', 'E', 'F']
  const made = await Promise.allSettled(names.map((name) => own.update(id, { name, expected })))
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  await expect(gate.keys.update(id, { expected: 'key' as never })).rejects.toThrow(
    "'expected' must be a key",
  )
  await gate.close()
})
