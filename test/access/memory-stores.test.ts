import { describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore } from 'sallyport'
import {
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AccessRequest,
  type AccessStore,
  type AgreementStore,
} from 'sallyport/access'
import {
  accessEventCases,
  accessStoreCases,
  agreementStoreCases,
  type TestCase,
} from 'sallyport/testing'

describe('the access store in memory', () => {
  test.each(accessStoreCases(createMemoryAccessStore))('$name', ({ run }) => run())
})

/** Beside keys in memory. */
function withOutbox(broken: (store: AccessStore) => Partial<AccessStore> = () => ({})) {
  const { outbox } = createMemoryKeyStore()
  if (outbox === undefined) throw new Error('The key store in memory has no outbox.')
  const access = createMemoryAccessStore({ outbox })
  return { access: { ...access, ...broken(access) }, outbox }
}

describe('the events of the access store in memory', () => {
  test.each(accessEventCases(withOutbox))('$name', ({ run }) => run())

  test.each<[string, () => ReturnType<typeof withOutbox>, string[]]>([
    [
      'nobody is told',
      () => ({ ...withOutbox(), access: createMemoryAccessStore() }),
      ['events-of-steps', 'events-of-steps-alone'],
    ],
    [
      'each change is a step',
      () =>
        withOutbox((store) => ({
          async replace(next) {
            const isMade = await store.replace(next)
            const odd = { ...next, version: next.version + 1, state: 'denied' } as const
            if (isMade && next.version === 2 && next.state === 'requested') await store.replace(odd)
            return isMade
          },
        })),
      ['events-of-steps-alone'],
    ],
    [
      'the last step is told twice',
      () => {
        const opened = withOutbox()
        const { outbox } = opened
        const claim: typeof outbox.claim = async (asked) =>
          (await outbox.claim(asked)).flatMap((one) => [one, one])
        return { ...opened, outbox: { ...outbox, claim } }
      },
      ['events-of-steps', 'events-of-steps-alone'],
    ],
  ])('control: the cases find out: %s', async (_, open, ids) => {
    expect(await failing(accessEventCases(open))).toEqual(ids)
  })
})

describe('the agreement store in memory', () => {
  test.each(agreementStoreCases(createMemoryAgreementStore))('$name', ({ run }) => run())
})

async function failing(cases: readonly TestCase[]): Promise<string[]> {
  const ends = await Promise.allSettled(cases.map(({ run }) => run()))
  return cases.filter((_, index) => ends[index]?.status === 'rejected').map(({ id }) => id)
}

describe('control: the cases find out', () => {
  const access = createMemoryAccessStore
  test.each<[string, (store: AccessStore) => Partial<AccessStore>, string[]]>([
    ['whoever comes last wins', (store) => ({ replace: lastWins(store) }), ['replaced-once']],
    ['a revision that stands still', () => ({ changes: () => ({ revision: '1' }) }), ['changes']],
    [
      'the newest alone',
      ({ list }) => ({ ofOwner: async (ownerId) => (await list({ ownerId })).items }),
      ['live-first'],
    ],
    ['another who is not seen', () => ({ insert: () => true }), ['stored', 'unique']],
    [
      'a look before the insert',
      (store) => ({
        async insert(request) {
          const own = await store.ofOwner(request.ownerId)
          await new Promise(setImmediate)
          if (own.some(({ state }) => state === 'requested')) return false
          await store.insert({ ...request, id: `${request.id}0`, ownerId: `${request.ownerId}0` })
          return true
        },
      }),
      ['requested-once'],
    ],
    [
      'who has changed is not named',
      (store) => ({
        changes: async () => ({ ...(await store.changes()), ownerIds: [] }),
      }),
      ['changes'],
    ],
  ])('%s', async (_, broken, ids) => {
    const open = () => {
      const store = access()
      return { ...store, ...broken(store) }
    }
    expect(await failing(accessStoreCases(open))).toEqual(expect.arrayContaining(ids))
  })

  test.each<[string, (store: AgreementStore) => Partial<AgreementStore>, string[]]>([
    [
      'an end that is told twice',
      (store) => ({ end: async (id, end) => (await store.end(id, end), true) }),
      ['ended-once'],
    ],
    ['a revision that stands still', () => ({ changes: () => ({ revision: '1' }) }), ['changes']],
  ])('%s', async (_, broken, ids) => {
    const open = () => {
      const store = createMemoryAgreementStore()
      return { ...store, ...broken(store) }
    }
    expect(await failing(agreementStoreCases(open))).toEqual(expect.arrayContaining(ids))
  })
})

function lastWins(store: AccessStore): AccessStore['replace'] {
  return (next) => {
    const present = store.find(next.id) as AccessRequest | undefined
    return present !== undefined && store.replace({ ...next, version: present.version + 1 })
  }
}
