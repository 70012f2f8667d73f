import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  DuplicateKeyError,
  type KeyRecord,
  type KeyStore,
} from 'sallyport'

const NOON = Date.UTC(2030, 0, 31, 12)
const HOUR = 3_600_000
const KEY = { name: 'CI', ownerId: 'org_1' } as const
const ANN = { subject: 'ann', ownerId: 'org_1', scopes: ['read', 'write'] } as const

function open(store: KeyStore = createMemoryKeyStore()) {
  const time = { now: NOON }
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['read', 'write'] },
    plans: {
      free: { quota: { limit: 9, window: '1h' } },
      day: { quota: { limit: 9, window: '1d' }, burst: { limit: 2, window: '1s' } },
    },
    limits: { defaultPlan: 'free' },
    clock: () => time.now,
    onError: () => undefined,
  })
  const reasonOf = async (secret: string) => {
    const decision = await gate.verify(secret)
    return decision.allowed ? 'allowed' : decision.reason
  }
  const record = async (id: string) => (await store.findById(id)) as KeyRecord
  return { gate, store, time, reasonOf, record }
}

const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

describe('a key that is made', () => {
  test('ends later than it begins', async () => {
    const { gate } = open()
    for (const at of [NOON - 1, NOON]) {
      await expect(gate.keys.create({ ...KEY, expiresAt: new Date(at) })).rejects.toEqual(
        refused('invalid_key_input', /^gate\.keys\.create: 'expiresAt' must lie in the future$/),
      )
    }
    const made = await gate.keys.create({ ...KEY, expiresAt: new Date(NOON + 1) })
    expect(made.expiresAt).toEqual(new Date(NOON + 1))
  })

  test('by a person has the plan of the person, who names no other', async () => {
    const { gate } = open()
    const ann = gate.as({ ...ANN, plan: 'day' })
    expect(await ann.keys.create(KEY)).toMatchObject({ plan: 'day' })
    expect(await ann.keys.create({ ...KEY, plan: 'day' })).toMatchObject({ plan: 'day' })
    await expect(ann.keys.create({ ...KEY, plan: 'free' })).rejects.toEqual(
      refused('not_grantable', /You may not hand out a 'plan' or a 'limit'\./),
    )
    expect(await gate.keys.create({ ...KEY, plan: 'day' })).toMatchObject({ plan: 'day' })
    expect(await gate.keys.create(KEY)).not.toHaveProperty('plan')
  })

  test('by a person has its metadata from a caller, and none where there is none', async () => {
    const { gate, record } = open()
    const { keys } = gate.as(ANN)
    const told = await keys.create({ ...KEY, metadata: { team: 'ci' } })
    expect(await record(told.id)).toMatchObject({ metadataOverHttp: ['team'] })
    const plain = await keys.create(KEY)
    expect(await record(plain.id)).not.toHaveProperty('metadataOverHttp')
    const coded = await gate.keys.create({ ...KEY, metadata: { team: 'ci' } })
    expect(await record(coded.id)).not.toHaveProperty('metadataOverHttp')
  })

  test('whose id is taken is told as one that is there, and any other fault as an outage', async () => {
    const memory = createMemoryKeyStore()
    const { gate } = open({ ...memory, insert: () => Promise.reject(new Error('away')) })
    await expect(gate.keys.create(KEY)).rejects.toMatchObject({ name: 'StoreError' })
    const insert = () => {
      throw new DuplicateKeyError()
    }
    await expect(open({ ...memory, insert }).gate.keys.create(KEY)).rejects.toEqual(
      refused('already_issued', /A key with this secret or this id exists already\./),
    )
  })
})

