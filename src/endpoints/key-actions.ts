import { z } from 'zod'
import type { IssuedKey } from '../keys/create.js'
import type { CreateKeyInput } from '../keys/input.js'
import type { JudgedKeys } from '../keys/judged.js'
import type { Keys } from '../keys/keys.js'
import type { ApiKey, KeyRecord } from '../keys/record.js'
import type { RevokeOptions } from '../keys/revoke.js'
import type { Judge } from '../keys/room.js'
import type { RotateOptions } from '../keys/rotate.js'
import type { KeyFilter } from '../keys/store.js'
import type { UpdateKeyInput } from '../keys/update.js'
import type { Grant } from '../terms/decision.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { describeIssue } from '../lib/issue.js'
import { queryOf } from '../terms/request.js'
import type { Authority } from './authority.js'
import { invalid } from './body.js'

/** One request, once its caller is known and may manage keys, and its body is here. */
export interface Call {
  readonly keys: Keys
  readonly judged: JudgedKeys
  /** Creates a key, or answers with the one that the same request has created before. */
  readonly create: (input: CreateKeyInput) => Promise<IssuedKey | Refusal>
  readonly grant: Grant
  readonly authority: Authority
  readonly id: string
  readonly url: string
  readonly body: object
}

/** What an action has to say when it succeeds. */
export interface Result {
  readonly status: number
  readonly value?: object
}

type Outcome = Promise<Result | Refusal>

export interface Action {
  readonly readsBody: boolean
  readonly run: (call: Call) => Outcome
}

export const NOT_FOUND = new Refusal('not_found')

/** Brings a refusal out of a change that is being made. */
export class RefusedChange extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

const instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 instant, such as 2030-01-31T00:00:00Z' })
  .transform((text) => new Date(text))
const names = z.array(z.string()).optional()
const common = {
  scopes: names,
  tenantIds: names,
  // Its length, before anything looks closer: a large one would take long.
  metadata: z
    .custom<Record<string, unknown>>(
      (value) => JSON.stringify(value).length <= 4_096,
      'must be at most 4,096 characters of JSON',
    )
    .optional(),
}
const createBody = z.strictObject({
  name: z.string(),
  environment: z.string().optional(),
  kind: z.enum(['sk', 'pk']).optional(),
  allowedIps: names,
  resources: names,
  expiresAt: instant.optional(),
  ...common,
})
const updateBody = z.strictObject({
  name: z.string().optional(),
  allowedIps: names.nullable(),
  resources: names.nullable(),
  expiresAt: instant.nullable().optional(),
  disabled: z.boolean().optional(),
  ...common,
})
const listQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .optional(),
  cursor: z.string().optional(),
  environment: z.string().optional(),
  state: z.string().optional(),
})
const rotateBody = z.strictObject({ gracePeriod: z.string().optional() })
const revokeBody = z.strictObject({ reason: z.string().optional() })

/** By method: `/`. */
export const COLLECTION: Readonly<Record<string, Action>> = {
  GET: withoutBody(list),
  POST: withBody(createBody, create),
}
/** By method: `/:id`. */
export const ITEM: Readonly<Record<string, Action>> = {
  GET: withoutBody(show),
  PATCH: withBody(updateBody, update),
  DELETE: withBody(revokeBody, revoke),
}
/** By method: `/self`, for whoever holds a key. */
export const SELF: Readonly<Record<string, Action>> = {
  GET: withoutBody(showOwn),
  DELETE: withBody(revokeBody, revokeOwn),
}
/** By method: `/:id/rotate`. */
export const ROTATION: Readonly<Record<string, Action>> = { POST: withBody(rotateBody, rotate) }

function withoutBody(run: (call: Call) => Outcome): Action {
  return { readsBody: false, run }
}

/** What a client sent is checked for its shape here; `gate.keys` checks what is in it. */
function withBody<T extends object>(
  schema: z.ZodObject & z.ZodType<T>,
  run: (call: Call, body: T) => Outcome,
): Action {
  return {
    readsBody: true,
    run: async (call) => {
      const parsed = schema.safeParse(call.body)
      if (parsed.success) return run(call, parsed.data)
      return invalid(describeIssue(parsed.error, Object.keys(schema.shape)))
    },
  }
}

async function target({ keys, id, authority }: Call): Promise<ApiKey | Refusal> {
  const key = await keys.get(id)
  return key !== undefined && authority.sees(key) ? key : NOT_FOUND
}

