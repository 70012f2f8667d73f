import type { z } from 'zod/mini'
import { isRefusal, Refusal } from '../../core/denial.js'
import { queryOf } from '../../core/request.js'
import { invalid } from '../../http/body.js'
import { keyFields } from '../input.js'
import type { KeyFilter } from '../key-store.js'
import type { ApiKey, KeyRecord } from '../record.js'
import type { RevokeOptions } from '../revocation.js'
import { createBody, listQuery, revokeBody, rotateBody, updateBody } from './bodies.js'
import {
  judge,
  NOT_FOUND,
  withBody,
  withoutBody,
  type Action,
  type Call,
  type Outcome,
} from './call.js'
import { create, refuseEnvironment, rotate, update } from './hand-out.js'
import { shownToHolder, shownToManagers } from './shown.js'

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

async function target({ keys, id, authority }: Call): Promise<ApiKey | Refusal> {
  const key = await keys.get(id)
  return key !== undefined && authority.sees(key) ? key : NOT_FOUND
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
  // An owner of a token that no key can have has none.
  if (!keyFields.ownerId.safeParse(grant.auth.ownerId).success) {
    return { status: 200, value: { keys: [] } }
  }
  const only = authority.environments.length === 1 ? authority.environments[0] : undefined
  const environment = named ?? only
  const { items, cursor } = await keys.list({
    ...(filter as KeyFilter),
    ownerId: grant.auth.ownerId,
    ...(environment !== undefined && { environment }),
  })
  // A store may have keys of environments that other gates serve.
  const seen = items.filter((key) => authority.sees(key)).map(shownToManagers)
  return { status: 200, value: { keys: seen, ...(cursor !== undefined && { cursor }) } }
}

async function show(call: Call): Outcome {
  const key = await target(call)
  return isRefusal(key) ? key : { status: 200, value: shownToManagers(key) }
}

async function revoke(call: Call, body: z.infer<typeof revokeBody>): Outcome {
  await call.authorized.revoke(call.id, body as RevokeOptions, judge(call))
  return { status: 204 }
}

/** A publishable key is in everybody's hands: it stands for nobody. */
function refuseToStandFor(key: Pick<KeyRecord, 'kind'>): Refusal | undefined {
  return key.kind === 'pk' ? new Refusal('insufficient_scope') : undefined
}

async function showOwn(call: Call): Outcome {
  const key = await target(call)
  if (isRefusal(key)) return key
  return refuseToStandFor(key) ?? { status: 200, value: shownToHolder(key) }
}

async function revokeOwn(call: Call, body: z.infer<typeof revokeBody>): Outcome {
  await call.authorized.giveUp(call.id, body as RevokeOptions, judge(call, refuseToStandFor))
  return { status: 204 }
}
