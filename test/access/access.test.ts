import { beforeEach, describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type Gate,
  type GateOptions,
  type KeyStore,
  type Policy,
} from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type Access,
  type AccessOptions,
} from 'sallyport/access'

const ANN = { id: 'user_ann', name: 'Ann', ownerId: 'org_1', address: '203.0.113.7' }
const LEE = { id: 'user_lee', name: 'Dr. Lee', ownerId: 'staff' }
const KIM = { id: 'user_kim', ownerId: 'staff' }
const TERMS = {
  'api-terms': { version: '2026-01', text: 'Be nice.', title: 'API terms' },
  baa: {
    version: '3',
    text: 'BAA',
    required: false,
    acceptedBy: 'operator',
    environments: ['live'],
  },
} as const
const ASK = {
  ownerId: 'org_1',
  by: ANN,
  useCase: 'Lab results.',
  environments: ['live', 'sandbox'],
}
const TERMS_1 = { id: 'api-terms', version: '2026-01' }
/** A Thursday. */
const START = '2026-01-01T10:00:00Z'

type Scope = 'read:patients' | 'write:patients'

const time = { now: 0 }
const clock = () => time.now
let stores: Pick<AccessOptions, 'store' | 'agreements'>

beforeEach(() => {
  time.now = Date.parse(START)
  stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
})

function open(
  options: Partial<AccessOptions> = {},
  policies: (access: Access) => Policy[] = ofAll,
) {
  const access = createAccess({ ...stores, terms: TERMS, ...options })
  const gate = gateWith({ access, policies: policies(access) })
  return { access, gate }
}

function gateWith(options: Partial<GateOptions<Scope>>): Gate<Scope> {
  return createGate<Scope>({
    environment: ['live', 'sandbox'],
    keys: { prefix: 'acme' },
    limits: { defaultPlan: 'free' },
    scopes: ['read:patients', 'write:patients'],
    plans: {
      free: { quota: { limit: 9, window: '1h' } },
      pro: { quota: { limit: 99, window: '1h' } },
    },
    clock,
    ...options,
  })
}

function ofAll(access: Access): Policy[] {
  return [access.approved()]
}

async function keyOf(gate: Gate<Scope>, fields: object = {}) {
  const { secret } = await gate.keys.create({
    ...{ name: 'CI', ownerId: 'org_1', environment: 'live', scopes: ['read:patients'] },
    ...fields,
  })
  return secret
}

async function reasonOf(gate: Gate<Scope>, secret: string) {
  const decision = await gate.verify(secret)
  return decision.allowed ? 'allowed' : decision.reason
}

const codeIs = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ name: 'AccessError', code, message: expect.stringMatching(message) })

