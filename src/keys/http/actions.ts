import * as v from 'valibot'
import { isRefusal, Refusal } from '../../core/denial.js'
import { queryOf } from '../../core/request.js'
import { invalid } from '../../http/body.js'
import type { DueQuery } from '../due.js'
import type { AskedKey } from '../held-keys.js'
import type { KeyFilter } from '../key-store.js'
import type { KeyRecord } from '../record.js'
import type { RevokeOptions } from '../revocation.js'
import type { RotateOptions } from '../rotate.js'
import type { UpdateKeyInput } from '../update.js'
import { createBody, dueQuery, listQuery, revokeBody, rotateBody, updateBody } from './bodies.js'
import {
  NOT_FOUND,
  containing,
  withBody,
  withoutBody,
  type Action,
  type Call,
  type Outcome,
} from './call.js'
import { always, isPause, isWithoutGrace } from './containment.js'
import { shownToHolder, shownToManagers } from './shown.js'

/** By method: `/`. */
export const COLLECTION: Readonly<Record<string, Action>> = {
  GET: containing(withoutBody(list), always),
  POST: withBody(createBody, create),
}
/** By method: `/due`. */
export const DUE: Readonly<Record<string, Action>> = { GET: withoutBody(listDue) }
/** By method: `/:id`. */
export const ITEM: Readonly<Record<string, Action>> = {
  GET: containing(withoutBody(show), always),
  PATCH: containing(withBody(updateBody, update), isPause),
  DELETE: containing(withBody(revokeBody, revoke), always),
}
/** By method: `/self`, for whoever holds a key. */
export const SELF: Readonly<Record<string, Action>> = {
  GET: withoutBody(showOwn),
  DELETE: withBody(revokeBody, revokeOwn),
}
/** By method: `/:id/rotate`. */
export const ROTATION: Readonly<Record<string, Action>> = {
  POST: containing(withBody(rotateBody, rotate), isWithoutGrace),
}

async function list({ keys, inForce, url }: Call): Outcome {
  const query = new URLSearchParams(queryOf(url))
  const asked = v.safeParse(listQuery(), Object.fromEntries(query))
  if (!asked.success || new Set(query.keys()).size < query.size) {
    return invalid('The query knows limit, cursor, environment and state, each once.')
  }
  const { items, cursor } = await keys.list(asked.output as KeyFilter)
  const shown = items.map((key) => shownToManagers(inForce(key)))
  return { status: 200, value: { keys: shown, ...(cursor !== undefined && { cursor }) } }
}

async function listDue({ keys, inForce, url }: Call): Outcome {
  const query = new URLSearchParams(queryOf(url))
  const asked = v.safeParse(dueQuery(), Object.fromEntries(query))
  if (!asked.success || new Set(query.keys()).size < query.size) {
    return invalid('The query knows within, limit, cursor and environment, each once.')
  }
  const { items, cursor } = await keys.due(asked.output as DueQuery)
  const shown = items.map((key) => shownToManagers(inForce(key)))
  return { status: 200, value: { keys: shown, ...(cursor !== undefined && { cursor }) } }
}

async function create(call: Call, body: v.InferOutput<ReturnType<typeof createBody>>): Outcome {
  const key = await call.create(body as AskedKey)
  return isRefusal(key) ? key : { status: 201, value: shownToManagers(call.inForce(key)) }
}

async function show({ keys, inForce, id }: Call): Outcome {
  const key = await keys.get(id)
  return key === undefined ? NOT_FOUND : { status: 200, value: shownToManagers(inForce(key)) }
}

async function update(
  { keys, inForce, id }: Call,
  body: v.InferOutput<ReturnType<typeof updateBody>>,
): Outcome {
  return {
    status: 200,
    value: shownToManagers(inForce(await keys.update(id, body as UpdateKeyInput))),
  }
}

async function rotate(
  { keys, inForce, id }: Call,
  body: v.InferOutput<ReturnType<typeof rotateBody>>,
): Outcome {
  const { previous, ...key } = await keys.rotate(id, body as RotateOptions)
  return {
    status: 201,
    value: { ...shownToManagers(inForce(key)), previous: shownToManagers(inForce(previous)) },
  }
}

async function revoke(
  { keys, id }: Call,
  body: v.InferOutput<ReturnType<typeof revokeBody>>,
): Outcome {
  await keys.revoke(id, body as RevokeOptions)
  return { status: 204 }
}

/** A publishable key is in everybody's hands: it stands for nobody. */
function refuseToStandFor(key: Pick<KeyRecord, 'kind'>): Refusal | undefined {
  return key.kind === 'pk' ? new Refusal('insufficient_scope') : undefined
}

async function showOwn({ keys, inForce, id }: Call): Outcome {
  const key = await keys.get(id)
  if (key === undefined) return NOT_FOUND
  return refuseToStandFor(key) ?? { status: 200, value: shownToHolder(inForce(key)) }
}

async function revokeOwn(
  { keys, id }: Call,
  body: v.InferOutput<ReturnType<typeof revokeBody>>,
): Outcome {
  await keys.giveUp(id, body as RevokeOptions, refuseToStandFor)
  return { status: 204 }
}
