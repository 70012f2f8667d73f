import * as v from 'valibot'
import type { Answer, Denial } from '../core/decision.js'
import { USAGE_OUTCOMES } from '../core/tally.js'
import { invalid, type EndpointRequest } from '../http/body.js'
import type { OwnerUsage } from '../keys/owner-usage.js'
import { csvOf } from '../lib/csv.js'
import {
  createOwnerEndpoint,
  csvReading,
  type OwnerGate,
  type ReadingRequirement,
} from './owner-endpoint.js'
import { isDay } from '../lib/instants.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const day = lazily(() =>
  v.pipe(
    v.string(),
    v.check(isDay),
    v.transform((text) => new Date(text)),
  ),
)
const querySchema = lazily(() =>
  strictObject({
    from: v.exactOptional(day()),
    to: v.exactOptional(day()),
    environment: v.exactOptional(v.string()),
    by: v.exactOptional(v.picklist(['day', 'key'])),
    format: v.exactOptional(v.picklist(['json', 'csv'])),
  }),
)
const OUTCOMES = [...USAGE_OUTCOMES, 'unclassified'] as const

/**
 * For adapters: the usage of a caller's own owner over HTTP, `GET /` with `from`, `to`, `environment`, `by` and `format`. A caller sees the environments whose keys it manages.
 * @throws {MisuseError} at start-up
 */
export function createUsageEndpoints<S extends string>(
  gate: OwnerGate,
  requirement: ReadingRequirement<S>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { keysOf } = gate.endpoints.owner
  return createOwnerEndpoint(gate, 'usageEndpoints', requirement, {
    '': async ({ grant: { auth }, query }) => {
      const asked = v.safeParse(querySchema(), query)
      if (!asked.success) {
        return invalid(
          "The query knows from and to (such as 2030-01-31), environment, by ('day' or 'key') and format ('json' or 'csv').",
        )
      }
      const { format, ...options } = asked.output
      const usage = await keysOf(auth).usageOfOwner(auth.ownerId, options)
      if (format !== 'csv') return { type: 'application/json', body: JSON.stringify(usage) }
      return csvReading(`usage-${usage.from}-${usage.to}.csv`, usageCsv(usage))
    },
  })
}

/** A table for a spreadsheet, with a line for each row of a usage. What a program would take for a formula is text. */
export function usageCsv({ rows }: OwnerUsage): string {
  const head = ['day', 'key', 'environment', 'total', ...OUTCOMES]
  const lines = rows.map(({ day: of, keyId, environment, total, outcomes }) => [
    ...[of, keyId, environment, total],
    ...OUTCOMES.map((outcome) => outcomes[outcome]),
  ])
  return csvOf([head, ...lines])
}
