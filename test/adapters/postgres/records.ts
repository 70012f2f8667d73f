import { hash, randomBytes } from 'node:crypto'
import type { KeyRecord } from 'sallyport'

/** A key that no other test has. */
export function record(fields: Partial<KeyRecord> = {}): KeyRecord {
  const id = `key_${randomBytes(11).toString('hex')}`
  return {
    id,
    version: 1,
    digest: hash('sha256', id, 'base64url'),
    hint: 'acme_live_sk_...abcd',
    name: 'A key',
    ownerId: `org_${id}`,
    environment: 'live',
    kind: 'sk',
    scopes: [],
    metadata: {},
    createdAt: new Date('2030-01-01T00:00:00.123Z'),
    ...fields,
  }
}