describe('the way to a key', () => {
  test('terms, request, approval, key; and what is missing is said at each step', async () => {
    const { access, gate } = open()
    await expect(keyOf(gate)).rejects.toMatchObject({
      name: 'KeyError',
      code: 'access_not_approved',
      message: "Your organization has no access to 'live'. Request it.",
    })
    await expect(access.request(ASK)).rejects.toEqual(
      codeIs('terms_not_accepted', /'API terms' \(api-terms\), version 2026-01/),
    )
    const request = await access.request({ ...ASK, accept: [TERMS_1] })
    // Two business days after a Thursday.
    expect(request).toMatchObject({ state: 'requested', dueAt: new Date('2026-01-05T10:00:00Z') })
    expect(request.terms).toEqual([{ ...TERMS_1, digest: expect.stringMatching(/^[\w-]{43}$/) }])
    await expect(keyOf(gate)).rejects.toThrow('waits for a decision, due by 2026-01-05')
    const approved = await access.approve(request.id, {
      by: LEE,
      plan: 'pro',
      conditions: 'PHI in live only.',
    })
    expect(approved.steps.map(({ state, by }) => [state, by.id])).toEqual([
      ['requested', 'user_ann'],
      ['approved', 'user_lee'],
    ])
    const secret = await keyOf(gate)
    const decision = await gate.verify(secret)
    expect(decision).toMatchObject({ allowed: true, auth: { plan: 'pro' } })
    await gate.close()
  })

  test.each(['suspend', 'end', 'withdraw'] as const)(
    'on another instance, there is no new key once %s has resolved',
    async (how) => {
      const [one, other] = [open(), open()]
      const { id } = await one.access.request({ ...ASK, accept: [TERMS_1] })
      await one.access.approve(id, { by: LEE })
      await keyOf(other.gate)
      await other.access.of('org_1')
      if (how === 'withdraw') {
        const { items } = await one.access.agreements.list({ ownerId: 'org_1' })
        await one.access.agreements.withdraw(items[0]?.id ?? '', { by: ANN })
      } else await one.access[how](id, { by: LEE, reason: 'Unusual.' })
      await expect(keyOf(other.gate)).rejects.toMatchObject({ name: 'KeyError' })
    },
  )

  test('without its store, an instance makes no key by what it remembers', async () => {
    const store = createMemoryAccessStore()
    let isAway = false
    const failing = {
      ...store,
      changes: (...of: Parameters<typeof store.changes>) => {
        if (isAway) throw new Error('away')
        return store.changes(...of)
      },
    }
    const { access, gate } = open({ store: failing })
    const { id } = await access.request({ ...ASK, accept: [TERMS_1] })
    await access.approve(id, { by: LEE })
    await keyOf(gate)
    isAway = true
    await expect(keyOf(gate)).rejects.toMatchObject({ name: 'StoreError' })
    isAway = false
    expect(await reasonOf(gate, await keyOf(gate))).toBe('allowed')
  })

  test('a scope that somebody takes from a key meanwhile is added by a new approval only', async () => {
    const memory = createMemoryKeyStore()
    let meanwhile: (() => Promise<unknown>) | undefined
    const store: KeyStore = {
      ...memory,
      async findById(id) {
        const found = await memory.findById(id)
        const act = meanwhile
        meanwhile = undefined
        await act?.()
        return found
      },
    }
    const access = createAccess({ ...stores, terms: {} })
    const gate = gateWith({ access, keys: { prefix: 'acme', store } })
    const first = await access.request(ASK)
    await access.approve(first.id, { by: LEE })
    const fields = { name: 'CI', ownerId: 'org_1', environment: 'live' } as const
    const both: Scope[] = ['read:patients', 'write:patients']
    const key = await gate.keys.create({ ...fields, scopes: both })
    await access.end(first.id, { by: LEE, reason: 'Over.' })
    const second = await access.request({ ...ASK, scopes: ['read:patients'] })
    await access.approve(second.id, { by: LEE })
    meanwhile = () => gate.keys.update(key.id, { scopes: ['read:patients'] })
    // It was read with both: nothing was to be added.
    await gate.keys.update(key.id, { scopes: both })
    expect(await gate.keys.get(key.id)).toMatchObject({ scopes: ['read:patients'] })
    await expect(gate.keys.update(key.id, { scopes: both })).rejects.toMatchObject({
      code: 'access_not_approved',
    })
  })

  test('a scope that is added to a key must be approved as well', async () => {
    const { access, gate } = open()
    const scopes = ['read:patients']
    const { id } = await access.request({ ...ASK, scopes, accept: [TERMS_1] })
    await access.approve(id, { by: LEE })
    const fields = { name: 'CI', ownerId: 'org_1', environment: 'live' } as const
    const key = await gate.keys.create({ ...fields, scopes: [] })
    const ann = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ['write:patients'] })
    for (const { keys } of [gate, ann]) {
      await expect(
        keys.update(key.id, { scopes: ['read:patients', 'write:patients'] }),
      ).rejects.toMatchObject({ name: 'KeyError', code: 'access_not_approved' })
    }
    await gate.keys.update(key.id, { scopes: ['read:patients'] })
    await access.suspend(id, { by: LEE, reason: 'Unusual.' })
    // What takes nothing more is not held to it.
    await gate.keys.update(key.id, { name: 'Deploy', scopes: ['read:patients'] })
    await gate.keys.update(key.id, { name: 'Deployment' })
    expect(await gate.keys.update(key.id, { scopes: [] })).toMatchObject({ scopes: [] })
    await expect(gate.keys.update(key.id, { scopes: ['read:patients'] })).rejects.toMatchObject({
      code: 'access_not_approved',
    })
    await gate.close()
  })

  test('the plan of an approval goes before those of who asks for a key and of the gate', async () => {
    const { access, gate } = open()
    const ann = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ['read:patients'] })
    const fields = { name: 'CI', environment: 'live' } as const
    const { id } = await access.request({ ...ASK, environments: ['live'], accept: [TERMS_1] })
    await access.approve(id, { by: LEE, plan: 'pro' })
    expect(await ann.keys.create({ ...fields, ownerId: 'org_1' })).toMatchObject({ plan: 'pro' })
    expect(await ann.keys.create({ ...fields, ownerId: 'org_1', plan: 'pro' })).toBeDefined()
    const refused = { name: 'KeyError', code: 'not_grantable' }
    const named = ann.keys.create({ ...fields, ownerId: 'org_1', plan: 'free' })
    await expect(named).rejects.toMatchObject(refused)
    const unknown = codeIs('invalid_input', /no plan 'gold'; known are free, pro/)
    await expect(access.request({ ...ASK, ownerId: 'org_3', plan: 'gold' })).rejects.toEqual(
      unknown,
    )
    await expect(access.approve(id, { by: LEE, plan: 'gold' })).rejects.toEqual(unknown)
    const better = { ...ASK, ownerId: 'org_2', accept: [TERMS_1] }
    await access.approve((await access.request(better)).id, { by: LEE, plan: 'free' })
    const bob = {
      subject: 'bob',
      ownerId: 'org_2',
      scopes: ['read:patients'],
      plan: 'pro',
    } as const
    const made = await gate.as(bob).keys.create({ ...fields, ownerId: 'org_2' })
    expect(made).toMatchObject({ plan: 'free' })
    for (const plan of ['pro', null]) {
      const change = gate.as(bob).keys.update(made.id, { plan })
      await expect(change).rejects.toMatchObject(refused)
    }
    // Code of the server says what it likes.
    const coded = await gate.keys.create({ ...fields, ownerId: 'org_2', plan: 'pro' })
    expect(coded).toMatchObject({ plan: 'pro' })
    await gate.close()
  })

  test('an acceptance has who, when, from where and of which text', async () => {
    const { access, gate } = open()
    await access.request({ ...ASK, accept: [TERMS_1] })
    expect((await access.agreements.list({ ownerId: 'org_1' })).items).toEqual([
      {
        id: expect.stringMatching(/^agr_/),
        ownerId: 'org_1',
        terms: { ...TERMS_1, digest: 'hPSg7uCqOmzg1F47wy8ugFuGoXhi9VYsusWr9EBuG-k' },
        by: ANN,
        at: new Date(START),
      },
    ])
    await gate.close()
  })

  test('an approval gives what was asked for, or less', async () => {
    const { access, gate } = open()
    const scopes = ['read:patients']
    const { id } = await access.request({ ...ASK, scopes, accept: [TERMS_1] })
    const more = { by: LEE, scopes: ['read:patients', 'write:patients'] }
    await expect(access.approve(id, more)).rejects.toEqual(
      codeIs('invalid_input', /write:patients/),
    )
    // No scopes at all would be those of a request that named none: any.
    await expect(access.approve(id, { by: LEE, scopes: [] })).rejects.toEqual(
      codeIs('invalid_input', /'scopes' must name some/),
    )
    await access.approve(id, { by: LEE, environments: ['sandbox'] })
    await expect(keyOf(gate)).rejects.toMatchObject({ code: 'access_not_approved' })
    const sandbox = { environment: 'sandbox' }
    await expect(keyOf(gate, { ...sandbox, scopes: ['write:patients'] })).rejects.toThrow(
      "no scope 'write:patients'; approved are read:patients",
    )
    expect(await reasonOf(gate, await keyOf(gate, sandbox))).toBe('allowed')
    await gate.close()
  })

  test('a new version of terms asks again, for keys and by the policy; keys that exist go on without one', async () => {
    const { access, gate } = open()
    const { id } = await access.request({ ...ASK, accept: [TERMS_1] })
    await access.approve(id, { by: LEE })
    await gate.close()
    const terms = { 'api-terms': { version: '2026-07', text: 'Be nicer.' } }
    const later = open({ terms }, (next) => [next.approved(), next.accepted()])
    const old = gateWith({ policies: [later.access.accepted()] })
    const secret = await keyOf(old)
    await expect(keyOf(later.gate)).rejects.toMatchObject({
      code: 'terms_not_accepted',
      message: expect.stringContaining('2026-07'),
    })
    expect(await reasonOf(old, secret)).toBe('terms_not_accepted')
    const accept = { ownerId: 'org_1', by: ANN }
    await expect(later.access.agreements.accept({ ...accept, terms: TERMS_1 })).rejects.toEqual(
      codeIs('terms_not_accepted', /2026-07/),
    )
    await later.access.agreements.accept({
      ...accept,
      terms: { id: 'api-terms', version: '2026-07' },
    })
    expect(await reasonOf(old, secret)).toBe('allowed')
    await later.gate.close()
    await old.close()
  })

  test('an owner that may not ask is told why', async () => {
    const eligible = (ownerId: string) => ownerId === 'org_2' || 'API access is part of Premium.'
    const { access, gate } = open({ eligible, terms: {} })
    await expect(access.request(ASK)).rejects.toEqual(codeIs('not_eligible', /part of Premium/))
    await expect(access.request({ ...ASK, ownerId: 'org_2' })).resolves.toBeDefined()
    await gate.close()
  })
})

