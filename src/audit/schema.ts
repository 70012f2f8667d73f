import * as v from 'valibot'
import { ifValid } from '../lib/issue.js'
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
import { finiteNumber, wholeNumber } from '../lib/schema-kinds.js'
import { looseObject, plainObject, recordOf } from '../lib/schema-objects.js'

/** A schema for each member of a type: the compiler misses the ones that are not there. */
export type Shape<T> = { readonly [Member in keyof T]-?: v.GenericSchema<unknown, T[Member]> }

const text = lazily(() => v.string())
/** More than a writer, an id and a hash ever take: readers keep them, and anybody can write a line. */
const MAX_NAME = 256
const MAX_DIGEST = 64
const name = lazily(() => v.pipe(v.string(), v.minLength(1), v.maxCodePoints(MAX_NAME)))
const digest = lazily(() => v.pipe(v.string(), v.maxCodePoints(MAX_DIGEST)))
const count = lazily(() => wholeNumber(0))
/** A record has three levels of objects and lists; one of a later version may have some more. */
const MAX_DEPTH = 16
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** ISO 8601 in UTC with milliseconds, of a day that exists: readers compare times as text. */
export const instant = lazily(() =>
  v.pipe(
    v.string(),
    v.check((said) => {
      const ms = INSTANT.test(said) ? Date.parse(said) : Number.NaN
      return !Number.isNaN(ms) && new Date(ms).toISOString() === said
    }),
  ),
)

/** The form of a reason. A later version may have written one that this version does not know. */
const reason = lazily(() =>
  v.custom<Reason>((said) => typeof said === 'string' && /^[a-z_]{1,64}$/.test(said)),
)

const accesses = lazily(() =>
  looseObject({
    resource: text(),
    action: v.picklist(PHI_ACTIONS),
    ids: v.exactOptional(v.array(text())),
  } satisfies Shape<PhiAccess>),
)

const actor = lazily(
  () =>
    ({
      environment: v.exactOptional(text()),
      ownerId: v.exactOptional(text()),
      tenantId: v.exactOptional(text()),
      keyId: v.exactOptional(text()),
      issuer: v.exactOptional(text()),
      tokenId: v.exactOptional(text()),
      clientId: v.exactOptional(text()),
      subject: v.exactOptional(text()),
      app: v.exactOptional(v.literal(true)),
      operator: v.exactOptional(v.literal(true)),
      name: v.exactOptional(text()),
    }) satisfies Shape<Actor>,
)

const head = lazily(() =>
  looseObject({ writer: text(), seq: count(), hash: text() } satisfies Shape<AuditHead>),
)
const torn = lazily(() =>
  looseObject({ where: text(), bytes: count(), hash: text() } satisfies Shape<TornLine>),
)

/** What a sink answers of others, and what the first record of a writer says of them. */
export const restShape = lazily(() => ({
  heads: v.array(head()),
  torn: v.array(torn()),
  passed: v.exactOptional(v.array(text())),
}))

const broken = lazily(() =>
  looseObject({
    writer: text(),
    seq: count(),
    why: v.picklist(['place_taken', 'refused']),
  } satisfies Shape<BrokenChain>),
)

const place = lazily(
  () =>
    ({
      v: v.literal(1),
      writer: name(),
      seq: count(),
      prev: digest(),
      hash: digest(),
    }) satisfies Shape<ChainPlace>,
)

