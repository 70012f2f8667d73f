import type { z } from 'zod/mini'
import { isRefusal, Refusal } from '../../core/denial.js'
import { invalid } from '../../http/body.js'
import type { CreateKeyInput } from '../input.js'
import { applyKeyPatch, type KeyPatch, type KeyRecord } from '../record.js'
import type { RotateOptions } from '../rotate.js'
import type { UpdateKeyInput } from '../update.js'
import type { Authority } from './authority.js'
import type { createBody, rotateBody, updateBody } from './bodies.js'
import { judge, NOT_FOUND, stopFor, type Call, type Outcome } from './call.js'
import { metadataAfter } from './metadata.js'
import { shownToManagers } from './shown.js'

/** A new key has the owner, the plan and the limit of its caller, and what restricts the caller, where the body does not say less. */
export async function create(call: Call, body: z.infer<typeof createBody>): Outcome {
  const { authority, grant, settings } = call
  const { ownerId, plan, limit, resources, environment: own } = grant.auth
  const { metadata = {}, environment = own } = body
  const input = {
    ...authority.restrictions,
    ...(resources && { resources }),
    ...body,
    ...{ ownerId, environment },
    ...(plan && { plan }),
    ...(limit && { limit }),
  } as CreateKeyInput
  const refused =
    refuseEnvironment(authority, environment) ??
    refuseToMakeIn(settings.environments ?? [own], environment) ??
    refuseUnknown(authority, body.scopes)
  if (refused !== undefined) return refused
  metadataAfter({ metadata: {} }, metadata, settings.metadata)
  const key = await call.create(input, (record) => {
    // What is judged is what is stored, and not what was asked for.
    stopFor(authority.sees(record) ? authority.refuseToHandOver(record) : NOT_FOUND)
  })
  return isRefusal(key) ? key : { status: 201, value: shownToManagers(key) }
}

export async function update(call: Call, body: z.infer<typeof updateBody>): Outcome {
  const { authority, id, authorized } = call
  const unknown = refuseUnknown(authority, body.scopes)
  if (unknown !== undefined) return unknown
  const onlyDisables = body.disabled === true && Object.keys(body).length === 1
  const key = await authorized.update(id, body as UpdateKeyInput, (current, patch) => {
    stopFor(authority.sees(current) ? undefined : NOT_FOUND)
    if (onlyDisables) return patch
    stopFor(authority.refuseToTouch(current) ?? refuseToEnable(current, body.disabled))
    const after = withMetadata(call, current, patch)
    stopFor(authority.refuseToHandOver(applyKeyPatch(current, after)))
    return after
  })
  return { status: 200, value: shownToManagers(key) }
}

export async function rotate(call: Call, body: z.infer<typeof rotateBody>): Outcome {
  // Whoever rotates a key gets to know a secret with its rights.
  const allowed = judge(call, (key) => call.authority.refuseToHandOver(key))
  const { previous, ...key } = await call.authorized.rotate(call.id, body as RotateOptions, allowed)
  return { status: 201, value: { ...shownToManagers(key), previous: shownToManagers(previous) } }
}

/** Of an environment that the caller does not manage it is not told whether there is one. */
export function refuseEnvironment({ environments }: Authority, named: string): Refusal | undefined {
  if (environments.includes(named)) return undefined
  return invalid(`'environment' must be ${environments.map((name) => `'${name}'`).join(' or ')}`)
}

function refuseToMakeIn(allowed: readonly string[], named: string): Refusal | undefined {
  if (allowed.includes(named)) return undefined
  const detail = `Callers make no keys in the environment '${named}'.`
  return new Refusal('not_grantable', { detail })
}

/** The rest of the catalogue is no business of the caller's. */
function refuseUnknown(authority: Authority, wanted: readonly string[] = []): Refusal | undefined {
  const unknown = wanted.find((scope) => !authority.isScope(scope))
  if (unknown === undefined) return undefined
  const { scopes } = authority
  const known = scopes.length > 0 ? ` You can hand out ${scopes.join(', ')}.` : ''
  return invalid(`There is no scope '${unknown.slice(0, 128)}'.${known}`)
}

/** What code of the server has disabled is enabled by code alone. */
function refuseToEnable(key: KeyRecord, disabled: boolean | undefined): Refusal | undefined {
  const { disabledAt, disabledOverHttpAt } = key
  if (disabled !== false || disabledAt === undefined) return undefined
  if (disabledAt.getTime() === disabledOverHttpAt?.getTime()) return undefined
  return new Refusal('not_grantable', { detail: 'This key can only be enabled by the API itself.' })
}

function withMetadata({ settings }: Call, current: KeyRecord, patch: KeyPatch): KeyPatch {
  const { metadata } = patch
  if (metadata === undefined) return patch
  return { ...patch, ...metadataAfter(current, metadata, settings.metadata) }
}
