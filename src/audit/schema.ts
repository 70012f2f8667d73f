import * as z from 'zod/mini'
import type { Reason } from '../core/denial.js'
import { OAUTH_STEPS } from '../core/oauth-step.js'
import { PHI_ACTIONS, type PhiAccess } from '../core/phi.js'
import { isDeeperThan } from '../lib/copy.js'
import { KEY_ACTIONS, KEY_STANDINGS } from '../keys/key-change.js'
import { ENROLLMENT_ACTIONS } from './enrollment.js'
import {
  ACCESS_OUTCOMES,
  KEY_CHANGE_OUTCOMES,
  type AccessRecord,
  type AuditHead,
  type BrokenChain,
  type ChainedRecord,
  type ChainPlace,
  type CheckpointRecord,
  type EnrollmentRecord,
  type GapRecord,
  type KeyChangeRecord,
  type Actor,
  type StartRecord,
  type TornLine,
} from './record.js'
import type { TrailPosition } from './sink.js'
import { lazily } from '../lib/lazily.js'

/** A schema for each member of a type: the compiler misses the ones that are not there. */
export type Shape<T> = { readonly [Member in keyof T]-?: z.ZodMiniType<T[Member]> }

const text = lazily(() => z.string())
/** More than a writer, an id and a hash ever take: readers keep them, and anybody can write a line. */
const MAX_NAME = 256
const MAX_DIGEST = 64
const name = lazily(() => z.string().check(z.minLength(1), z.maxLength(MAX_NAME)))
const digest = lazily(() => z.string().check(z.maxLength(MAX_DIGEST)))
const count = lazily(() => z.int().check(z.minimum(0)))
/** A record has three levels of objects and lists; one of a later version may have some more. */
const MAX_DEPTH = 16
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** ISO 8601 in UTC with milliseconds, of a day that exists: readers compare times as text. */
export const instant = lazily(() =>
  z.string().check(
    z.refine((said) => {
      const ms = INSTANT.test(said) ? Date.parse(said) : Number.NaN
      return !Number.isNaN(ms) && new Date(ms).toISOString() === said
    }),
  ),
)

/** The form of a reason. A later version may have written one that this version does not know. */
const reason = lazily(() =>
  z.custom<Reason>((said) => typeof said === 'string' && /^[a-z_]{1,64}$/.test(said)),
)

const accesses = lazily(() =>
  z.looseObject({
    resource: text(),
    action: z.enum(PHI_ACTIONS),
    ids: z.exactOptional(z.array(text())),
  } satisfies Shape<PhiAccess>),
)

const actor = lazily(
  () =>
    ({
      environment: z.exactOptional(text()),
      ownerId: z.exactOptional(text()),
      tenantId: z.exactOptional(text()),
      keyId: z.exactOptional(text()),
      issuer: z.exactOptional(text()),
      tokenId: z.exactOptional(text()),
      clientId: z.exactOptional(text()),
      subject: z.exactOptional(text()),
      app: z.exactOptional(z.literal(true)),
      operator: z.exactOptional(z.literal(true)),
      name: z.exactOptional(text()),
    }) satisfies Shape<Actor>,
)

const head = lazily(() =>
  z.looseObject({ writer: text(), seq: count(), hash: text() } satisfies Shape<AuditHead>),
)
const torn = lazily(() =>
  z.looseObject({ where: text(), bytes: count(), hash: text() } satisfies Shape<TornLine>),
)

/** What a sink answers of others, and what the first record of a writer says of them. */
export const restShape = lazily(() => ({
  heads: z.array(head()),
  torn: z.array(torn()),
  passed: z.exactOptional(z.array(text())),
}))

const broken = lazily(() =>
  z.looseObject({
    writer: text(),
    seq: count(),
    why: z.enum(['place_taken', 'refused']),
  } satisfies Shape<BrokenChain>),
)

const place = lazily(
  () =>
    ({
      v: z.literal(1),
      writer: name(),
      seq: count(),
      prev: digest(),
      hash: digest(),
    }) satisfies Shape<ChainPlace>,
)

