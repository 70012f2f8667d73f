import { expect, test } from '@jest/globals'
import { createGate, type AuditRecord } from 'sallyport'

test('what a client has asked for that has gone since is in the audit trail', async () => {
  const records: AuditRecord[] = []
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    audit: {
      sink: { write: (entries) => void records.push(...entries.map(({ record }) => record)) },
    },
  })
  const { secret, id } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  // A slow middleware came first: `close` was emitted before, and comes no more.
  const response = { statusCode: 200, writableFinished: false, closed: true, once: () => undefined }
  await gate.check({
    ...{ method: 'DELETE', url: '/orders', response },
    rawHeaders: ['Authorization', `Bearer ${secret}`],
    peer: { address: '203.0.113.9', encrypted: true },
  })
  await gate.close()
  expect(records.filter(({ kind }) => kind === 'access')).toMatchObject([
    { outcome: 'allowed', keyId: id, method: 'DELETE', aborted: true },
  ])
})
