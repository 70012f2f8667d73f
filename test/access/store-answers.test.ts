import { afterEach, describe, expect, test } from '@jest/globals'
import { createGate, type Gate } from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AccessRequest,
} from 'sallyport/access'

const ANN = { id: 'ann', ownerId: 'org_1' }
const LEE = { id: 'lee', ownerId: 'staff' }
const ASK = { ownerId: 'org_1', by: ANN, useCase: 'Lab results.', environments: ['live'] }
const TERMS = { tos: { version: '1', text: 'Be nice.' } }
const ACCEPT = { ownerId: 'org_1', by: ANN, terms: { id: 'tos', version: '1' } }

const gates: Pick<Gate, 'close'>[] = []
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close()
})

/** An owner with approved access and a key; then its stores answer in another way. */
async function open() {
  const [store, agreements] = [createMemoryAccessStore(), createMemoryAgreementStore()]
  const sound = createAccess({ store, agreements, terms: TERMS })
  const { id } = await sound.request({ ...ASK, accept: [ACCEPT.terms] })
  await sound.approve(id, { by: LEE })
  const [request] = await store.ofOwner('org_1')
  const [acceptance] = await agreements.ofOwner('org_1')
  if (request === undefined || acceptance === undefined) throw new Error('Nothing was stored.')

  async function reasonWith(changed: { readonly store?: object; readonly agreements?: object }) {
    const access = createAccess({
      store: { ...store, ...changed.store },
      agreements: { ...agreements, ...changed.agreements },
      terms: TERMS,
    })
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read'] },
      policies: [access.approved(), access.accepted('tos')],
      onError: () => undefined,
    })
    gates.push(gate)
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const decision = await gate.verify(secret)
    return decision.allowed ? 'allowed' : decision.reason
  }
  return { store, agreements, request, acceptance, reasonWith }
}

describe('what a store answers with lets nobody in', () => {
  const all = (change: (one: AccessRequest) => unknown) => (one: AccessRequest) => ({
    ofOwner: () => [change(one)],
  })

  test.each<[string, (one: AccessRequest) => object]>([
    ['a state that nobody knows', all((one) => ({ ...one, state: 'APPROVED' }))],
    ['the request of another owner', all((one) => ({ ...one, ownerId: 'ORG_1' }))],
    ['an end that is no date', all((one) => ({ ...one, until: '2020-01-01T00:00:00Z' }))],
    ['environments as text', all((one) => ({ ...one, environments: 'live,sandbox' }))],
    ['no request at all', all(() => null)],
    ['no list', () => ({ ofOwner: () => ({ rows: [] }) })],
    ['no revision', () => ({ changes: () => ({ ownerIds: [] }) })],
  ])('%s: an outage', async (_name, change) => {
    const { request, reasonWith } = await open()
    expect(await reasonWith({})).toBe('allowed')
    expect(await reasonWith({ store: change(request) })).toBe('policy_unavailable')
  })

  test.each<[string, object]>([
    ['of another owner', { ownerId: 'org_1 ' }],
    ['that was ended', { end: { by: LEE, at: new Date(0) } }],
    ['with an end that is no date', { until: 0 }],
  ])('an acceptance %s: an outage', async (_name, fields) => {
    const { acceptance, reasonWith } = await open()
    const ofOwner = () => [{ ...acceptance, ...fields }]
    expect(await reasonWith({ agreements: { ofOwner } })).toBe('policy_unavailable')
  })
})

test('a change that a store says neither yes nor no of is not told as made, and another record is not taken for the one that was named', async () => {
  const { store, agreements, request, acceptance } = await open()
  const odd = { replace: () => ({ changes: 0 }), find: () => request }
  const ending = { end: () => 0, find: () => acceptance }
  const access = createAccess({
    store: { ...store, ...(odd as object) },
    agreements: { ...agreements, ...(ending as object) },
    terms: TERMS,
  })
  const outage = expect.objectContaining({ name: 'StoreError' }) as unknown
  await expect(access.suspend(request.id, { by: LEE, reason: 'Unusual.' })).rejects.toEqual(outage)
  await expect(access.get(request.id.toLowerCase())).rejects.toEqual(outage)
  for (const list of [
    () => ({ items: [{ ...request, requestedAt: 'now' }] }),
    () => ({ rows: [] }),
  ]) {
    const listing = createAccess({ store: { ...store, list } as never, agreements })
    await expect(listing.list()).rejects.toEqual(outage)
  }
  const others = { ...store, list: () => ({ items: [request] }) }
  const listing = createAccess({ store: others, agreements })
  await expect(listing.list({ ownerId: 'org_2' })).rejects.toEqual(outage)
  await expect(access.agreements.withdraw(acceptance.id, { by: LEE })).rejects.toEqual(outage)
  await expect(access.agreements.get('agr_other')).rejects.toEqual(outage)
})
