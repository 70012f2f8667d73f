import { z } from 'zod'
import { checkInput, checkNetworks, keyFields } from './input.js'
import {
  hasEnded,
  patched,
  shown,
  stateOf,
  type ApiKey,
  type EffectiveBy,
  type KeyPatch,
  type KeyRecord,
} from './record.js'
import { changeKey, type Judge, type KeyRoom } from './room.js'
import { KeyError } from './store.js'

/** What may change of a key while it lives; what is absent stays. Bounds as in `CreateKeyInput`. */
export interface UpdateKeyInput<S extends string = string> {
  readonly name?: string
  readonly scopes?: readonly S[]
  /** `null`: from anywhere. */
  readonly allowedIps?: readonly string[] | null
  readonly tenantIds?: readonly string[]
  /** `null`: no longer held to any. */
  readonly resources?: readonly string[] | null
  /** `null`: no end. */
  readonly expiresAt?: Date | null
  /** `null`: the gate's default. */
  readonly plan?: string | null
  /** `null`: that of the plan. */
  readonly limit?: number | null
  readonly metadata?: Readonly<Record<string, unknown>>
  /** A disabled key is refused until it is enabled again. */
  readonly disabled?: boolean
}

/** A key after a change. */
export interface UpdatedKey extends ApiKey, EffectiveBy {}

const { name, scopes, allowedIps, tenantIds, resources } = keyFields
const { plan, limit, expiresAt, metadata } = keyFields
const schema = z
  .strictObject({
    name,
    scopes,
    allowedIps: allowedIps.nullable(),
    tenantIds,
    resources: resources.nullable(),
    plan: plan.nullable(),
    limit: limit.nullable(),
    expiresAt: expiresAt.nullable(),
    metadata,
    disabled: z.boolean(),
  })
  .partial()

const WHERE = 'gate.keys.update'

/**
 * Changes a key; its next request is judged by the change. What has ended stays ended.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`.
 * @throws {StoreError}
 */
export async function updateKey(
  room: KeyRoom,
  id: string,
  input: UpdateKeyInput,
  judge?: Judge,
): Promise<UpdatedKey> {
  const { disabled, ...fields } = checkInput(schema, input, WHERE)
  room.catalogue.check(fields.scopes ?? [], WHERE)
  checkNetworks(room, fields.allowedIps, WHERE)
  const { record, effectiveBy } = await changeKey(room, id, (current) => {
    judge?.(current)
    refuseEnded(current, room.clock())
    refuseLongerGrace(current, fields.expiresAt)
    const patch = { ...defined(fields), ...standing(disabled, room.clock()) }
    if ('plan' in patch || 'limit' in patch) room.checkPlan(patched(current, patch), WHERE)
    return patch
  })
  return { ...shown(record, room.clock()), effectiveBy }
}

function refuseEnded(record: KeyRecord, now: number): void {
  if (!hasEnded(record, now)) return
  const state = stateOf(record, now)
  throw new KeyError('not_active', `Key '${record.id}' is ${state}; create a new one.`)
}

/** Who has a successor lives to the end of its grace, and no longer: at most two secrets live at a time. */
function refuseLongerGrace(record: KeyRecord, expiresAt: Date | null | undefined): void {
  if (record.rotatedTo === undefined || expiresAt === undefined) return
  if (expiresAt !== null && record.expiresAt !== undefined && expiresAt <= record.expiresAt) return
  throw new KeyError(
    'already_rotated',
    `Key '${record.id}' was rotated; it cannot outlive its grace. Use '${record.rotatedTo}'.`,
  )
}

function standing(disabled: boolean | undefined, now: number): KeyPatch {
  if (disabled === undefined) return {}
  return { disabledAt: disabled ? new Date(now) : null }
}

function defined(fields: object): KeyPatch {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
