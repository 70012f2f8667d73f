import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, type Gate, type GateOptions } from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AccessOptions,
  type AccessRequest,
  type AccessStore,
  type AgreementStore,
} from 'sallyport/access'
import { keptSink } from '../audit/gates.js'

const ANN = { id: 'user_ann', name: 'Ann', ownerId: 'org_1' }
const BEN = { id: 'user_ben', ownerId: 'org_2' }
const LEE = { id: 'user_lee', name: 'Dr. Lee', ownerId: 'staff' }
const START = Date.parse('2026-01-01T10:00:00Z')
const DAY = 86_400_000
const ASK = { ownerId: 'org_1', by: ANN, useCase: 'Lab results.', environments: ['live'] }
const TERMS = {
  api: { version: '2', text: 'Be nice.', title: 'API terms', alsoAccepted: ['1'] },
  dpa: { version: '2', text: 'Process data.', required: false },
  baa: { version: '3', text: 'BAA', acceptedBy: 'operator', required: false },
} as const
const API = { id: 'api', version: '2' }
const DPA = { id: 'dpa', version: '2' }
const BAA = { id: 'baa', version: '3' }

const time = { now: START }
const clock = () => time.now
let stores: { store: AccessStore; agreements: AgreementStore }

beforeEach(() => {
  time.now = START
  stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
})

const accessWith = (options: Partial<AccessOptions> = {}) =>
  createAccess({ ...stores, clock, ...options })

function gateWith(options: Partial<GateOptions<'read' | 'write' | 'admin'>>) {
  return createGate({
    ...{ environment: ['live', 'sandbox'], keys: { prefix: 'acme' }, clock },
    scopes: ['read', 'write', 'admin'],
    limits: { defaultPlan: 'free' },
    plans: {
      free: { quota: { limit: 9, window: '1h' } },
      pro: { quota: { limit: 99, window: '1h' } },
    },
    onError: () => undefined,
    ...options,
  })
}

function keyOf(gate: Gate<'read' | 'write' | 'admin'>, fields: object = {}) {
  return gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'live', ...fields })
}

const codeIs = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ name: 'AccessError', code, message: expect.stringMatching(message) })

/** A request that the store has, whoever wrote it. */
async function requestIn(state: AccessRequest['state'], more: Partial<AccessRequest> = {}) {
  const id = `acc_${state}_${String(more.requestedAt?.getTime() ?? 0)}`
  const request: AccessRequest = {
    ...{ id, version: 1, ownerId: 'org_1', state, environments: ['live'], scopes: [], terms: [] },
    ...{ useCase: 'Lab results.', requestedAt: new Date(START), dueAt: new Date(START) },
    steps: [
      { state: 'requested', by: ANN, at: new Date(START) },
      { state, by: LEE, at: new Date(START), reason: `It is ${state}.` },
    ],
    ...more,
  }
  const { store } = stores
  if (await store.insert(request)) return
  // A store of the app may take what that in memory refuses beside another one.
  const other = createMemoryAccessStore()
  await other.insert(request)
  stores.store = {
    ...store,
    ofOwner: async (ownerId) => [
      ...(await store.ofOwner(ownerId)),
      ...(await other.ofOwner(ownerId)),
    ],
  }
}

async function stateOf() {
  const [live] = (await accessWith().of('org_1', ['live'])).environments
  return [live?.state, live?.request?.id]
}

