import { createChain, type UnchainedRecord } from '../../src/record/chain.js'
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
