import * as v from 'valibot'
import type { AuditQuery } from '../audit/query.js'
import { personReader } from '../audit/reading-shares.js'
import { readMany, summaryOfWeek, type ReadEvents } from '../audit/summary.js'
import type { Auth } from '../core/auth.js'
import type { Answer, Denial } from '../core/decision.js'
import { callerId } from '../core/caller.js'
import { Refusal } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import { invalid, type EndpointRequest } from '../http/body.js'
import { complaintIn } from '../lib/issue.js'
import {
  createOwnerEndpoint,
  type OwnerCall,
  type OwnerGate,
  type Reading,
  type ReadingRequirement,
} from './owner-endpoint.js'
import { isDay } from '../lib/instants.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const instant = lazily(() =>
  v.pipe(
    v.string(),
    v.regex(/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/),
    v.check((text) => isDay(text.slice(0, 10))),
    v.transform((text) => new Date(text)),
  ),
)
const whole = lazily(() => v.pipe(v.string(), v.regex(/^(?:1?\d{1,2}|200)$/), v.transform(Number)))
const text = lazily(() => v.exactOptional(v.string()))
const filters = lazily(() => ({
  ...{ kind: text(), outcome: text(), reason: text() },
  ...{ keyId: text(), subject: text(), tenantId: text(), requestId: text() },
  phi: v.exactOptional(v.pipe(v.string(), v.regex(/^[^/]+(\/[^/]+)?$/))),
  from: v.exactOptional(instant()),
  to: v.exactOptional(instant()),
}))
const pageQuery = lazily(() =>
  strictObject({ ...filters(), limit: v.exactOptional(whole()), cursor: text() }),
)
const exportQuery = lazily(() => strictObject({ ...filters(), cursor: text() }))
const summaryQuery = lazily(() => strictObject({ to: v.exactOptional(instant()) }))

/**
 * For adapters: the audit log of a caller's own owner over HTTP: `GET /` in pages, `GET /export` as lines of JSON, `GET /summary` of a week. Each reading is in the log before it is
 * answered, as a read of `AuditEvent`, and takes its share of those in progress.
 * @throws {MisuseError} at start-up, also where the gate has no audit log
 */
export function createAuditEndpoints<S extends string>(
  gate: OwnerGate,
  requirement: ReadingRequirement<S>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { auditOf, noteReading, shareReading, clock } = gate.endpoints.owner
  if (noteReading === undefined) {
    throw new MisuseError(
      'not_supported',
      "auditEndpoints: there is no audit trail; give 'audit' to createGate",
    )
  }

  /** A reading that cannot be recorded is not made. */
  const reading =
    <T>(
      schema: v.GenericSchema<unknown, T>,
      isLarge: boolean,
      run: (query: T, read: ReadEvents) => Promise<Reading>,
    ) =>
    async ({
      grant: { auth, audit: note },
      query,
      response,
    }: OwnerCall): Promise<Reading | Refusal> => {
      const asked = v.safeParse(schema, query)
      if (!asked.success) return invalid(`The query has what is not known here.`)
      const { ownerId } = auth
      const audit = auditOf(auth)
      const readNoted = async () => {
        await noteReading(note)
        return run(asked.output, (filter) => audit.query({ ...filter, ownerId }))
      }
      try {
        const reader = { id: readerId(auth), ownerId, isLarge, response }
        return await shareReading(reader, readNoted, tooMany)
      } catch (error) {
        if (!(error instanceof MisuseError) || error.code !== 'invalid_option') throw error
        return invalid(complaintIn(error))
      }
    }

  return createOwnerEndpoint(gate, 'auditEndpoints', requirement, {
    '': reading(pageQuery(), false, async (query, read) => {
      const { items, ...rest } = await read(filterOf(query))
      return json({ records: items, ...rest })
    }),
    '/export': reading(exportQuery(), true, async (query, read) => {
      const { items, cursor } = await readMany(read, filterOf(query))
      return {
        type: 'application/x-ndjson',
        body: items.map((event) => `${JSON.stringify(event)}\n`).join(''),
        headers: {
          'content-disposition': 'attachment; filename="audit.ndjson"',
          ...(cursor !== undefined && { 'x-next-cursor': cursor }),
        },
      }
    }),
    // Up to now, with what happened in this millisecond.
    '/summary': reading(summaryQuery(), true, async ({ to = new Date(clock() + 1) }, read) => {
      return json(await summaryOfWeek(read, to))
    }),
  })
}

/** A person who is signed in to the app has one share, here and on the console. */
function readerId(auth: Auth): string {
  const isPerson = auth.kind === 'app' && auth.subject !== undefined
  return isPerson ? personReader(auth.subject) : callerId(auth)
}

function tooMany(retryAfter: number, reason: 'concurrency_exceeded' | 'burst_exceeded'): Refusal {
  const detail =
    reason === 'burst_exceeded'
      ? 'Too many readings of the audit log in a short time. See Retry-After.'
      : 'Too many readings of the audit log at once. Wait for one to finish.'
  return new Refusal(reason, { detail, retryAfter })
}

function json(value: object): Reading {
  return { type: 'application/json', body: JSON.stringify(value) }
}

/** `phi=Patient/123` names a resource and a record. */
function filterOf({ phi, ...rest }: { readonly phi?: string } & object): AuditQuery {
  const [resource = '', id] = phi?.split('/') ?? []
  const touched = phi !== undefined && { phi: { resource, ...(id !== undefined && { id }) } }
  return { ...rest, ...touched }
}