describe('of several requests of an owner', () => {
  test.each([
    [['approved', 'suspended'], 'suspended'],
    [['suspended', 'approved'], 'suspended'],
    [['requested', 'approved'], 'approved'],
    [['approved', 'requested'], 'approved'],
    [['denied', 'requested'], 'requested'],
    [['requested', 'denied'], 'requested'],
    [['ended', 'approved'], 'approved'],
  ] as const)('%j, it is the one that is %s which counts', async (states, expected) => {
    for (const [at, state] of states.entries()) {
      await requestIn(state, { requestedAt: new Date(START + at * DAY) })
    }
    expect((await stateOf())[0]).toBe(expected)
  })

  test.each([
    [['denied', 'ended'], 'ended'],
    [['ended', 'denied'], 'denied'],
    [['ended', 'denied', 'ended'], 'ended'],
  ] as const)('%j, the newest counts, whatever the store has first', async (states, expected) => {
    for (const turned of [false, true]) {
      stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
      const at = states.map((state, day) => [state, day] as const)
      for (const [state, day] of turned ? at.toReversed() : at) {
        await requestIn(state, { requestedAt: new Date(START + day * DAY) })
      }
      const { store } = stores
      const ofOwner = async (id: string) => [...(await store.ofOwner(id))].reverse()
      const last = `acc_${expected}_${String(START + (states.length - 1) * DAY)}`
      expect(await stateOf()).toEqual([expected, last])
      stores = { ...stores, store: { ...store, ofOwner } }
      expect(await stateOf()).toEqual([expected, last])
    }
  })

  test('a suspension keeps keys from being made and used beside an approval', async () => {
    const access = accessWith()
    const gate = gateWith({ access, policies: [access.approved()] })
    const first = await access.request(ASK)
    await access.approve(first.id, { by: LEE, until: new Date(START + DAY) })
    time.now += DAY
    await access.approve((await access.request(ASK)).id, { by: LEE })
    const { secret } = await keyOf(gate)
    expect(await gate.verify(secret)).toMatchObject({ allowed: true })
    await access.suspend(first.id, { by: LEE, reason: 'Unusual.' })
    expect(await gate.verify(secret)).toMatchObject({ reason: 'access_not_approved' })
    await expect(keyOf(gate)).rejects.toMatchObject({ code: 'access_not_approved' })
    await gate.close()
  })

  test('one of another environment says nothing', async () => {
    await requestIn('suspended', { environments: ['sandbox'] })
    await requestIn('approved')
    expect((await stateOf())[0]).toBe('approved')
  })
})

