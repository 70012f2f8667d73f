import { z } from 'zod'
import type { CreateKeyInput } from '../keys/input.js'
import type { Keys } from '../keys/keys.js'
import type { ApiKey } from '../keys/record.js'
import type { RotateOptions } from '../keys/rotate.js'
import type { KeyQuery } from '../keys/store.js'
import type { UpdateKeyInput } from '../keys/update.js'
import type { Grant } from '../terms/decision.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { describeIssue } from '../terms/issue.js'
import type { Authority } from './authority.js'
import { invalid } from './body.js'

/** One request, once its caller is known and may manage keys. */
export interface Call {
  readonly keys: Keys
  readonly grant: Grant
  readonly authority: Authority
  readonly id: string
  readonly url: string
  readonly body: () => Promise<object | Refusal>
}

/** What an action has to say when it succeeds. */
export interface Result {
  readonly status: number
  readonly value?: object
}

export type Action = (call: Call) => Promise<Result | Refusal>

export const NOT_FOUND = new Refusal('not_found')

/** By method: `/`. */
export const COLLECTION: Readonly<Record<string, Action>> = { GET: list, POST: create }
/** By method: `/:id`. */
export const ITEM: Readonly<Record<string, Action>> = { GET: show, PATCH: update, DELETE: revoke }
/** By method: `/:id/rotate`. */
export const ROTATION: Readonly<Record<string, Action>> = { POST: rotate }

const instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 instant, such as 2030-01-31T00:00:00Z' })
  .transform((text) => new Date(text))
const names = z.array(z.string()).optional()
const common = {
  scopes: names,
  metadata: z.record(z.string(), z.json()).optional(),
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
const rotateBody = z.strictObject({ gracePeriod: z.string().optional() })

/** What a client sent, checked for its shape; `gate.keys` checks what is in it. */
async function bodyOf<T extends object>(
  call: Call,
  schema: z.ZodObject & z.ZodType<T>,
): Promise<T | Refusal> {
  const body = await call.body()
  if (isRefusal(body)) return body
  const parsed = schema.safeParse(body)
  return parsed.success
    ? parsed.data
    : invalid(describeIssue(parsed.error, Object.keys(schema.shape)))
}

async function target({ keys, id, authority }: Call): Promise<ApiKey | Refusal> {
  const key = await keys.get(id)
  return key !== undefined && authority.sees(key) ? key : NOT_FOUND
}

async function create(call: Call): Promise<Result | Refusal> {
  const body = await bodyOf(call, createBody)
  if (isRefusal(body)) return body
  const { auth } = call.grant
  const environment = body.environment ?? auth.environment
  if (!call.authority.manages(environment))
    return invalid(`'environment' must be '${auth.environment}'`)
  const input = { ...body, environment, ownerId: auth.ownerId } as CreateKeyInput
  const refused = call.authority.refuseToGrant(input.scopes ?? [])
  return refused ?? { status: 201, value: await call.keys.create(input) }
}

async function list(call: Call): Promise<Result | Refusal> {
  const { auth } = call.grant
  const query = new URLSearchParams(call.url.split('?')[1] ?? '')
  const unknown = [...query.keys()].find(
    (name) => !['limit', 'cursor', 'environment'].includes(name),
  )
  if (unknown !== undefined) return invalid('The query knows limit, cursor and environment.')
  const [environment, limit, cursor] = [
    query.get('environment'),
    query.get('limit'),
    query.get('cursor'),
  ]
  const whole: KeyQuery = {
    ownerId: auth.ownerId,
    ...(environment !== null && { environment }),
    ...(!call.authority.manages('') && { environment: auth.environment }),
    ...(limit !== null && { limit: Number(limit) }),
    ...(cursor !== null && { cursor }),
  }
  const { items, cursor: next } = await call.keys.list(whole)
  return { status: 200, value: { keys: items, ...(next !== undefined && { cursor: next }) } }
}

async function show(call: Call): Promise<Result | Refusal> {
  const key = await target(call)
  return isRefusal(key) ? key : { status: 200, value: key }
}

async function update(call: Call): Promise<Result | Refusal> {
  const key = await target(call)
  if (isRefusal(key)) return key
  const body = await bodyOf(call, updateBody)
  if (isRefusal(body)) return body
  const refused = call.authority.refuseToGrant(body.scopes ?? [])
  return refused ?? { status: 200, value: await call.keys.update(key.id, body as UpdateKeyInput) }
}

async function revoke(call: Call): Promise<Result | Refusal> {
  const key = await target(call)
  if (isRefusal(key)) return key
  await call.keys.revoke(key.id)
  return { status: 204 }
}

async function rotate(call: Call): Promise<Result | Refusal> {
  const key = await target(call)
  if (isRefusal(key)) return key
  const body = await bodyOf(call, rotateBody)
  if (isRefusal(body)) return body
  // Whoever rotates a key gets to know a secret with its scopes.
  const refused = call.authority.refuseToGrant(key.scopes)
  return refused ?? { status: 201, value: await call.keys.rotate(key.id, body as RotateOptions) }
}
