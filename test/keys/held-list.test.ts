import { afterEach, describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyQuery } from 'sallyport'

const ENVIRONMENTS = ['live', 'test', 'ci'] as const
type Environment = (typeof ENVIRONMENTS)[number]

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A gate that writes down what its store is asked for in lists. */
function open() {
  const store = createMemoryKeyStore()
  const asked: KeyQuery[] = []
  const gate = createGate({
    ...{ environment: [...ENVIRONMENTS], scopes: [] },
    keys: {
      prefix: 'acme',
      store: {
        ...store,
        list(query) {
          asked.push(query)
          return store.list(query)
        },
      },
    },
  })
  closers.push(() => gate.close())
  const eveIn = (...environments: readonly Environment[]) =>
    gate.as({ subject: 'eve', ownerId: 'org_1', scopes: [], environments }).keys
  const make = (environment: Environment, by = gate.keys) =>
    by.create({ name: environment, ownerId: 'org_1', environment })
  return { gate, asked, eveIn, make }
}

describe('a person lists keys', () => {
  test('with one question to the store, where it may see all that are asked for', async () => {
    const { asked, eveIn, make } = open()
    for (const environment of ENVIRONMENTS) await make(environment)
    const lists = [
      () => eveIn(...ENVIRONMENTS).list(),
      () => eveIn('test').list(),
      () => eveIn('test', 'ci').list({ environment: 'ci' }),
    ]
    const names = []
    for (const list of lists) names.push((await list()).items.map(({ name }) => name).sort())
    expect(names).toEqual([['ci', 'live', 'test'], ['test'], ['ci']])
    expect(asked).toStrictEqual([
      { ownerId: 'org_1' },
      { environment: 'test', ownerId: 'org_1' },
      { environment: 'ci', ownerId: 'org_1' },
    ])
  })

  test('of some environments: a page is full, and has no more than was asked for', async () => {
    const { asked, eveIn, make } = open()
    for (let count = 0; count < 3; count++) {
      await make('test')
      await make('live')
    }
    const eve = eveIn('test', 'ci')
    const first = await eve.list({ limit: 2, order: 'oldest' })
    expect(first.items.map(({ name }) => name)).toEqual(['test', 'test'])
    expect(asked[0]).toStrictEqual({ limit: 2, order: 'oldest', ownerId: 'org_1' })
    const cursor = String(first.cursor)
    const last = await eve.list({ limit: 2, order: 'oldest', cursor })
    expect(last.items.map(({ name }) => name)).toEqual(['test'])
    expect(last).not.toHaveProperty('cursor')
  })

  test('of a maker whom it may not know: nothing tells that there are some', async () => {
    const { gate, eveIn, make } = open()
    const staff = gate.as({ subject: 'eve' }).keys
    for (let count = 0; count < 2; count++) await make('live', staff)
    const query = { createdBy: { subject: 'eve' }, limit: 1 }
    expect(await eveIn(...ENVIRONMENTS).list(query)).toEqual({ items: [] })
  })
})