describe('of several acceptances of an owner', () => {
  async function termsOf(access = accessWith({ terms: TERMS })) {
    const { terms } = await access.of('org_1')
    return terms.filter(({ acceptance }) => acceptance !== undefined).map(({ id }) => id)
  }

  test('one of other terms in the same version is none of these', async () => {
    const access = accessWith({ terms: TERMS })
    await access.agreements.accept({ ownerId: 'org_1', by: ANN, terms: DPA })
    expect(await termsOf(access)).toEqual(['dpa'])
    await expect(access.request(ASK)).rejects.toEqual(codeIs('terms_not_accepted', /API terms/))
    await access.agreements.accept({ ownerId: 'org_1', by: ANN, terms: API })
    expect(await termsOf(access)).toEqual(['api', 'dpa'])
    const { terms } = await access.of('org_1')
    expect(terms[0]?.acceptance).toMatchObject({ terms: API, by: ANN })
    expect(terms[2]).not.toHaveProperty('acceptance')
  })

  test('one of other terms in an older version that still counts is none of these', async () => {
    const also = { alsoAccepted: ['1'], required: false }
    const access = accessWith({
      terms: { api: { ...TERMS.api, ...also }, dpa: { ...TERMS.dpa, ...also } },
    })
    const old = { id: 'dpa', version: '1' }
    await access.agreements.record({ ownerId: 'org_1', by: ANN, recordedBy: LEE, terms: old })
    expect(await termsOf(access)).toEqual(['dpa'])
  })

  test('two versions of one text are two, and one is found again beside a newer one', async () => {
    const { agreements } = accessWith({ terms: TERMS })
    const signed = { ownerId: 'org_1', by: ANN, recordedBy: LEE }
    const record = (version: string, day: number) =>
      agreements.record({
        ...signed,
        terms: { id: 'api', version, digest: 'same' },
        at: new Date(START + day * DAY),
      })
    const first = await record('1', 0)
    const second = await record('2', 0)
    const third = await record('2', 1)
    expect(new Set([first.id, second.id, third.id]).size).toBe(3)
    const again = [await record('1', 0), await record('2', 0), await record('2', 1)]
    expect(again.map(({ id }) => id)).toEqual([first.id, second.id, third.id])
  })

  test('one that begins later counts from then on', async () => {
    const access = accessWith({ terms: TERMS })
    const signed = { ownerId: 'org_1', by: ANN, recordedBy: LEE, terms: BAA }
    const at = new Date(START + DAY)
    await access.agreements.record({ ...signed, at, until: new Date(START + 2 * DAY) })
    const seen: string[][] = []
    for (const now of [START, START + DAY - 1, START + DAY, START + 2 * DAY - 1, START + 2 * DAY]) {
      time.now = now
      seen.push(await termsOf(access))
    }
    expect(seen).toEqual([[], [], ['baa'], ['baa'], []])
  })

  test('an older version that still counts is recorded without a text, and is no place for any other', async () => {
    const access = accessWith({ terms: TERMS })
    const signed = { ownerId: 'org_1', by: ANN, recordedBy: LEE }
    const old = await access.agreements.record({ ...signed, terms: { id: 'api', version: '1' } })
    expect(old.terms).toEqual({ id: 'api', version: '1', digest: '' })
    const now = await access.agreements.record({ ...signed, terms: API })
    expect(now.terms).toMatchObject({ ...API, digest: expect.stringMatching(/^[\w-]{43}$/) })
    expect(now.id).not.toBe(old.id)
    const own = { ...signed, terms: { id: 'api', version: '1', digest: 'another' } }
    const other = await access.agreements.record(own)
    expect(other.terms.digest).toBe('another')
    expect([old.id, now.id]).not.toContain(other.id)
    await expect(
      access.agreements.record({ ...signed, terms: { id: 'api', version: '0' } }),
    ).rejects.toEqual(codeIs('terms_not_accepted', /The version of 'api' that holds is 2\./))
  })

  test('one that the owner accepted, and one that the operator recorded, are two; who says it again finds its own', async () => {
    const { agreements } = accessWith({ terms: TERMS })
    const own = await agreements.accept({ ownerId: 'org_1', by: ANN, terms: DPA })
    const signed = { ownerId: 'org_1', by: ANN, recordedBy: LEE, terms: DPA }
    time.now += DAY
    const recorded = await agreements.record({ ...signed, at: new Date(START - DAY) })
    expect(recorded.id).not.toBe(own.id)
    expect((await agreements.record({ ...signed, at: new Date(START - DAY) })).id).toBe(recorded.id)
    // Of any beginning, where none is said.
    expect((await agreements.record(signed)).id).toBe(recorded.id)
    expect((await agreements.record({ ...signed, at: new Date(START - 2 * DAY) })).id).not.toBe(
      recorded.id,
    )
    expect((await agreements.list({ ownerId: 'org_1' })).items).toHaveLength(3)
  })

  test('the text is that which was read', async () => {
    const { agreements, of } = accessWith({ terms: TERMS })
    const { digest } = (await of('org_1')).terms.find(({ id }) => id === 'api') ?? {}
    const accept = { ownerId: 'org_1', by: ANN }
    await expect(
      agreements.accept({ ...accept, terms: { ...API, digest: 'x'.repeat(43) } }),
    ).rejects.toEqual(codeIs('terms_not_accepted', /The text of 'api' has changed/))
    const accepted = await agreements.accept({
      ...accept,
      terms: { ...API, ...(digest !== undefined && { digest }) },
    })
    expect(accepted.terms).toEqual({ ...API, digest })
  })

  test('terms that are not known are refused with those that are', async () => {
    const accept = { ownerId: 'org_1', by: ANN, terms: { id: 'tos', version: '1' } }
    await expect(accessWith({ terms: TERMS }).agreements.accept(accept)).rejects.toEqual(
      codeIs('unknown_agreement', /'tos'; known are: api, dpa, baa\./),
    )
    await expect(accessWith({ terms: {} }).agreements.accept(accept)).rejects.toEqual(
      codeIs('unknown_agreement', /known are: none\./),
    )
  })

  test('who has recorded one is in the audit log, and not who has signed it', async () => {
    const access = accessWith({ terms: TERMS })
    const sink = keptSink()
    const gate = gateWith({ access, audit: { sink } })
    await access.agreements.record({ ownerId: 'org_1', by: ANN, recordedBy: LEE, terms: BAA })
    await access.agreements.accept({ ownerId: 'org_1', by: ANN, terms: DPA })
    await gate.close()
    expect(sink.records('enrollment')).toMatchObject([
      { action: 'accept', outcome: 'made', by: { subject: LEE.id, ownerId: 'staff' } },
      { action: 'accept', outcome: 'made', by: { subject: ANN.id, ownerId: 'org_1' } },
    ])
  })

  test('a request needs those of any of its environments', async () => {
    const terms = {
      api: { version: '1', text: 'a', environments: ['live'] },
      beta: { version: '1', text: 'b', environments: ['sandbox'] },
      news: { version: '1', text: 'c', required: false },
    }
    const access = accessWith({ terms })
    const both = { ...ASK, environments: ['sandbox', 'live'] }
    const first = { id: 'api', version: '1' }
    const second = { id: 'beta', version: '1' }
    await expect(access.request({ ...both, accept: [first] })).rejects.toEqual(
      codeIs('terms_not_accepted', /'beta'/),
    )
    // What is refused has accepted nothing.
    expect((await access.agreements.list()).items).toEqual([])
    const request = await access.request({ ...both, accept: [first, second] })
    expect(request.terms.map(({ id }) => id)).toEqual(['api', 'beta'])
    const one = { ...ASK, ownerId: 'org_2', by: BEN, environments: ['sandbox'] }
    expect((await access.request({ ...one, accept: [second] })).terms).toHaveLength(1)
  })

  test('a gate refuses a key for the terms of its environment alone', async () => {
    const terms = {
      api: { version: '1', text: 'a', environments: ['live'] },
      beta: { version: '1', text: 'b', environments: ['sandbox'] },
    }
    const access = accessWith({ terms })
    const gate = gateWith({ access })
    await requestIn('approved', { environments: ['live', 'sandbox'] })
    await access.agreements.accept({
      ...{ ownerId: 'org_1', by: ANN, terms: { id: 'api', version: '1' } },
    })
    await keyOf(gate)
    await expect(keyOf(gate, { environment: 'sandbox' })).rejects.toMatchObject({
      code: 'terms_not_accepted',
      message: "Your organization has not accepted 'beta', version 1.",
    })
    const { environments } = await access.of('org_1')
    expect(environments.map(({ environment, missing }) => [environment, missing])).toEqual([
      ['live', []],
      [
        'sandbox',
        [expect.objectContaining({ step: 'terms', terms: { id: 'beta', version: '1' } })],
      ],
    ])
    await gate.close()
  })
})

