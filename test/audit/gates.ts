import { generateKeyPairSync } from 'node:crypto'
import {
  createGate,
  type AuditEntry,
  type AuditOptions,
  type AuditRecord,
  type AuditSink,
  type GateOptions,
  type GateRequest,
} from 'sallyport'

const pair = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** What the trails of the tests are signed with. */
export const SIGNING = { key: pair.privateKey, publicKeys: [pair.publicKey] }

/** Keeps what it is given. */
export interface KeptSink extends AuditSink {
  readonly entries: readonly AuditEntry[]
  records(kind?: AuditRecord['kind']): readonly AuditRecord[]
}

export function keptSink(): KeptSink {
  const entries: AuditEntry[] = []
  return {
    entries,
    records: (kind) =>
      entries.map(({ record }) => record).filter((one) => kind === undefined || one.kind === kind),
    write(more) {
      entries.push(...more)
    },
  }
}

export const PATIENT = { resource: 'Patient', action: 'read' } as const

export function auditedGate(
  audit: AuditOptions,
  onError: (error: unknown) => void = () => undefined,
  options: Partial<GateOptions<'read:patients'>> = {},
) {
  return createGate({
    environment: ['live', 'test'],
    keys: { prefix: 'acme' },
    scopes: ['read:patients'],
    bruteForce: false,
    audit: { instance: 'api-1', ...audit },
    onError,
    ...options,
  })
}

export const KEY = {
  name: 'CI',
  ownerId: 'org_1',
  environment: 'live',
  scopes: ['read:patients'],
} as const

export function requestWith(secret: string, url = '/v1/patients/pat_1?token=x'): GateRequest {
  return {
    method: 'GET',
    url,
    rawHeaders: [
      'Host',
      'api.example.com',
      'User-Agent',
      'jest',
      'Authorization',
      `Bearer ${secret}`,
    ],
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
  }
}

/** The lines of a trail of so many records, closed; each access a line of its own. */
export async function linesOf(
  count: number,
  options: Partial<AuditOptions> = {},
): Promise<string[]> {
  const sink = keptSink()
  const gate = auditedGate({ sink, key: SIGNING.key, ...options })
  const { secret } = await gate.keys.create(KEY)
  for (let index = 0; sink.entries.length < count; index++) {
    await gate.check(requestWith(secret, `/v1/patients/pat_${String(index)}`))
    if (index % 100 === 99) await gate.audit.flush()
  }
  await gate.close()
  return sink.entries.map(({ line }) => line)
}