const access = lazily(() =>
  z.looseObject({
    ...place(),
    kind: z.literal('access'),
    id: name(),
    time: instant(),
    outcome: z.enum(ACCESS_OUTCOMES),
    reason: z.exactOptional(reason()),
    status: z.exactOptional(count()),
    aborted: z.exactOptional(z.literal(true)),
    method: z.exactOptional(text()),
    path: z.exactOptional(text()),
    route: z.exactOptional(text()),
    requestId: text(),
    scopesAsked: z.exactOptional(z.array(text())),
    scopesGranted: z.exactOptional(z.array(text())),
    phi: z.exactOptional(accesses()),
    synthetic: z.exactOptional(z.literal(true)),
    furtherPhi: z.exactOptional(z.array(accesses())),
    agreements: z.exactOptional(z.array(z.looseObject({ id: text(), version: text() }))),
    client: z.exactOptional(text()),
    peer: z.exactOptional(text()),
    userAgent: z.exactOptional(text()),
    latencyMs: z.exactOptional(z.number()),
    auditFilter: z.exactOptional(z.record(text(), text())),
    oauthSteps: z.exactOptional(z.array(z.enum(OAUTH_STEPS))),
    oauthError: z.exactOptional(text()),
    count: z.exactOptional(z.int().check(z.minimum(1))),
    until: z.exactOptional(instant()),
    ...actor(),
  } satisfies Shape<AccessRecord & ChainPlace>),
)

const key = lazily(() =>
  z.looseObject({
    ...place(),
    kind: z.literal('key'),
    id: name(),
    time: instant(),
    action: z.enum(KEY_ACTIONS),
    outcome: z.enum(KEY_CHANGE_OUTCOMES),
    keyId: text(),
    ownerId: z.exactOptional(text()),
    environment: z.exactOptional(text()),
    changed: z.exactOptional(z.array(text())),
    successorId: z.exactOptional(text()),
    standing: z.exactOptional(z.enum(KEY_STANDINGS)),
    why: z.exactOptional(text()),
    by: z.exactOptional(z.looseObject(actor())),
    requestId: z.exactOptional(text()),
    client: z.exactOptional(text()),
  } satisfies Shape<KeyChangeRecord & ChainPlace>),
)

const enrollment = lazily(() =>
  z.looseObject({
    ...place(),
    kind: z.literal('enrollment'),
    id: name(),
    time: instant(),
    action: z.enum(ENROLLMENT_ACTIONS),
    outcome: z.enum(KEY_CHANGE_OUTCOMES),
    subjectId: text(),
    ownerId: text(),
    environments: z.exactOptional(z.array(text())),
    terms: z.exactOptional(z.looseObject({ id: text(), version: text() })),
    by: z.looseObject(actor()),
    client: z.exactOptional(text()),
  } satisfies Shape<EnrollmentRecord & ChainPlace>),
)

const gap = lazily(() =>
  z.looseObject({
    ...place(),
    kind: z.literal('gap'),
    time: instant(),
    allowed: count(),
    denied: count(),
    keys: count(),
    since: instant(),
  } satisfies Shape<GapRecord & ChainPlace>),
)

const start = lazily(() =>
  z.looseObject({
    ...place(),
    kind: z.literal('start'),
    time: instant(),
    instance: text(),
    ...restShape(),
    instead: z.exactOptional(broken()),
  } satisfies Shape<StartRecord & ChainPlace>),
)

const checkpoint = lazily(() =>
  z.looseObject({
    ...place(),
    kind: z.literal('checkpoint'),
    time: instant(),
    signedBy: text(),
    signature: text(),
    last: z.exactOptional(z.literal(true)),
  } satisfies Shape<CheckpointRecord & ChainPlace>),
)

/** Where a page of events ends. */
export const position = lazily(() =>
  z.object({
    time: instant(),
    id: text().check(z.minLength(1)),
    writer: text(),
    seq: count(),
  } satisfies Shape<TrailPosition>),
)

const line = lazily(() => ({ line: text(), where: text() }))

/** What the index of a reader may answer. */
export const foundLines = lazily(() =>
  z.array(
    z.object({ ...line(), at: position(), later: z.exactOptional(z.array(z.object(line()))) }),
  ),
)

const record = lazily(() =>
  z.discriminatedUnion('kind', [access(), key(), enrollment(), gap(), start(), checkpoint()]),
)

/** Whether this is a whole record: each member of its kind is there and has its type. Anybody can make the hash of a line. */
export function isRecord(value: unknown): value is ChainedRecord {
  // What is nested deeper could be handed out, and not be printed.
  if (isDeeperThan(value, MAX_DEPTH)) return false
  const parsed = record().safeParse(value)
  return parsed.success && (parsed.data.seq > 0 || parsed.data.prev === '')
}