describe('an approval', () => {
  test('lies in the future, gives no more than was asked for, and says so', async () => {
    const access = accessWith()
    const asked = { ...ASK, environments: ['live', 'sandbox'], scopes: ['read', 'write'] }
    const { id } = await access.request(asked)
    const by = LEE
    for (const until of [new Date(START - 1), new Date(START)]) {
      await expect(access.approve(id, { by, until })).rejects.toEqual(
        codeIs('invalid_input', /^access\.approve: 'until' must lie in the future$/),
      )
    }
    await expect(access.approve(id, { by, environments: ['live', 'beta'] })).rejects.toEqual(
      codeIs('invalid_input', /'beta' of 'environments' was not asked for; that was live, sandbox/),
    )
    await expect(access.approve(id, { by, scopes: ['read', 'admin'] })).rejects.toEqual(
      codeIs('invalid_input', /'admin' of 'scopes' was not asked for; that was read, write/),
    )
    for (const none of [{ environments: [] }, { scopes: [] }]) {
      await expect(access.approve(id, { by, ...none })).rejects.toEqual(codeIs('invalid_input'))
    }
    expect((await access.get(id))?.state).toBe('requested')
    const until = new Date(START + 1)
    const approved = await access.approve(id, { by, until, reason: 'All is well.' })
    expect(approved.steps.at(-1)).toEqual({
      ...{ state: 'approved', by: LEE, at: new Date(START), reason: 'All is well.' },
    })
    time.now += 1
    expect((await stateOf())[0]).toBe('ended')
  })

  test('of a request that named no scopes gives those that it says', async () => {
    const access = accessWith()
    const gate = gateWith({ access })
    const { id } = await access.request(ASK)
    const approved = await access.approve(id, { by: LEE, scopes: ['read', 'write'] })
    expect(approved.steps.at(-1)).not.toHaveProperty('reason')
    await expect(keyOf(gate, { scopes: ['read', 'admin'] })).rejects.toMatchObject({
      message:
        "Your organization's access to 'live' has no scope 'admin'; approved are read, write.",
    })
    expect(await keyOf(gate, { scopes: ['read', 'write'] })).toMatchObject({ environment: 'live' })
    await gate.close()
  })

  test('names a plan of the gate, beside those that there are', async () => {
    const access = accessWith()
    const gate = gateWith({ access })
    const { id } = await access.request(ASK)
    await expect(access.approve(id, { by: LEE, plan: 'gold' })).rejects.toEqual(
      codeIs('invalid_input', /There is no plan 'gold'; known are free, pro\./),
    )
    expect(await access.approve(id, { by: LEE, plan: 'pro' })).toMatchObject({ plan: 'pro' })
    await gate.close()
  })
})