describe('what was approved', () => {
  test('an outage of what says who may ask is no refusal', async () => {
    const eligible = () => Promise.reject(new Error('The billing API is away.'))
    const { access, gate } = open({ eligible, terms: {} })
    await expect(access.request(ASK)).rejects.toMatchObject({ name: 'StoreError' })
    const odd = open({ eligible: () => undefined as never, terms: {} })
    await expect(odd.access.request(ASK)).rejects.toMatchObject({ name: 'StoreError' })
    await gate.close()
    await odd.gate.close()
  })

  test('is suspended at the next request, and resumed; ends by the clock and by hand', async () => {
    const { access, gate } = open({ terms: {} })
    const { id } = await access.request(ASK)
    await access.approve(id, { by: LEE, until: new Date('2026-02-01T00:00:00Z') })
    const secret = await keyOf(gate)
    expect(await reasonOf(gate, secret)).toBe('allowed')
    await access.suspend(id, { by: KIM, reason: 'Unusual use.' })
    const denied = await gate.verify(secret)
    expect(denied).toMatchObject({
      reason: 'access_not_approved',
      status: 403,
      code: 'access_not_approved',
    })
    expect(denied.allowed || denied.body).toContain('is suspended. Reason: Unusual use.')
    await access.resume(id, { by: KIM })
    expect(await reasonOf(gate, secret)).toBe('allowed')
    time.now = Date.parse('2026-02-01T00:00:00Z')
    expect(await reasonOf(gate, secret)).toBe('access_not_approved')
    await expect(keyOf(gate)).rejects.toThrow('has ended')
    await access.request(ASK)
    await gate.close()
  })

  test.each(['suspend', 'end'] as const)(
    'another instance knows of %s within 250 ms',
    async (step) => {
      const { access, gate } = open({ terms: {} })
      const { id } = await access.request(ASK)
      await access.approve(id, { by: LEE })
      const secret = await keyOf(gate)
      expect(await reasonOf(gate, secret)).toBe('allowed')
      const other = createAccess({ ...stores, clock })
      await other[step](id, { by: KIM, reason: 'Over.' })
      time.now += 1_250
      expect(await reasonOf(gate, secret)).toBe('access_not_approved')
      await gate.close()
    },
  )

  test('a suspension is not gone past by another request', async () => {
    const { access, gate } = open({ terms: {} })
    const first = await access.request({ ...ASK, environments: ['live'] })
    await access.approve(first.id, { by: LEE })
    await access.suspend(first.id, { by: LEE, reason: 'No.' })
    await expect(access.request(ASK)).rejects.toEqual(codeIs('already_requested', /suspended/))
    await gate.close()
  })
})

