import { createHash } from 'node:crypto'
import { createChain, type UnchainedRecord } from '../../src/audit/chain.js'
import type { AccessRecord, AuditEntry, TrailReader } from 'sallyport'

let ids = 0

/** An access as the trail of a clinic has it, with what the test wants to say of it. */
export function access(fields: Partial<AccessRecord> = {}): AccessRecord {
  ids += 1
  const id = `aud_${String(ids).padStart(6, '0')}`
  return {
    kind: 'access',
    id,
    time: '2030-01-07T09:00:00.000Z',
    outcome: 'allowed',
    status: 200,
    method: 'GET',
    path: '/v1/patients/p1',
    route: '/v1/patients/:id',
    requestId: `req_${id}`,
    environment: 'live',
    ownerId: 'org_1',
    tenantId: 'clinic_1',
    keyId: 'key_1',
    scopesAsked: ['read:patients'],
    scopesGranted: ['read:patients'],
    phi: { resource: 'Patient', action: 'read', ids: ['p1'] },
    client: '192.0.2.1',
    userAgent: 'ward/1.0',
    latencyMs: 3,
    ...fields,
  }
}

/** The first word of an access: how it was answered is not known yet. */
export function begun(fields: Partial<AccessRecord> = {}): AccessRecord {
  const { status: _, latencyMs: __, ...rest } = access(fields)
  return rest
}

/** The records of one writer, as a gate hands them to its sinks. */
export function chained(writer: string, records: readonly UnchainedRecord[]): AuditEntry[] {
  const chain = createChain(writer)
  return records.map((record) => chain.add({ ...record }))
}

/** A trail without an index, as files are one. It grows where `entries` does. */
export function trailOf(entries: readonly AuditEntry[]): TrailReader {
  return {
    async *lines() {
      for (const [at, { line }] of [...entries].entries()) {
        await Promise.resolve()
        yield { line, where: `line ${String(at + 1)}` }
      }
    },
  }
}

/** A line as anybody can make one: its hash is right, and needs no key. */
export function sealed(record: object): string {
  const body = JSON.stringify(record)
  const hash = createHash('sha256').update(body).digest('base64url')
  return `${body.slice(0, -1)},"hash":"${hash}"}`
}

/** The first record of a chain, with what the test wants to say of it, whether or not it is a record then. */
export function unfit(members: object): string {
  return sealed({ v: 1, writer: 'zz.z', seq: 0, prev: '', ...access({ id: 'zz-1' }), ...members })
}

/** Members with which a line is no record of this version. */
export const UNFIT: readonly (readonly [string, object])[] = [
  ['an owner that is a number', { ownerId: 5 }],
  ['a key that is an object', { keyId: {} }],
  ['a client that is an object', { client: {} }],
  ['a time that is none', { time: 'never' }],
  ['a day that does not exist', { time: '2030-02-30T00:00:00.000Z' }],
  ['no time', { time: undefined }],
  ['no id', { id: undefined }],
  ['an id that is longer than any', { id: 'x'.repeat(257) }],
  ['a writer that is longer than any', { writer: 'x'.repeat(257) }],
  ['a hash before it that is longer than any', { seq: 1, prev: 'x'.repeat(65) }],
  ['what is nested deeply', { more: JSON.parse('['.repeat(17) + ']'.repeat(17)) as unknown }],
  ['an outcome that is none', { outcome: 'perhaps' }],
  ['an outcome of the other kind', { outcome: 'made' }],
  ['a kind that is none', { kind: 'else' }],
  ['phi that is null', { phi: null }],
  ['an action on phi that is none', { phi: { resource: 'Patient', action: 'z' } }],
  ['ids that are a text', { phi: { resource: 'Patient', action: 'read', ids: 'p1' } }],
  ['further phi that is an object', { furtherPhi: {} }],
  ['a reason that is an object', { outcome: 'denied', reason: {} }],
  ['a status that is a text', { status: '200' }],
  ['a count below 1', { count: -5 }],
  ['an end that is no time', { count: 2, until: 5 }],
  ['scopes that are a text', { scopesAsked: 'read' }],
  ['a method that is a list', { method: [] }],
  ['changes that are a number', { kind: 'key', action: 'update', outcome: 'made', changed: 5 }],
  ['an action on a key that is none', { kind: 'key', action: 'steal', outcome: 'made' }],
  ['a caller that is a text', { kind: 'key', action: 'update', outcome: 'made', by: 'me' }],
  ['heads that are a number', { kind: 'start', instance: 'zz', heads: 5, torn: [] }],
  [
    'heads without a hash',
    { kind: 'start', instance: 'zz', heads: [{ writer: 'a', seq: 1 }], torn: [] },
  ],
  ['torn lines that are null', { kind: 'start', instance: 'zz', heads: [], torn: [null] }],
  ['a gap without its beginning', { kind: 'gap', allowed: 1, denied: 0, keys: 0 }],
]