describe('what is missing', () => {
  async function missingOf() {
    const [live] = (await accessWith().of('org_1', ['live'])).environments
    return live?.missing
  }

  test.each([
    [
      'requested',
      'decision',
      "request for access to 'live' waits for a decision, due by 2026-01-01.",
    ],
    ['suspended', 'decision', "access to 'live' is suspended. Reason: It is suspended."],
    ['denied', 'request', "access to 'live' was denied. Reason: It is denied."],
    ['ended', 'request', "access to 'live' has ended. Request it anew."],
  ] as const)('of a request that is %s', async (state, step, message) => {
    await requestIn(state)
    expect(await missingOf()).toEqual([{ step, message: `Your organization's ${message}` }])
  })

  test('has no reason where none was given', async () => {
    const steps = [{ state: 'suspended', by: LEE, at: new Date(START) } as const]
    await requestIn('suspended', { steps })
    expect(await missingOf()).toEqual([
      { step: 'decision', message: "Your organization's access to 'live' is suspended." },
    ])
  })

  test('of an owner that never asked, and of one that has access', async () => {
    expect(await missingOf()).toEqual([
      { step: 'request', message: "Your organization has no access to 'live'. Request it." },
    ])
    await requestIn('approved')
    expect(await missingOf()).toEqual([])
  })
})