describe('a key that is rotated', () => {
  test.each([
    ['disabled', 'enable it first'],
    ['revoked', 'create a new one'],
    ['expired', 'create a new one'],
  ])('is active: one that is %s is not, and what to do is told', async (state, advice) => {
    const { gate, time } = open()
    const { id } = await gate.keys.create({ ...KEY, expiresAt: new Date(NOON + HOUR) })
    if (state === 'disabled') await gate.keys.update(id, { disabled: true })
    if (state === 'revoked') await gate.keys.revoke(id)
    if (state === 'expired') time.now += HOUR
    await expect(gate.keys.rotate(id)).rejects.toEqual(
      refused('not_active', new RegExp(`^Key '${id}' is ${state}; ${advice}\\.$`)),
    )
  })

  test('was not rotated before, and the one to rotate is told', async () => {
    const { gate } = open()
    const { id } = await gate.keys.create(KEY)
    const next = await gate.keys.rotate(id)
    await expect(gate.keys.rotate(id)).rejects.toEqual(
      refused('already_rotated', new RegExp(`rotate '${next.id}'\\.$`)),
    )
  })

  test('has a grace that is a duration', async () => {
    const { gate } = open()
    const { id } = await gate.keys.create(KEY)
    await expect(gate.keys.rotate(id, { gracePeriod: 'soon' as never })).rejects.toEqual(
      refused(
        'invalid_key_input',
        /^gate\.keys\.rotate: 'gracePeriod' must be a duration such as '24h' or '0s', at most 100 years$/,
      ),
    )
  })

  test('ends the one before it at once, which is in its grace still', async () => {
    const { gate, time, reasonOf } = open()
    const first = await gate.keys.create(KEY)
    const second = await gate.keys.rotate(first.id)
    time.now += HOUR
    expect(await reasonOf(first.secret)).toBe('allowed')
    await gate.keys.rotate(second.id)
    expect(await reasonOf(first.secret)).toBe('key_expired')
    expect(await gate.keys.get(first.id)).toMatchObject({ expiresAt: new Date(NOON + HOUR) })
    expect(await reasonOf(second.secret)).toBe('allowed')
  })

  test('leaves the end of one whose grace is over', async () => {
    const { gate, time } = open()
    const first = await gate.keys.create(KEY)
    const second = await gate.keys.rotate(first.id, { gracePeriod: '1h' })
    time.now += 2 * HOUR
    await gate.keys.rotate(second.id)
    expect(await gate.keys.get(first.id)).toMatchObject({ expiresAt: new Date(NOON + HOUR) })
  })

  test('leaves one that has another successor, and does without one that is gone', async () => {
    const memory = createMemoryKeyStore()
    let gone = ''
    let instead: string | undefined
    const { gate, reasonOf } = open({
      ...memory,
      async findById(id) {
        const record = id === gone ? undefined : await memory.findById(id)
        if (record?.rotatedTo === undefined) return record
        return instead === undefined ? record : { ...record, rotatedTo: instead }
      },
    })
    const first = await gate.keys.create(KEY)
    const second = await gate.keys.rotate(first.id)
    instead = 'key_another'
    const third = await gate.keys.rotate(second.id)
    expect(await reasonOf(first.secret)).toBe('allowed')
    instead = undefined
    gone = second.id
    expect(await gate.keys.rotate(third.id)).toMatchObject({ rotatedFrom: third.id })
  })
})