describe('a decision', () => {
  test('is never of an own request, by owner or by person', async () => {
    const { access, gate } = open({ terms: {} })
    const { id } = await access.request(ASK)
    const colleague = { ...LEE, ownerId: 'org_1' }
    for (const by of [ANN, colleague, { id: ANN.id, ownerId: 'staff' }]) {
      await expect(access.approve(id, { by })).rejects.toEqual(codeIs('own_request'))
      await expect(access.deny(id, { by, reason: 'x' })).rejects.toEqual(codeIs('own_request'))
    }
    expect((await access.end(id, { by: ANN })).state).toBe('ended')
    await gate.close()
  })

  test('of two approvers at once is one, and the other is told who was first', async () => {
    const { access, gate } = open({ terms: {} })
    const { id } = await access.request(ASK)
    const other = createAccess(stores)
    const both = await Promise.allSettled([
      access.approve(id, { by: LEE }),
      other.deny(id, { by: KIM, reason: 'No use case.' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: codeIs('wrong_state', /by (?:Dr\. Lee|user_kim) at 2/),
    })
    expect((await access.get(id))?.steps).toHaveLength(2)
    await gate.close()
  })

  test('denied: the reason is what the owner reads; it may ask again', async () => {
    const { access, gate } = open({ terms: {} })
    const { id } = await access.request(ASK)
    await access.deny(id, { by: LEE, reason: 'Tell us more.' })
    await expect(keyOf(gate)).rejects.toThrow('was denied. Reason: Tell us more.')
    await expect(access.approve(id, { by: LEE })).rejects.toEqual(codeIs('wrong_state'))
    await access.request(ASK)
    const { environments } = await access.of('org_1')
    expect(environments.map(({ state, missing }) => [state, missing[0]?.step])).toEqual([
      ['requested', 'decision'],
      ['requested', 'decision'],
    ])
    await gate.close()
  })
})

describe('an approver of a suspended organization', () => {
  test('decides about no other, and does not end its own access to get past that', async () => {
    const { access, gate } = open({ terms: {} })
    const { id: own } = await access.request({ ...ASK, ownerId: 'staff', by: LEE })
    await access.approve(own, { by: ANN })
    const { id } = await access.request(ASK)
    await access.suspend(own, { by: ANN, reason: 'Unusual.' })
    const by = KIM
    const reason = 'x'
    const refused = codeIs('approver_suspended')
    await expect(access.approve(id, { by })).rejects.toEqual(refused)
    await expect(access.deny(id, { by, reason })).rejects.toEqual(refused)
    await expect(access.end(id, { by })).rejects.toEqual(refused)
    await access.resume(own, { by: ANN })
    await access.approve(id, { by })
    await access.suspend(own, { by: ANN, reason })
    await expect(access.suspend(id, { by, reason })).rejects.toEqual(refused)
    expect(await access.get(id)).toMatchObject({ state: 'approved' })
    // Staff without an organization, such as at a command line, is nobody's.
    await access.suspend(id, { by: { id: 'operator' }, reason })
    await expect(access.resume(id, { by })).rejects.toEqual(refused)
    // Its suspension is not its own to take back, whoever of the organization asks.
    for (const one of [by, { id: 'somebody', ownerId: 'staff' }]) {
      await expect(access.end(own, { by: one })).rejects.toEqual(
        codeIs('own_request', /is suspended: the provider of this API resumes or ends it/),
      )
    }
    expect(await access.get(own)).toMatchObject({ state: 'suspended' })
    await expect(access.resume(id, { by })).rejects.toEqual(refused)
    await access.resume(own, { by: { id: 'operator' } })
    expect(await access.end(own, { by })).toMatchObject({ state: 'ended' })
    await access.resume(id, { by })
    await gate.close()
  })
})

describe('accepted()', () => {
  test('a BAA is recorded by the operator, is asked for in its environments, and ends', async () => {
    const { access, gate } = open({}, (own) => [own.accepted('baa')])
    const { id } = await access.request({ ...ASK, accept: [TERMS_1] })
    await access.approve(id, { by: LEE })
    const [live, sandbox] = [await keyOf(gate), await keyOf(gate, { environment: 'sandbox' })]
    expect(await reasonOf(gate, sandbox)).toBe('allowed')
    expect(await reasonOf(gate, live)).toBe('terms_not_accepted')
    const baa = { ownerId: 'org_1', by: ANN, terms: { id: 'baa', version: '3' } }
    await expect(access.agreements.accept(baa)).rejects.toEqual(
      codeIs('terms_not_accepted', /signed elsewhere/),
    )
    const until = new Date('2026-06-01T00:00:00Z')
    const { id: signed } = await access.agreements.record({ ...baa, recordedBy: LEE, until })
    expect(await reasonOf(gate, live)).toBe('allowed')
    time.now = Date.parse('2026-06-01T00:00:00Z')
    expect(await reasonOf(gate, live)).toBe('terms_not_accepted')
    await access.agreements.record({ ...baa, recordedBy: LEE })
    expect(await reasonOf(gate, live)).toBe('allowed')
    await access.agreements.withdraw(signed, { by: LEE, reason: 'Renewed.' })
    await expect(access.agreements.withdraw(signed, { by: LEE })).rejects.toEqual(
      codeIs('wrong_state'),
    )
    await gate.close()
  })

  test('all of those that are named are asked for, each is named in the answer, and health information only where it is real', async () => {
    const terms = {
      first: { version: '1', text: 'a' },
      second: { version: '1', text: 'b' },
      baa: { version: '3', text: 'BAA', phi: true },
    }
    const access = createAccess({ ...stores, terms })
    const open = (policy: Policy) =>
      gateWith({
        ...{ access, policies: [policy] },
        phi: { live: 'allowed', sandbox: 'synthetic' },
        onError: () => undefined,
      })
    const gate = open(access.accepted('first', 'second', 'baa'))
    const accepting = (...ids: (keyof typeof terms)[]) =>
      ids.map((id) => ({ id, version: terms[id].version }))
    const { id } = await access.request({ ...ASK, accept: accepting('first', 'second', 'baa') })
    await access.approve(id, { by: LEE })
    const secrets = [await keyOf(gate), await keyOf(gate, { environment: 'sandbox' })]
    const [live = '', sandbox = ''] = secrets
    const signed = async (which: string) => {
      const { items } = await access.agreements.list({ ownerId: 'org_1' })
      return items.find(({ terms: { id: named } }) => named === which)?.id ?? ''
    }
    expect(await reasonOf(gate, live)).toBe('allowed')
    await access.agreements.withdraw(await signed('baa'), { by: LEE })
    expect(await reasonOf(gate, sandbox)).toBe('allowed')
    expect(await gate.verify(live)).toMatchObject({
      reason: 'terms_not_accepted',
      body: expect.stringContaining("Your organization has not accepted 'baa', version 3."),
      cause: { got: "no from the policy 'accepted('first', 'second', 'baa')'" },
    })
    await access.agreements.withdraw(await signed('second'), { by: LEE })
    for (const secret of [live, sandbox]) {
      expect(await gate.verify(secret)).toMatchObject({
        reason: 'terms_not_accepted',
        body: expect.stringContaining("'second', version 1"),
      })
    }
    await gate.close()
  })

  test('another text under the same version is not what was accepted', async () => {
    const { access, gate } = open()
    await access.agreements.accept({ ownerId: 'org_1', by: ANN, terms: TERMS_1 })
    await gate.close()
    const terms = { 'api-terms': { version: '2026-01', text: 'Be nice, or pay.' } }
    const changed = createAccess({ ...stores, terms })
    await expect(changed.request(ASK)).rejects.toEqual(codeIs('terms_not_accepted'))
  })
})

describe('an outage of a store', () => {
  test.each(['store', 'agreements'] as const)(
    'of %s is 503, and never "not approved"',
    async (which) => {
      const { access, gate } = open({ terms: {} })
      const { id } = await access.request(ASK)
      await access.approve(id, { by: LEE })
      const secret = await keyOf(gate)
      await gate.close()
      const away = () => Promise.reject(new Error('away'))
      const broken = { ...stores[which], ofOwner: away, changes: away }
      const errors: unknown[] = []
      const down = createAccess({ ...stores, [which]: broken })
      const other = gateWith({
        policies: [down.approved()],
        onError: (error: unknown) => errors.push(error),
      })
      const own = await keyOf(other)
      expect(await other.verify(own)).toMatchObject({ status: 503, reason: 'policy_unavailable' })
      expect(errors).toContainEqual(expect.objectContaining({ name: 'StoreError' }))
      expect(secret).toBeDefined()
      const strict = gateWith({ access: down })
      await expect(keyOf(strict)).rejects.toMatchObject({ name: 'StoreError' })
      await other.close()
      await strict.close()
    },
  )

  test('what was read a moment ago counts for as long as a key does', async () => {
    let isAway = false
    const { store } = stores
    const flaky = {
      ...store,
      changes: (since?: string) =>
        isAway ? Promise.reject(new Error('away')) : store.changes(since),
    }
    const { access, gate } = open({ store: flaky, terms: {}, clock })
    const { id } = await access.request(ASK)
    await access.approve(id, { by: LEE })
    const secret = await keyOf(gate)
    expect(await reasonOf(gate, secret)).toBe('allowed')
    isAway = true
    time.now += 3_000
    expect(await reasonOf(gate, secret)).toBe('allowed')
    time.now += 3_000
    expect(await reasonOf(gate, secret)).toBe('policy_unavailable')
    await gate.close()
  })
})

test('what is remembered of owners is bounded by its size, whatever they write', async () => {
  const { store } = stores
  const asked = new Map<string, number>()
  const ofOwner = async (ownerId: string) => {
    asked.set(ownerId, (asked.get(ownerId) ?? 0) + 1)
    const [one] = await store.ofOwner('org_1')
    if (one === undefined) throw new Error('Nothing was stored.')
    const useCase = 'x'.repeat(4_000)
    return Array.from({ length: 100 }, () => ({ ...one, ownerId, useCase }))
  }
  const { access, gate } = open({ store: { ...store, ofOwner }, terms: {} })
  await createAccess({ ...stores }).request(ASK)
  await access.of('org_1')
  await access.of('org_1')
  expect(asked.get('org_1')).toBe(1)
  for (let owner = 2; owner <= 200; owner++) await access.of(`org_${String(owner)}`)
  await access.of('org_1')
  expect(asked.get('org_1')).toBe(2)
  await gate.close()
})

test('of two who request access for an organization at once, one does', async () => {
  const { store } = stores
  // Both have looked before either writes.
  const insert = async (...request: Parameters<typeof store.insert>) => {
    await new Promise(setImmediate)
    return store.insert(...request)
  }
  const others = [0, 1].map(() => createAccess({ ...stores, store: { ...store, insert } }))
  const ends = await Promise.allSettled(others.map((access) => access.request(ASK)))
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const refused = ends.find(({ status }) => status === 'rejected')
  expect(refused).toMatchObject({
    reason: codeIs('already_requested', /requested before: acc_\w+ is requested/),
  })
  expect((await store.list({ ownerId: 'org_1' })).items).toHaveLength(1)
})

test('a change makes nobody read other organizations anew, in this process and in another', async () => {
  const { store, agreements } = stores
  const asked: string[] = []
  const counted = {
    store: {
      ...store,
      ofOwner: (ownerId: string) => (asked.push(ownerId), store.ofOwner(ownerId)),
    },
    agreements,
    clock,
  }
  const [here, there] = [createAccess(counted), createAccess(counted)]
  for (const access of [here, there]) {
    for (const ownerId of ['org_1', 'org_2']) await access.of(ownerId)
  }
  asked.length = 0
  const { id } = await here.request(ASK)
  await here.approve(id, { by: LEE })
  time.now += 2_000
  for (const access of [here, there]) {
    for (const ownerId of ['org_1', 'org_2']) await access.of(ownerId)
    expect((await access.of('org_1')).environments[0]?.state).toBe('approved')
  }
  expect(asked.filter((ownerId) => ownerId === 'org_1').length).toBeGreaterThan(1)
  expect(asked).not.toContain('org_2')
  // A change that is not made, such as in an outage, takes nothing away from others either.
  const away = () => Promise.reject(new Error('away'))
  const broken = { ...counted, store: { ...counted.store, insert: away, changes: store.changes } }
  const down = createAccess(broken)
  await down.of('org_2')
  broken.store.changes = away
  asked.length = 0
  await expect(down.request({ ...ASK, ownerId: 'org_3' })).rejects.toThrow()
  await down.of('org_2')
  expect(asked).not.toContain('org_2')
})

test('a request that is refused makes nobody read other organizations anew', async () => {
  const { store } = stores
  const asked: string[] = []
  const ofOwner = (ownerId: string) => {
    asked.push(ownerId)
    return store.ofOwner(ownerId)
  }
  const { access, gate } = open({ store: { ...store, ofOwner }, terms: {} })
  // Another process, a moment ago.
  await access.of('org_1')
  await createAccess({ ...stores }).request(ASK)
  await expect(access.request(ASK)).rejects.toEqual(codeIs('already_requested'))
  await access.of('org_2')
  for (let time = 0; time < 5; time++) {
    await expect(access.request(ASK)).rejects.toEqual(codeIs('already_requested'))
    await access.of('org_2')
  }
  expect(asked.filter((owner) => owner === 'org_2')).toHaveLength(1)
  await gate.close()
})

test('an owner in another spelling is refused, and not told of as one without access', async () => {
  const { access, gate } = open()
  const refused = codeIs('invalid_input')
  for (const ownerId of ['org_1 ', '\ufefforg_1', '']) {
    await expect(access.of(ownerId)).rejects.toEqual(refused)
    await expect(access.list({ ownerId })).rejects.toEqual(refused)
    await expect(access.agreements.list({ ownerId })).rejects.toEqual(refused)
  }
  await gate.close()
})

describe('options', () => {
  test.each<[object, RegExp]>([
    [{ terms: { 'api-terms': { version: '1' } } }, /needs 'text' or 'digest'/],
    [{ terms: { 'API terms': { version: '1', text: 'x' } } }, /lower-case letters/],
    [
      { terms: { a: { version: '1', text: 'x', versoin: '2' } } },
      /'terms.a.versoin' is not known; did you mean 'version'/,
    ],
    [{ store: {} }, /'store' must be an access store/],
    [{ reviewDays: 0 }, /'reviewDays' must be at least 1/],
    [{ holidays: ['Christmas'] }, /such as '2026-12-25'/],
  ])('%j is refused at start-up', (options, message) => {
    expect(() => createAccess({ ...stores, ...options })).toThrow(message)
  })

  test('terms that a policy names are among them; an access belongs to one gate', () => {
    const { access } = open()
    expect(() => access.accepted('bba')).toThrow("there are no terms 'bba'; did you mean 'baa'?")
    expect(() => gateWith({ access })).toThrow('another gate')
    expect(() => gateWith({ access: {} as Access })).toThrow("'access' must be what createAccess")
  })
})