describe('a request', () => {
  test('names what the gate has', async () => {
    const access = accessWith()
    const gate = gateWith({ access })
    for (const [more, message] of [
      [{ environments: ['live', 'beta'] }, /no environment 'beta'; known are live, sandbox\./],
      [{ scopes: ['read', 'root'] }, /no scope 'root'; known are read, write, admin\./],
      [{ plan: 'gold' }, /no plan 'gold'; known are free, pro\./],
    ] as const) {
      await expect(access.request({ ...ASK, ...more })).rejects.toEqual(
        codeIs('invalid_input', message),
      )
    }
    expect(await access.request({ ...ASK, plan: 'pro' })).toMatchObject({ plan: 'pro' })
    await gate.close()
  })

  test('is asked about with what it asks for', async () => {
    const asked: unknown[][] = []
    const eligible = (...given: unknown[]) => {
      asked.push(given)
      return true as const
    }
    const access = accessWith({ eligible })
    await access.request({ ...ASK, plan: 'pro' })
    await access.request({ ...ASK, ownerId: 'org_2', by: BEN })
    expect(asked).toEqual([
      ['org_1', { environments: ['live'], plan: 'pro' }],
      ['org_2', { environments: ['live'] }],
    ])
    expect(asked[1]?.[1]).not.toHaveProperty('plan')
  })

  test('of which the app does not say whether it may be made is an outage, with what the app threw', async () => {
    const cause = new Error('The billing API is away.')
    const access = accessWith({ eligible: () => Promise.reject(cause) })
    await expect(access.request(ASK)).rejects.toMatchObject({ name: 'StoreError', cause })
  })

  test('of which the app says nothing in time is an outage as well', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
    try {
      const access = accessWith({ eligible: () => new Promise(() => undefined) })
      const asked = access.request(ASK).catch((error: unknown) => error)
      await new Promise(setImmediate)
      jest.advanceTimersByTime(60_000)
      expect(await asked).toMatchObject({
        name: 'StoreError',
        cause: { message: expect.stringMatching(/^'eligible' did not answer within \d+ ms\.$/) },
      })
    } finally {
      jest.useRealTimers()
    }
  })

  test('that has 99 steps is resumed, and one of 100 is not', async () => {
    const at = new Date(START)
    const access = accessWith()
    for (const [count, requestedAt] of [
      [99, new Date(1)],
      [100, new Date(2)],
    ] as const) {
      const steps = Array.from(
        { length: count },
        () => ({ state: 'suspended', by: LEE, at }) as const,
      )
      await requestIn('suspended', { steps, requestedAt, ownerId: `org_${String(count)}` })
    }
    const by = { id: 'operator' }
    expect(await access.resume('acc_suspended_1', { by })).toMatchObject({ state: 'approved' })
    await expect(access.resume('acc_suspended_2', { by })).rejects.toEqual(codeIs('too_many_steps'))
  })

  test('decided by whom no organization has makes nobody look for one', async () => {
    const { store } = stores
    const asked: unknown[] = []
    const ofOwner = (ownerId: string) => {
      asked.push(ownerId)
      return store.ofOwner(ownerId)
    }
    await requestIn('requested')
    const access = accessWith({ store: { ...store, ofOwner } })
    await access.approve('acc_requested_0', { by: { id: 'operator' } })
    expect(asked).toEqual([])
    await access.suspend('acc_requested_0', { by: LEE, reason: 'No.' })
    expect(asked).toEqual(['staff'])
  })

  test('that another one was faster than is told of it, or to try again', async () => {
    const { store } = stores
    const beaten = accessWith({ store: { ...store, insert: () => false } })
    await expect(beaten.request(ASK)).rejects.toEqual(codeIs('changed_meanwhile', /try again/))
    const late = accessWith({
      store: {
        ...store,
        async insert(request) {
          await store.insert({ ...request, id: 'acc_other' })
          return false
        },
      },
    })
    await expect(late.request(ASK)).rejects.toEqual(
      codeIs('already_requested', /acc_other is requested/),
    )
  })

  const may = {
    requested: ['approve', 'deny', 'end'],
    approved: ['suspend', 'end'],
    suspended: ['resume', 'end'],
    denied: [],
    ended: [],
  } as const satisfies Record<string, readonly string[]>
  const steps = ['approve', 'deny', 'suspend', 'resume', 'end'] as const

  test.each(
    Object.entries(may).flatMap(([state, allowed]) =>
      steps.map((step) => [state, step, (allowed as readonly string[]).includes(step)] as const),
    ),
  )('that is %s, %s: %j', async (state, step, isAllowed) => {
    await requestIn(state as keyof typeof may)
    const id = `acc_${state}_0`
    const taken = accessWith()[step](id, {
      by: LEE,
      ...(step !== 'resume' && { reason: 'No.' }),
    } as never)
    if (isAllowed) await taken
    else {
      await expect(taken).rejects.toEqual(
        codeIs(
          'wrong_state',
          new RegExp(`was ${state} by Dr\\. Lee at 2026-01-01T10:00:00.000Z\\.$`),
        ),
      )
    }
    expect(await accessWith().get(id)).toMatchObject({ steps: { length: isAllowed ? 3 : 2 } })
  })

  test('an owner is told who of its own was faster, and nobody of the provider', async () => {
    const access = accessWith()
    await requestIn('ended')
    await expect(access.end('acc_ended_0', { by: ANN })).rejects.toEqual(
      codeIs('wrong_state', /was ended\.$/),
    )
    const { id } = await access.request(ASK)
    await access.end(id, { by: ANN })
    const told = codeIs('wrong_state', /was ended by Ann at/)
    await expect(access.end(id, { by: { id: 'user_al', ownerId: 'org_1' } })).rejects.toEqual(told)
    await expect(access.end(id, { by: LEE })).rejects.toEqual(told)
  })

  test('that is not there is told of by the beginning of its name', async () => {
    const id = 'x'.repeat(65)
    await expect(accessWith().end(id, { by: LEE })).rejects.toEqual(
      codeIs('unknown_request', /access 'x{64}'\.$/),
    )
    await expect(accessWith().agreements.withdraw(id, { by: LEE })).rejects.toEqual(
      codeIs('unknown_acceptance', /acceptance 'x{64}'\.$/),
    )
  })

  test('that others keep changing is changed by them, after five tries', async () => {
    const { store } = stores
    let tries = 0
    const access = accessWith({
      store: {
        ...store,
        replace: () => {
          tries += 1
          return false
        },
      },
    })
    const { id } = await access.request(ASK)
    await expect(access.approve(id, { by: LEE })).rejects.toEqual(
      codeIs('changed_meanwhile', /keeps being changed/),
    )
    expect(tries).toBe(5)
  })

  test('of which somebody else changes something meanwhile is looked at anew', async () => {
    const { store } = stores
    let tries = 0
    const access = accessWith({
      store: { ...store, replace: (next) => ++tries === 5 && store.replace(next) },
    })
    const { id } = await access.request(ASK)
    expect(await access.approve(id, { by: LEE })).toMatchObject({ state: 'approved' })
    expect(tries).toBe(5)
  })

  test.each<[string, AccessStore['replace'], string, string]>([
    ['fails', () => Promise.reject(new Error('connection reset')), 'unknown', 'StoreError'],
    ['is not the first', () => false, 'failed', 'AccessError'],
  ])('whose step %s is recorded as that, and read anew', async (_, replace, outcome, name) => {
    const { store } = stores
    let reads = 0
    const ofOwner = (ownerId: string) => {
      reads += 1
      return store.ofOwner(ownerId)
    }
    const access = accessWith({ store: { ...store, ofOwner, replace } })
    const sink = keptSink()
    const gate = gateWith({ access, audit: { sink } })
    const { id } = await access.request(ASK)
    await access.of('org_1')
    const before = reads
    const by = { id: 'operator' }
    await expect(access.approve(id, { by })).rejects.toMatchObject({ name })
    await access.of('org_1')
    expect(reads).toBe(before + 1)
    await gate.close()
    const outcomes = sink
      .records('enrollment')
      .flatMap((one) => ('action' in one && one.action === 'approve' ? [one.outcome] : []))
    expect(outcomes).toEqual(outcome === 'unknown' ? ['unknown'] : [])
  })

  test('is recorded with each step, beside those of others', async () => {
    const access = accessWith()
    const sink = keptSink()
    const gate = gateWith({ access, audit: { sink } })
    const { id } = await access.request(ASK)
    const { id: other } = await access.request({ ...ASK, ownerId: 'org_2', by: BEN })
    await access.deny(other, { by: LEE, reason: 'No.' })
    await access.approve(id, { by: LEE })
    await access.suspend(id, { by: LEE, reason: 'No.' })
    await access.resume(id, { by: LEE })
    await access.end(id, { by: ANN })
    await gate.close()
    const told = sink.records('enrollment').map((one) => {
      const { action, subjectId, ownerId, environments, by, outcome } = one as never
      return [
        action,
        subjectId,
        ownerId,
        environments,
        (by as { subject: string }).subject,
        outcome,
      ]
    })
    const of = (action: string, by: string) => [action, id, 'org_1', ['live'], by, 'made']
    expect(told).toEqual([
      of('request', ANN.id),
      ['request', other, 'org_2', ['live'], BEN.id, 'made'],
      ['deny', other, 'org_2', ['live'], LEE.id, 'made'],
      ...['approve', 'suspend', 'resume'].map((action) => of(action, LEE.id)),
      of('end', ANN.id),
    ])
  })
})

