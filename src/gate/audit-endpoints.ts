import * as z from 'zod/mini'
import type { AuditEvent } from '../audit/filter.js'
import type { AuditPage, AuditQuery } from '../audit/query.js'
import type { Answer, Denial } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import { invalid, type EndpointRequest } from '../http/body.js'
import {
  createOwnerEndpoint,
  type OwnerCall,
  type OwnerGate,
  type Reading,
  type ReadingRequirement,
} from './owner-endpoint.js'

const instant = z.pipe(
  z.string().check(z.regex(/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/)),
  z.transform((text) => new Date(text)),
)
const whole = z.pipe(z.string().check(z.regex(/^\d{1,3}$/)), z.transform(Number))
const text = z.exactOptional(z.string())
const filters = {
  ...{ kind: text, outcome: text, reason: text },
  ...{ keyId: text, subject: text, tenantId: text, requestId: text },
  phi: z.exactOptional(z.string().check(z.regex(/^[^/]+(\/[^/]+)?$/))),
  from: z.exactOptional(instant),
  to: z.exactOptional(instant),
}
const pageQuery = z.strictObject({ ...filters, limit: z.exactOptional(whole), cursor: text })
const exportQuery = z.strictObject({ ...filters, cursor: text })
const summaryQuery = z.strictObject({ to: z.exactOptional(instant) })

const WEEK_MS = 7 * 86_400_000
/** Events that one export or one summary looks at. */
const MOST_EVENTS = 5_000
const PAGE = 200

type Query = AuditPage & { readonly isWhole: boolean }
type ReadEvents = (query: AuditQuery) => Promise<AuditPage>

/**
 * For adapters: the audit log of a caller's own owner over HTTP: `GET /` in pages, `GET /export` as lines of JSON, `GET /summary` of a week. Each reading is in the log before it is
 * answered, as a read of `AuditEvent`.
 * @throws {MisuseError} at start-up, also where the gate has no audit log
 */
export function createAuditEndpoints<S extends string>(
  gate: OwnerGate,
  requirement: ReadingRequirement<S>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { auditOf, noteReading, clock } = gate.endpoints.owner
  if (noteReading === undefined) {
    throw new MisuseError(
      'not_supported',
      "auditEndpoints: there is no audit trail; give 'audit' to createGate",
    )
  }

  /** A reading that cannot be recorded is not made. */
  const reading =
    <T>(schema: z.ZodMiniType<T>, run: (query: T, read: ReadEvents) => Promise<Reading>) =>
    async ({ grant, query }: OwnerCall): Promise<Reading | Refusal> => {
      const asked = schema.safeParse(query)
      if (!asked.success) return invalid(`The query has what is not known here.`)
      await noteReading(grant.audit)
      const { auth } = grant
      try {
        return await run(asked.data, (filter) =>
          auditOf(auth).query({ ...filter, ownerId: auth.ownerId }),
        )
      } catch (error) {
        if (!(error instanceof MisuseError) || error.code !== 'invalid_option') throw error
        return invalid(error.message.replace('gate.audit.query: ', ''))
      }
    }

  return createOwnerEndpoint(gate, 'auditEndpoints', requirement, {
    '': reading(pageQuery, async (query, read) => {
      const { items, ...rest } = await read(filterOf(query))
      return json({ records: items, ...rest })
    }),
    '/export': reading(exportQuery, async (query, read) => {
      const { items, cursor } = await readAll(read, filterOf(query))
      return {
        type: 'application/x-ndjson',
        body: items.map((event) => `${JSON.stringify(event)}\n`).join(''),
        headers: {
          'content-disposition': 'attachment; filename="audit.ndjson"',
          ...(cursor !== undefined && { 'x-next-cursor': cursor }),
        },
      }
    }),
    '/summary': reading(summaryQuery, async ({ to = new Date(clock()) }, read) => {
      const from = new Date(to.getTime() - WEEK_MS)
      return json({ from, to, ...summaryOf(await readAll(read, { from, to })) })
    }),
  })
}

function json(value: object): Reading {
  return { type: 'application/json', body: JSON.stringify(value) }
}

/** `phi=Patient/123` names a resource and a record. */
function filterOf({ phi, ...rest }: { readonly phi?: string } & object): AuditQuery {
  const [resource = '', id] = phi?.split('/') ?? []
  const touched = phi !== undefined && { phi: { resource, ...(id !== undefined && { id }) } }
  return { ...rest, ...touched } as AuditQuery
}

async function readAll(read: ReadEvents, query: AuditQuery): Promise<Query> {
  const items: AuditEvent[] = []
  let { cursor } = query
  do {
    const page = await read({ ...query, limit: PAGE, ...(cursor !== undefined && { cursor }) })
    items.push(...page.items)
    ;({ cursor } = page)
  } while (cursor !== undefined && items.length < MOST_EVENTS)
  return { items, ...(cursor !== undefined && { cursor }), isWhole: cursor === undefined }
}

/** What happened, counted. */
function summaryOf({ items, isWhole }: Query): object {
  const [allowed, denied, phi] = [new Map<string, number>(), new Map<string, number>(), new Map()]
  const callers = new Map<string, number>()
  const addresses = new Set<string>()
  let changes = 0
  for (const event of items) {
    if (event.kind !== 'access') {
      changes += 1
      continue
    }
    const { count = 1, time, outcome, client } = event
    add(outcome === 'allowed' ? allowed : denied, time.slice(0, 10), count)
    add(callers, event.keyId ?? event.subject ?? event.clientId ?? 'unknown', count)
    if (client !== undefined) addresses.add(client)
    for (const touched of [event.phi, ...(event.furtherPhi ?? [])]) {
      if (touched !== undefined) add(phi, touched.resource, count)
    }
  }
  const proven = items.filter((event) => event.proven).length
  return {
    allowed: Object.fromEntries(allowed),
    denied: Object.fromEntries(denied),
    phi: Object.fromEntries(phi),
    callers: Object.fromEntries(callers),
    ...{ addresses: addresses.size, changes },
    verification: { records: items.length, proven, unproven: items.length - proven },
    isComplete: isWhole,
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}
