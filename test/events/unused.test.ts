import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type GateEvent,
  type KeyStore,
  type ReminderOptions,
} from 'sallyport'
import { createTestClock } from 'sallyport/testing'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const INPUT = { name: 'CI', ownerId: 'org_1' } as const

function open(reminders: ReminderOptions, store: KeyStore = createMemoryKeyStore()) {
  const [time, seen] = [createTestClock(), [] as GateEvent[]]
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [], clock: time.clock },
    ...{ reminders, notify: (event: GateEvent) => seen.push(event) },
  })
  closing.push(() => gate.close())
  /** Why keys are due, since this was asked last. */
  const told = async () => {
    await gate.events.run()
    const due = seen.splice(0).filter(({ type }) => type === 'key.due')
    return due.map(({ data }) => [data['id'], data['why'], data['dueAt']])
  }
  return { gate, time, told, store }
}

describe('reminders also of keys that are not due for rotation', () => {
  test('an unused key: once for each time of disuse', async () => {
    const { gate, time, told, store } = open({ wants: () => true, unusedFor: '30d' })
    const [used, unused] = [await gate.keys.create(INPUT), await gate.keys.create(INPUT)]
    await gate.keys.revoke((await gate.keys.create(INPUT)).id)
    const use = async () => {
      const lastUsedAt = new Date(time.clock())
      const day = lastUsedAt.toISOString().slice(0, 10)
      await store.recordUsage([{ keyId: used.id, environment: 'live', day, count: 1, lastUsedAt }])
    }
    time.advance('29d')
    await use()
    expect(await told()).toEqual([])
    time.advance('1d')
    expect(await told()).toEqual([[unused.id, 'unused', '2030-01-31T00:00:00.000Z']])
    time.advance('10d')
    expect(await told()).toEqual([])
    time.advance('19d')
    expect(await told()).toEqual([[used.id, 'unused', '2030-03-01T00:00:00.000Z']])
    await use()
    time.advance('15d')
    await gate.events.run()
    time.advance('15d')
    const again = (await told()).filter(([, why]) => why === 'unused')
    expect(again.map(([id]) => id)).toEqual([used.id])
  })

  test('a key without an end: once', async () => {
    const { gate, time, told } = open({ wants: () => true, endlessFor: '30d', before: [0] })
    const endless = await gate.keys.create(INPUT)
    await gate.keys.create({ ...INPUT, expiresAt: new Date('2031-01-01') })
    time.advance('29d')
    expect(await told()).toEqual([])
    time.advance('1d')
    expect(await told()).toEqual([[endless.id, 'endless', '2030-01-31T00:00:00.000Z']])
    time.advance('1d')
    expect(await told()).toEqual([])
  })

  test('neither by default; at least a day', async () => {
    const { gate, time, told } = open({ wants: () => true })
    await gate.keys.create(INPUT)
    time.advance('70d')
    expect(await told()).toEqual([])
    expect(() => open({ unusedFor: '1h' })).toThrow(
      "'reminders.unusedFor' must be a duration of a day or more, such as '90d'",
    )
  })
})