describe('what is remembered of an owner', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  async function openOver() {
    const { store } = stores
    const looks: unknown[] = []
    let isAway = false
    const counted: AccessStore = {
      ...store,
      changes(since) {
        if (isAway) throw new Error('away')
        looks.push(since)
        return store.changes(since)
      },
    }
    const gate = gateWith({ policies: [accessWith({ store: counted }).approved()] })
    const { secret } = await keyOf(gate)
    const { id } = await accessWith().request(ASK)
    await accessWith().approve(id, { by: LEE })
    const ask = async () => {
      const decision = await gate.verify(secret)
      return decision.allowed ? 'allowed' : decision.reason
    }
    return { ask, looks, id, fail: () => void (isAway = true), close: () => gate.close() }
  }

  test('counts for 200 ms without a look, and a change elsewhere after that', async () => {
    const { ask, looks, id, close } = await openOver()
    expect(await ask()).toBe('allowed')
    expect(looks).toHaveLength(1)
    await accessWith().suspend(id, { by: LEE, reason: 'Unusual.' })
    jest.advanceTimersByTime(199)
    expect([await ask(), looks.length]).toEqual(['allowed', 1])
    jest.advanceTimersByTime(1)
    expect([await ask(), looks.length]).toEqual(['access_not_approved', 2])
    await close()
  })

  test('counts where a look finds nothing new, and each store is told how far one has looked', async () => {
    const told: unknown[][] = []
    let reads = 0
    const { store, agreements } = stores
    const access = accessWith({
      store: {
        ...store,
        ofOwner(ownerId) {
          reads += 1
          return store.ofOwner(ownerId)
        },
        changes(since) {
          told.push(['store', since])
          return { revision: 'same' }
        },
      },
      agreements: {
        ...agreements,
        changes(since) {
          told.push(['agreements', since])
          return agreements.changes(since)
        },
      },
    })
    for (let look = 0; look < 2; look++) {
      await access.of('org_1')
      jest.advanceTimersByTime(200)
    }
    expect(told).toEqual([
      ['store', undefined],
      ['agreements', undefined],
      ['store', 'same'],
      ['agreements', expect.any(String)],
    ])
    expect(reads).toBe(1)
  })

  test('counts for 4.5 s while its store is away, and not longer', async () => {
    const { ask, fail, close } = await openOver()
    expect(await ask()).toBe('allowed')
    fail()
    jest.advanceTimersByTime(4_499)
    expect(await ask()).toBe('allowed')
    jest.advanceTimersByTime(1)
    expect(await ask()).toBe('policy_unavailable')
    await close()
  })

  test.each(['store', 'agreements'] as const)(
    'of many requests at once, one looks; what it found before a change is not remembered: %s',
    async (which) => {
      let answer: () => void = () => undefined
      const late = new Promise<void>((resolve) => (answer = resolve))
      const access = accessWith()
      const { id } = await access.request(ASK)
      await access.approve(id, { by: LEE })
      const original = stores[which]
      let reads = 0
      const ofOwner = async (ownerId: string) => {
        const found = await original.ofOwner(ownerId)
        if (++reads === 1) await late
        return found as never
      }
      const slow = accessWith({ [which]: { ...original, ofOwner } })
      const gate = gateWith({ policies: [slow.approved()] })
      const { secret } = await keyOf(gate)
      const [first, second] = [gate.verify(secret), gate.verify(secret)]
      await new Promise(setImmediate)
      expect(reads).toBe(1)
      await slow.suspend(id, { by: LEE, reason: 'Unusual.' })
      answer()
      await Promise.all([first, second])
      expect(await gate.verify(secret)).toMatchObject({ reason: 'access_not_approved' })
      await gate.close()
    },
  )
})

