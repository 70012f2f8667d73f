import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyRecord, type KeyStore } from 'sallyport'

const OPTIONS = { environment: 'live', scopes: ['read:orders'] } as const

/** A gate whose store gives this in place of what it was given. */
function gateOver(change: (record: KeyRecord) => unknown, onError: (error: unknown) => void) {
  const memory = createMemoryKeyStore()
  const findByDigest: KeyStore['findByDigest'] = async (digest) => {
    const record = await memory.findByDigest(digest)
    return record?.name === 'Odd' ? (change(record) as KeyRecord) : record
  }
  const store = { ...memory, findByDigest }
  return createGate({ ...OPTIONS, keys: { prefix: 'acme', store }, onError })
}

test.each([
  { allowedIps: null },
  { allowedIps: '203.0.113.9' },
  { allowedIps: ['203.0.113.0/40'] },
  { tenantIds: 'clinic_1' },
  { tenantIds: [1] },
  { resources: null },
  { resources: 'records/rec_1' },
  { scopes: 'read:orders' },
  { scopes: undefined },
  { expiresAt: '2030-01-01T00:00:00Z' },
  { expiresAt: new Date(NaN) },
  { revokedAt: '2030-01-01T00:00:00Z' },
  { revokedAt: null },
  { disabledAt: 0 },
])('a key stored with %j is an outage of this key alone', async (fields) => {
  const told: unknown[] = []
  const gate = gateOver(
    (record) => ({ ...record, ...fields }),
    (error) => told.push(error),
  )
  const odd = await gate.keys.create({ name: 'Odd', ownerId: 'org_1' })
  const good = await gate.keys.create({ name: 'Good', ownerId: 'org_1' })
  expect(await gate.verify(odd.secret)).toMatchObject({ reason: 'store_unavailable', status: 503 })
  expect(told).toMatchObject([{ name: 'StoreError', message: expect.stringContaining(odd.id) }])
  expect(await gate.verify(good.secret)).toMatchObject({ allowed: true })
})

test('what a handler does with its auth, the next request does not see', async () => {
  const gate = createGate({ ...OPTIONS, keys: { prefix: 'acme' } })
  const expiresAt = new Date('2099-01-01T00:00:00Z')
  const input = { name: 'CI', ownerId: 'org_1', expiresAt, metadata: { team: { id: 1 } } }
  const { secret } = await gate.keys.create(input)
  const first = await gate.verify(secret)
  if (!first.allowed) throw new Error('refused')
  first.auth.expiresAt?.setTime(0)
  expect(() => Object.assign(first.auth, { ownerId: 'org_2' })).toThrow(TypeError)
  expect(() => Object.assign(first.auth.metadata['team'] as object, { id: 2 })).toThrow(TypeError)
  expect(await gate.verify(secret)).toMatchObject({ allowed: true, auth: input })
  expect(JSON.stringify(first.auth)).toContain('"expiresAt":"2099-01-01T00:00:00.000Z"')
})