/** Lets a change be made of a key that the caller may know of, and that `refuse` says nothing against. */
function judge(
  { authority }: Call,
  refuse: (key: KeyRecord) => Refusal | undefined = () => undefined,
): Judge {
  return (key) => {
    const refused = authority.sees(key) ? refuse(key) : NOT_FOUND
    if (refused !== undefined) throw new RefusedChange(refused)
  }
}

function refuseEnvironment({ environments }: Authority, named: string): Refusal | undefined {
  if (environments.includes(named)) return undefined
  return invalid(`'environment' must be ${environments.map((name) => `'${name}'`).join(' or ')}`)
}

async function create(call: Call, body: z.infer<typeof createBody>): Outcome {
  const { auth } = call.grant
  const environment = body.environment ?? auth.environment
  const { ownerId, plan, limit } = auth
  const { resources = auth.resources } = body
  // As the owner: nobody hands out more than it has.
  const own = { ownerId, ...(plan && { plan }), ...(limit && { limit }) }
  const input = {
    ...{ ...body, environment, ...own },
    ...(resources && { resources }),
  } as CreateKeyInput
  const refused =
    refuseEnvironment(call.authority, environment) ??
    call.authority.refuseToGrant({ ...input, scopes: input.scopes ?? [] })
  if (refused !== undefined) return refused
  const key = await call.create(input)
  return isRefusal(key) ? key : { status: 201, value: key }
}

async function list({ keys, grant, authority, url }: Call): Outcome {
  const query = new URLSearchParams(queryOf(url))
  const asked = listQuery.safeParse(Object.fromEntries(query))
  if (!asked.success || new Set(query.keys()).size < query.size) {
    return invalid('The query knows limit, cursor, environment and state, each once.')
  }
  const { environment: named, ...filter } = asked.data
  const refused = named === undefined ? undefined : refuseEnvironment(authority, named)
  if (refused !== undefined) return refused
  const only = authority.environments.length === 1 ? authority.environments[0] : undefined
  const environment = named ?? only
  const { items, cursor } = await keys.list({
    ...(filter as KeyFilter),
    ownerId: grant.auth.ownerId,
    ...(environment !== undefined && { environment }),
  })
  // A store may have keys of environments that other gates serve.
  const seen = items.filter((key) => authority.sees(key))
  return { status: 200, value: { keys: seen, ...(cursor !== undefined && { cursor }) } }
}

async function show(call: Call): Outcome {
  const key = await target(call)
  return isRefusal(key) ? key : { status: 200, value: key }
}

async function update(call: Call, body: z.infer<typeof updateBody>): Outcome {
  const { authority, id, judged } = call
  const onlyDisables = body.disabled === true && Object.keys(body).length === 1
  const { scopes = [], tenantIds = [], resources = [] } = body
  // What is left out is not given; null gives every resource.
  const given = { scopes, tenantIds, ...(resources !== null && { resources }) }
  const allowed = judge(
    call,
    (key) =>
      (onlyDisables ? undefined : authority.refuseToHandOver(key)) ??
      authority.refuseToGrant(given),
  )
  return { status: 200, value: await judged.update(id, body as UpdateKeyInput, allowed) }
}

async function revoke(call: Call, body: z.infer<typeof revokeBody>): Outcome {
  await call.judged.revoke(call.id, body as RevokeOptions, judge(call))
  return { status: 204 }
}

/** A publishable key is in everybody's hands: it stands for nobody. */
function refuseToStandFor(key: Pick<KeyRecord, 'kind'>): Refusal | undefined {
  return key.kind === 'pk' ? new Refusal('insufficient_scope') : undefined
}

async function showOwn(call: Call): Outcome {
  const key = await target(call)
  if (isRefusal(key)) return key
  return refuseToStandFor(key) ?? { status: 200, value: key }
}

async function revokeOwn(call: Call, body: z.infer<typeof revokeBody>): Outcome {
  await call.judged.giveUp(call.id, body as RevokeOptions, judge(call, refuseToStandFor))
  return { status: 204 }
}

async function rotate(call: Call, body: z.infer<typeof rotateBody>): Outcome {
  // Whoever rotates a key gets to know a secret with its scopes.
  const allowed = judge(call, (key) => call.authority.refuseToHandOver(key))
  return { status: 201, value: await call.judged.rotate(call.id, body as RotateOptions, allowed) }
}