test('what is no input names the call', async () => {
  const access = accessWith({ terms: TERMS })
  const { agreements } = access
  const none = {} as never
  const calls = {
    'access.request': () => access.request(none),
    'access.approve': () => access.approve('x', none),
    'access.deny': () => access.deny('x', none),
    'access.suspend': () => access.suspend('x', none),
    'access.resume': () => access.resume('x', none),
    'access.end': () => access.end('x', none),
    'access.list': () => access.list({ limit: 0 }),
    'access.agreements.accept': () => agreements.accept(none),
    'access.agreements.record': () => agreements.record(none),
    'access.agreements.withdraw': () => agreements.withdraw('x', none),
    'access.agreements.list': () => agreements.list({ limit: 0 }),
  }
  for (const [name, call] of Object.entries(calls)) {
    await expect(call()).rejects.toEqual(codeIs('invalid_input', new RegExp(`^${name}: `)))
  }
  expect((await access.list({ order: 'oldest' })).items).toEqual([])
  expect((await access.list({ order: 'newest' })).items).toEqual([])
  await expect(access.list({ order: '' as never })).rejects.toEqual(codeIs('invalid_input'))
})

test('terms that a policy names are among those that there are, and the nearest is told', () => {
  const access = accessWith({ terms: TERMS })
  expect(() => access.accepted('apis')).toThrow(
    "access.accepted: there are no terms 'apis'; did you mean 'api'?",
  )
  expect(() => access.accepted('something else')).toThrow(
    "access.accepted: there are no terms 'something else'; known are api, dpa, baa",
  )
})

test('a denial names the policy to the operator', async () => {
  const access = accessWith()
  const gate = gateWith({ policies: [access.approved()] })
  const { secret } = await keyOf(gate)
  expect(await gate.verify(secret)).toMatchObject({
    cause: { got: "no from the policy 'approved()'" },
  })
  await gate.close()
})
