import * as v from 'valibot'
import { KeyError } from '../core/errors.js'
import { admit } from './create.js'
import { checkInput } from './calls.js'
import { checkNetworks, keyFields, plainText } from './input.js'
import { changeKey, type Amend, type KeyContext } from './key-context.js'
import {
  hasEnded,
  applyKeyPatch,
  shown,
  stateOf,
  type ApiKey,
  type EffectiveBy,
  type KeyPatch,
  type KeyRecord,
} from './record.js'
import { SET_BY } from './members.js'
import { isSame } from '../lib/is-same.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

/** What may change of a key while it lives; what is absent stays. Bounds as in `CreateKeyInput`. */
export interface UpdateKeyInput<S extends string = string> {
  readonly name?: string
  readonly scopes?: readonly S[]
  /** `null`: from anywhere. */
  readonly allowedIps?: readonly string[] | null
  /** `null`: no list; as an empty one, it acts for none, but reads the audit log of all. */
  readonly tenantIds?: readonly string[] | null
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
  /** Why, for the audit log alone: 1 to 256 characters without control characters. It is not kept with the key. */
  readonly reason?: string
  /** The key as `get` or `list` has returned it: where somebody has changed it since, nothing is changed (`changed_meanwhile`). Default: it is changed as it is now. */
  readonly expected?: ApiKey
}

/** A key after a change. */
export interface UpdatedKey extends ApiKey, EffectiveBy {}

const schema = lazily(() => {
  const { name, scopes, allowedIps, tenantIds, resources, ...more } = keyFields()
  const { plan, limit, expiresAt, metadata } = more
  return strictObject({
    ...{ name: v.optional(name), scopes: v.optional(scopes), metadata: v.optional(metadata) },
    allowedIps: v.nullish(allowedIps),
    tenantIds: v.nullish(tenantIds),
    resources: v.nullish(resources),
    plan: v.nullish(plan),
    limit: v.nullish(limit),
    expiresAt: v.nullish(expiresAt),
    disabled: v.optional(v.boolean()),
    reason: v.optional(plainText(256)),
    expected: v.optional(
      v.custom<ApiKey>(
        (value) => typeof (value as ApiKey | null)?.id === 'string',
        'must be a key, as gate.keys.get returns it',
      ),
    ),
  })
})

const WHERE = 'gate.keys.update'

/**
 * Changes a key; its next request is judged by the change. What has ended stays ended.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`; for scopes that are added, `access_not_approved` and
 * `terms_not_accepted`. @throws {StoreError}
 */
export async function updateKey(
  context: KeyContext,
  id: string,
  input: UpdateKeyInput,
  amend: Amend = setByCode,
): Promise<UpdatedKey> {
  const { disabled, reason, expected, ...fields } = checkInput(schema(), input, WHERE)
  context.catalogue.check(fields.scopes ?? [], WHERE)
  checkNetworks(fields.allowedIps, WHERE)
  const decide = async (current: KeyRecord): Promise<KeyPatch | undefined> => {
    if (expected !== undefined) refuseChanged(shown(current, context.clock()), expected)
    await checkAdded(context, current, fields.scopes)
    const patch = amend(current, { ...defined(fields), ...standing(context, current, disabled) })
    refuseEnded(current, context.clock())
    refuseLongerGrace(current, fields.expiresAt)
    if ('plan' in patch || 'limit' in patch) context.checkPlan(applyKeyPatch(current, patch), WHERE)
    return changesIn(current, patch)
  }
  const { record, effectiveBy } = await changeKey(context, id, decide, reason)
  return { ...shown(record, context.clock()), effectiveBy }
}

/** A key that was used is the same. */
function refuseChanged(current: ApiKey, expected: ApiKey): void {
  const [now, before] = [current, expected].map(
    (key) => new Map<string, unknown>(Object.entries(key)),
  )
  const names = Object.keys(SET_BY).filter((name) => name !== 'lastUsedAt')
  if (names.every((name) => isSame(now?.get(name), before?.get(name)))) return
  throw new KeyError('changed_meanwhile', `Key '${current.id}' is not as it was expected.`)
}

/** What a patch makes different: what is repeated is no change, and is not recorded as one. `undefined` where nothing is. */
function changesIn(current: KeyRecord, patch: KeyPatch): KeyPatch | undefined {
  const before: KeyPatch = current
  const changes = Object.entries(patch).filter(
    ([name, value]) => !isSame(value ?? undefined, before[name as keyof KeyPatch]),
  )
  return changes.length === 0 ? undefined : Object.fromEntries(changes)
}

/** A scope that is added to a key is asked for as one of a new key. */
async function checkAdded(
  context: KeyContext,
  record: KeyRecord,
  wanted: readonly string[] = [],
): Promise<void> {
  if (context.admitKey === undefined) return
  const added = wanted.filter((scope) => !record.scopes.includes(scope))
  if (added.length > 0) await admit(context.admitKey, { ...record, scopes: added })
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

/** A key that is disabled already stays so since then, and what code has disabled stays disabled by code. */
function standing(context: KeyContext, record: KeyRecord, disabled: boolean | undefined): KeyPatch {
  if (disabled === undefined) return {}
  const forgotten = record.disabledOverHttpAt !== undefined && { disabledOverHttpAt: null }
  if (!disabled) return { disabledAt: null, ...forgotten }
  const isHeld = context.heldBy !== undefined
  if (record.disabledAt !== undefined) return isHeld ? {} : { ...forgotten }
  const disabledAt = new Date(context.clock())
  return { disabledAt, ...(isHeld && { disabledOverHttpAt: disabledAt }) }
}

/** What code sets of the metadata is code's. */
function setByCode(record: KeyRecord, patch: KeyPatch): KeyPatch {
  const isTaken = patch.metadata !== undefined && record.metadataOverHttp !== undefined
  return isTaken ? { ...patch, metadataOverHttp: null } : patch
}

function defined(fields: object): KeyPatch {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