describe('a key that is changed', () => {
  test.each([
    [null, false],
    [new Date(NOON + 2 * HOUR), false],
    [new Date(NOON + HOUR + 1), false],
    [new Date(NOON + HOUR), true],
    [new Date(NOON + 1), true],
  ])('after its rotation ends with its grace or before: %p', async (expiresAt, may) => {
    const { gate } = open()
    const { id } = await gate.keys.create(KEY)
    const next = await gate.keys.rotate(id, { gracePeriod: '1h' })
    const changed = gate.keys.update(id, { expiresAt })
    if (may) expect(await changed).toMatchObject({ expiresAt })
    else {
      await expect(changed).rejects.toEqual(
        refused('already_rotated', new RegExp(`cannot outlive its grace\\. Use '${next.id}'\\.$`)),
      )
    }
    // Whatever else is changed of it has nothing to do with that.
    expect(await gate.keys.update(id, { name: 'Old' })).toMatchObject({ name: 'Old' })
    expect(await gate.keys.update(next.id, { expiresAt: null })).not.toHaveProperty('expiresAt')
  })

  test('has a plan that there is, and a limit that the plan has a place for', async () => {
    const { gate } = open()
    const { id } = await gate.keys.create({ ...KEY, plan: 'free' })
    const bad = { code: 'unknown_plan', message: expect.stringContaining('gate.keys.update') }
    await expect(gate.keys.update(id, { plan: 'gold' })).rejects.toMatchObject(bad)
    expect(await gate.keys.update(id, { plan: 'day', limit: 5 })).toMatchObject({ limit: 5 })
    expect(await gate.keys.update(id, { limit: 6 })).toMatchObject({ plan: 'day', limit: 6 })
    expect(await gate.keys.update(id, { plan: null })).toMatchObject({ limit: 6 })
  })

  test('of a plan that is gone is changed otherwise all the same', async () => {
    const { gate, store } = open()
    const { id } = await gate.keys.create({ ...KEY, plan: 'day' })
    const later = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
      plans: { free: { quota: { limit: 9, window: '1h' } } },
      limits: { defaultPlan: 'free' },
    })
    expect(await later.keys.update(id, { name: 'Old' })).toMatchObject({ name: 'Old' })
    await expect(later.keys.update(id, { limit: 5 })).rejects.toThrow('gate.keys.update')
  })

  test('of no plan is given a limit only where a plan is the default', async () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
      plans: { all: { quota: 'unlimited' }, some: { quota: { limit: 9, window: '1h' } } },
      limits: { defaultPlan: 'all' },
    })
    const { id } = await gate.keys.create(KEY)
    await expect(gate.keys.update(id, { limit: 5 })).rejects.toMatchObject({
      message: expect.stringContaining('gate.keys.update'),
    })
    expect(await gate.keys.update(id, { plan: 'some', limit: 5 })).toMatchObject({ limit: 5 })
    await expect(gate.keys.update(id, { plan: 'all' })).rejects.toMatchObject({
      message: expect.stringContaining('gate.keys.update'),
    })
  })

  test('names the call where it is no input, and leaves what is undefined as it is', async () => {
    const { gate } = open()
    const { id } = await gate.keys.create(KEY)
    await expect(gate.keys.update(id, { name: '' })).rejects.toEqual(
      refused('invalid_key_input', /^gate\.keys\.update: 'name'/),
    )
    await expect(gate.keys.update(id, { scopes: ['root'] as never })).rejects.toThrow(
      'gate.keys.update',
    )
    const kept = { name: undefined, metadata: undefined, plan: undefined } as never
    expect(await gate.keys.update(id, kept)).toMatchObject({ name: 'CI', metadata: {} })
  })

  test('that a caller has disabled is enabled by code, which forgets who it was', async () => {
    const { gate, record } = open()
    const { keys } = gate.as(ANN)
    const { id } = await keys.create(KEY)
    await keys.update(id, { disabled: true })
    expect(await record(id)).toMatchObject({ disabledOverHttpAt: new Date(NOON) })
    await gate.keys.update(id, { disabled: true })
    expect(await record(id)).not.toHaveProperty('disabledOverHttpAt')
    expect(await record(id)).toMatchObject({ disabledAt: new Date(NOON) })
    // What code has disabled, a caller leaves disabled by code.
    await keys.update(id, { disabled: true })
    expect(await record(id)).not.toHaveProperty('disabledOverHttpAt')
    await gate.keys.update(id, { disabled: false })
    expect(await record(id)).not.toHaveProperty('disabledAt')
    await keys.update(id, { disabled: true })
    await keys.update(id, { disabled: false })
    expect(await record(id)).not.toHaveProperty('disabledOverHttpAt')
  })

  test('has metadata of code once code has set it, and of a caller until then', async () => {
    const { gate, record } = open()
    const { id } = await gate.as(ANN).keys.create({ ...KEY, metadata: { team: 'ci' } })
    await gate.keys.update(id, { name: 'Other' })
    expect(await record(id)).toMatchObject({ metadataOverHttp: ['team'] })
    await gate.keys.update(id, { metadata: { team: 'core' } })
    expect(await record(id)).not.toHaveProperty('metadataOverHttp')
    expect(await record(id)).toMatchObject({ metadata: { team: 'core' } })
    const before = await record(id)
    await gate.keys.update(id, { metadata: { team: 'web' } })
    expect(Object.keys(await record(id)).sort()).toEqual(Object.keys(before).sort())
  })
})
