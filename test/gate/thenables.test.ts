import { expect, jest, test, afterEach } from '@jest/globals'
import {
  createGate,
  createLeasedLimitStore,
  createMemoryKeyStore,
  createMemoryLimitStore,
  createMemoryRevocations,
  type AuditSink,
  type KeyChangeFeed,
  type LimitStore,
} from 'sallyport'
import { openIssuer } from '../oauth/http/api.js'

afterEach(() => {
  jest.useRealTimers()
})

type Call = (...given: never[]) => unknown

/** The same object, whose methods answer with thenables: as little of a promise as there can be, and nothing comes back from their `then`. */
function thenably<T extends object>(real: T): T {
  const answer = (value: unknown) => ({
    then(kept: (value: unknown) => void, lost: (error: unknown) => void) {
      Promise.resolve(value).then(kept, lost)
    },
  })
  const members = Object.entries(real).map(([name, member]) => {
    if (typeof member === 'object' && member !== null) return [name, thenably(member as object)]
    if (typeof member !== 'function') return [name, member as unknown]
    const call = member as Call
    return [name, (...given: never[]) => answer(call.apply(real, given))]
  })
  return Object.fromEntries(members) as T
}

test('stores may answer with thenables of their own kind', async () => {
  const { gate, errors, verdict } = openIssuer({
    keys: { prefix: 'acme', store: thenably(createMemoryKeyStore()) },
    issuing: { revocations: thenably(createMemoryRevocations(Date.now)) },
    plans: { pro: { quota: { limit: 100, window: '1h' } } },
    limits: {
      defaultPlan: 'pro',
      store: createLeasedLimitStore(thenably(createMemoryLimitStore())),
    },
    policies: [() => thenably({ ask: () => true }).ask()],
  })
  const input = { name: 'CI', ownerId: 'org_1', environment: 'live', scopes: [] } as const
  const { id, secret } = await gate.keys.create(input)
  expect(await gate.keys.list()).toMatchObject({ items: [{ id }] })
  expect(await verdict(secret)).toBe('allowed')
  const { accessToken, tokenId } = await gate.tokens.exchange(secret)
  expect(await verdict(accessToken)).toBe('allowed')
  await gate.tokens.revoke(tokenId)
  expect(await verdict(accessToken)).toBe('token_revoked')
  await gate.keys.revokeAll({ ownerId: 'org_1' })
  expect(await verdict(secret)).toBe('key_revoked')
  await gate.close()
  expect(errors).toEqual([])
})

test('a question that a limit store never answers is not waited for by those after it', async () => {
  jest.useFakeTimers()
  const memory = createMemoryLimitStore()
  let asked = 0
  const consume: LimitStore['consume'] = (request) =>
    (asked += 1) === 1 ? new Promise<never>(() => undefined) : memory.consume(request)
  const store = createLeasedLimitStore({ ...memory, consume })
  const limits = [{ name: 'hourly', kind: 'quota', limit: 10, windowMs: 3_600_000 }] as const
  const ask = async () => store.consume({ subject: 'org_1', limits, cost: 1, at: Date.now() })
  const first = expect(ask()).rejects.toThrow('did not answer within 1000 ms')
  await jest.advanceTimersByTimeAsync(1_000)
  await first
  expect(await ask()).toMatchObject({ allowed: true })
})

/** A gate whose parts can fail to close, and what its trail was told. */
function open(limits: LimitStore['close'], changes: () => void) {
  const written: string[] = []
  const sink: AuditSink = {
    write: (entries) => void written.push(...entries.map(({ record }) => record.kind)),
    close: () => void written.push('closed'),
  }
  const feed: KeyChangeFeed = { listen: () => ({ close: changes, catchUp: () => undefined }) }
  const gate = createGate({
    ...{ environment: 'live', scopes: [], onError: () => undefined },
    keys: { prefix: 'acme', changes: feed },
    plans: { pro: { quota: { limit: 10, window: '1h' } } },
    limits: {
      defaultPlan: 'pro',
      store: { ...createMemoryLimitStore(), ...(limits && { close: limits }) },
    },
    audit: { sink },
  })
  return { gate, written }
}

const fail = () => {
  throw new Error('cannot be closed')
}

test.each([
  ['a limit store that throws', fail, () => undefined],
  [
    'a limit store that rejects',
    () => Promise.reject(new Error('cannot be closed')),
    () => undefined,
  ],
  ['a feed that throws', () => undefined, fail],
])('%s when it is closed keeps no record from being written', async (_, limits, changes) => {
  const { gate, written } = open(limits, changes)
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.verify(secret)
  await expect(gate.close()).rejects.toThrow('cannot be closed')
  expect(written).toEqual(['start', 'key', 'access', 'closed'])
})
