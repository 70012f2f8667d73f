import { z } from 'zod'
import type { IssuedKey } from '../keys/create.js'
import type { CreateKeyInput } from '../keys/input.js'
import type { Keys } from '../keys/keys.js'
import type { ApiKey } from '../keys/record.js'
import type { RevokeOptions } from '../keys/revoke.js'
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

const instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 instant, such as 2030-01-31T00:00:00Z' })
  .transform((text) => new Date(text))
const names = z.array(z.string()).optional()
const common = {
  scopes: names,
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
  expiresAt: instant.optional(),
  ...common,
})
const updateBody = z.strictObject({
  name: z.string().optional(),
  allowedIps: z.array(z.string()).nullable().optional(),
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

function refuseEnvironment({ environments }: Authority, named: string): Refusal | undefined {
  if (environments.includes(named)) return undefined
  return invalid(`'environment' must be ${environments.map((name) => `'${name}'`).join(' or ')}`)
}

async function create(call: Call, body: z.infer<typeof createBody>): Outcome {
  const { auth } = call.grant
  const environment = body.environment ?? auth.environment
  const { ownerId, plan, limit } = auth
  // As the owner: nobody hands out more than it has.
  const own = { ownerId, ...(plan && { plan }), ...(limit && { limit }) }
  const input = { ...body, environment, ...own } as CreateKeyInput
  const refused =
    refuseEnvironment(call.authority, environment) ??
    call.authority.refuseToGrant(input.scopes ?? [])
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
  const key = await target(call)
  if (isRefusal(key)) return key
  const onlyDisables = body.disabled === true && Object.keys(body).length === 1
  const refused =
    (onlyDisables ? undefined : call.authority.refuseToHandOver(key)) ??
    call.authority.refuseToGrant(body.scopes ?? [])
  return refused ?? { status: 200, value: await call.keys.update(key.id, body as UpdateKeyInput) }
}

async function revoke(call: Call, body: z.infer<typeof revokeBody>): Outcome {
  const key = await target(call)
  if (isRefusal(key)) return key
  await call.keys.revoke(key.id, body as RevokeOptions)
  return { status: 204 }
}

/** A publishable key is in everybody's hands: it stands for nobody. */
async function ownKey(call: Call): Promise<ApiKey | Refusal> {
  const key = await target(call)
  return !isRefusal(key) && key.kind === 'pk' ? new Refusal('insufficient_scope') : key
}

async function showOwn(call: Call): Outcome {
  const key = await ownKey(call)
  return isRefusal(key) ? key : { status: 200, value: key }
}

async function revokeOwn(call: Call, body: z.infer<typeof revokeBody>): Outcome {
  const key = await ownKey(call)
  if (isRefusal(key)) return key
  // In its grace, a key ends itself, and not the successor that its owner has replaced it by.
  if (key.rotatedAt !== undefined) await call.keys.update(key.id, { expiresAt: key.rotatedAt })
  else await call.keys.revoke(key.id, body as RevokeOptions)
  return { status: 204 }
}

async function rotate(call: Call, body: z.infer<typeof rotateBody>): Outcome {
  const key = await target(call)
  if (isRefusal(key)) return key
  // Whoever rotates a key gets to know a secret with its scopes.
  const refused = call.authority.refuseToHandOver(key)
  return refused ?? { status: 201, value: await call.keys.rotate(key.id, body as RotateOptions) }
}