const access = lazily(() =>
  looseObject({
    ...place(),
    kind: v.literal('access'),
    id: name(),
    time: instant(),
    outcome: v.picklist(ACCESS_OUTCOMES),
    reason: v.exactOptional(reason()),
    status: v.exactOptional(count()),
    aborted: v.exactOptional(v.literal(true)),
    method: v.exactOptional(text()),
    path: v.exactOptional(text()),
    route: v.exactOptional(text()),
    requestId: text(),
    scopesAsked: v.exactOptional(v.array(text())),
    scopesGranted: v.exactOptional(v.array(text())),
    phi: v.exactOptional(accesses()),
    synthetic: v.exactOptional(v.literal(true)),
    furtherPhi: v.exactOptional(v.array(accesses())),
    agreements: v.exactOptional(v.array(looseObject({ id: text(), version: text() }))),
    client: v.exactOptional(text()),
    peer: v.exactOptional(text()),
    userAgent: v.exactOptional(text()),
    latencyMs: v.exactOptional(finiteNumber()),
    auditFilter: v.exactOptional(recordOf(text(), text())),
    oauthSteps: v.exactOptional(v.array(v.picklist(OAUTH_STEPS))),
    oauthError: v.exactOptional(text()),
    count: v.exactOptional(wholeNumber(1)),
    until: v.exactOptional(instant()),
    ...actor(),
  } satisfies Shape<AccessRecord & ChainPlace>),
)

const key = lazily(() =>
  looseObject({
    ...place(),
    kind: v.literal('key'),
    id: name(),
    time: instant(),
    action: v.picklist(KEY_ACTIONS),
    outcome: v.picklist(KEY_CHANGE_OUTCOMES),
    keyId: text(),
    ownerId: v.exactOptional(text()),
    environment: v.exactOptional(text()),
    changed: v.exactOptional(v.array(text())),
    successorId: v.exactOptional(text()),
    standing: v.exactOptional(v.picklist(KEY_STANDINGS)),
    why: v.exactOptional(text()),
    by: v.exactOptional(looseObject(actor())),
    requestId: v.exactOptional(text()),
    client: v.exactOptional(text()),
  } satisfies Shape<KeyChangeRecord & ChainPlace>),
)

const enrollment = lazily(() =>
  looseObject({
    ...place(),
    kind: v.literal('enrollment'),
    id: name(),
    time: instant(),
    action: v.picklist(ENROLLMENT_ACTIONS),
    outcome: v.picklist(KEY_CHANGE_OUTCOMES),
    subjectId: text(),
    ownerId: text(),
    environments: v.exactOptional(v.array(text())),
    terms: v.exactOptional(looseObject({ id: text(), version: text() })),
    by: looseObject(actor()),
    client: v.exactOptional(text()),
  } satisfies Shape<EnrollmentRecord & ChainPlace>),
)

const gap = lazily(() =>
  looseObject({
    ...place(),
    kind: v.literal('gap'),
    time: instant(),
    allowed: count(),
    denied: count(),
    keys: count(),
    since: instant(),
  } satisfies Shape<GapRecord & ChainPlace>),
)

const start = lazily(() =>
  looseObject({
    ...place(),
    kind: v.literal('start'),
    time: instant(),
    instance: text(),
    ...restShape(),
    instead: v.exactOptional(broken()),
  } satisfies Shape<StartRecord & ChainPlace>),
)

const checkpoint = lazily(() =>
  looseObject({
    ...place(),
    kind: v.literal('checkpoint'),
    time: instant(),
    signedBy: text(),
    signature: text(),
    last: v.exactOptional(v.literal(true)),
  } satisfies Shape<CheckpointRecord & ChainPlace>),
)

/** Where a page of events ends. */
export const position = lazily(() =>
  plainObject({
    time: instant(),
    id: v.pipe(text(), v.minLength(1)),
    writer: text(),
    seq: count(),
  } satisfies Shape<TrailPosition>),
)

const RECORDS = { access, key, enrollment, gap, start, checkpoint }

/** Whether this is a whole record: each member of its kind is there and has its type. Anybody can make the hash of a line. */
export function isRecord(value: unknown): value is ChainedRecord {
  // What is nested deeper could be handed out, and not be printed.
  if (isDeeperThan(value, MAX_DEPTH)) return false
  const kind = String(Reflect.get(Object(value), 'kind'))
  if (!Object.hasOwn(RECORDS, kind)) return false
  const record = ifValid<ChainPlace>(RECORDS[kind as keyof typeof RECORDS](), value)
  return record !== undefined && (record.seq > 0 || record.prev === '')
}
