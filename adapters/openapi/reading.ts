import { USAGE_OUTCOMES, type GateDescription } from '../../src/index.js'
import type { MountedRoute } from './mounted.js'
import type { DescriptionOptions } from './options.js'

const [FROM, TO, DAY] = ['2030-01-01', '2030-01-31', '2030-01-15']
const [NDJSON, REQUEST_ID] = ['application/x-ndjson', 'req_6tSqbtzYC9RnQxrx']

/** That of `usageEndpoints`. */
export function usageRoutes(
  { environments: [first] }: GateDescription,
  { usage }: DescriptionOptions,
): readonly MountedRoute[] {
  if (usage === undefined) return []
  const { path, scopes } = usage
  const environment = first?.name ?? 'live'
  const names = [...USAGE_OUTCOMES, 'unclassified']
  const outcomes = Object.fromEntries(names.map((name) => [name, name === 'allowed' ? 3 : 0]))
  const figures = { environment, total: 3, outcomes }
  return [
    {
      ...{ method: 'get', path, summary: 'Read the usage of your organization', scopes },
      query: { from: FROM, to: TO, environment, by: 'day', format: 'json' },
      answer: {
        ...{ ownerId: 'org_1', from: FROM, to: TO, totals: [figures] },
        rows: [{ day: DAY, ...figures }],
      },
    },
  ]
}

/** Those of `auditEndpoints`. */
export function auditRoutes(
  { environments: [first] }: GateDescription,
  { audit }: DescriptionOptions,
): readonly MountedRoute[] {
  if (audit === undefined) return []
  const { path, scopes } = audit
  const record = {
    ...{ kind: 'access', id: '3tYn-1', time: `${DAY}T10:00:00.000Z`, outcome: 'denied' },
    ...{ reason: 'insufficient_scope', status: 403, environment: first?.name, ownerId: 'org_1' },
    ...{ requestId: REQUEST_ID, proven: true },
  }
  const filters = {
    ...{ kind: 'access', outcome: 'denied', reason: 'insufficient_scope' },
    ...{ keyId: 'key_u6tSqbtzYC9RnQxrxoLtyi', subject: 'user_1', tenantId: 'clinic_1' },
    ...{ requestId: REQUEST_ID, phi: 'Patient/pat_1', from: FROM, to: TO },
  }
  const cursor = 'of the page before'
  const summary = {
    ...{ from: `${FROM}T00:00:00.000Z`, to: '2030-01-08T00:00:00.000Z' },
    ...{ allowed: { [FROM]: 2 }, denied: { [FROM]: 1 }, phi: { Patient: 1 } },
    ...{ callers: { key_u6tSqbtzYC9RnQxrxoLtyi: 3 }, addresses: 1, changes: 0 },
    ...{ verification: { records: 3, proven: 3, unproven: 0 }, isComplete: true },
  }
  return [
    {
      ...{ method: 'get', path, summary: 'Read the audit log of your organization', scopes },
      query: { ...filters, limit: '50', cursor },
      answer: { records: [record] },
    },
    {
      ...{ method: 'get', path: `${path}/export`, summary: 'Export the audit log', scopes },
      ...{ query: { ...filters, cursor }, accept: NDJSON },
      answer: `${JSON.stringify(record)}\n`,
    },
    {
      ...{ method: 'get', path: `${path}/summary`, summary: 'Read a summary of a week', scopes },
      query: { to: '2030-01-08' },
      answer: summary,
    },
  ]
}
