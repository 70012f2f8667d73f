import * as v from 'valibot'
import type { MaybePromise } from '../lib/maybe.js'
import { plainText } from './input.js'
import { write, type KeyContext } from './key-context.js'
import type { KeyChange, KeyStore } from './key-store.js'
import { shown, type ApiKey, type EffectiveBy, type KeyPatch, type KeyRecord } from './record.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

export interface RevokeOptions {
  /** Why, in 1 to 256 characters; whoever lists the keys can read it. */
  readonly reason?: string
  /** Whether to revoke as well what was made by it, directly and indirectly, and the successors of all that. Default false. */
  readonly descendants?: boolean
  /** Whether the other key of a rotation's grace goes on. Default false: both are revoked. Not with `descendants`, which ends successors. */
  readonly alone?: boolean
}

/** A key that was revoked. */
export interface RevokedKey extends ApiKey, EffectiveBy {}

const reason = lazily(() => v.optional(plainText(256)))
const choice = lazily(() => v.optional(v.boolean()))
export const revokeOptions = lazily(() => ({
  reason: reason(),
  descendants: choice(),
  alone: choice(),
}))
export const TWO_WISHES =
  "must have 'alone' or 'descendants', not both: one keeps the successor of a key, the other ends it"

/** A successor counts as made by the key before it. */
export function isOneWish(
  wishes: Partial<Record<'alone' | 'descendants', boolean | undefined>>,
): boolean {
  return wishes.alone !== true || wishes.descendants !== true
}

export const revokeOptionsSchema = lazily(() =>
  v.pipe(
    strictObject(revokeOptions()),
    v.check((input) => isOneWish(input), TWO_WISHES),
  ),
)

export function revocation(revokedAt: Date, reason: string | undefined): KeyPatch {
  return { revokedAt, ...(reason !== undefined && { revocationReason: reason }) }
}

/** Also where nothing was left to do: the answer of an earlier call may have been lost. */
export async function ended(context: KeyContext, record: KeyRecord): Promise<RevokedKey> {
  const current = (await context.store.findById(record.id)) ?? record
  return { ...shown(current, context.clock()), effectiveBy: context.settledBy() }
}

/** All or none where the store can; else the one that was asked for first, so that trying again does the rest. */
export async function commit(context: KeyContext, changes: readonly KeyChange[]): Promise<boolean> {
  const steps =
    context.store.updateAll === undefined ? changes.map((change) => [change]) : [changes]
  for (const step of steps) {
    const ids = step.map(({ id }) => id)
    if (!(await write(context, ids, () => make(context.store, step)))) return false
    await Promise.all(step.map((change) => tell(context, change)))
  }
  return true
}

function make(store: KeyStore, step: readonly KeyChange[]): MaybePromise<boolean> {
  const [first, second] = step
  if (first === undefined) return true
  const { id, patch, expectedVersion } = first
  if (second !== undefined || expectedVersion === undefined) return store.updateAll?.(step) ?? false
  return store.update(id, patch, expectedVersion)
}

async function tell(context: KeyContext, { id, expectedVersion }: KeyChange): Promise<void> {
  const version = expectedVersion ?? (await context.store.findById(id))?.version ?? 1
  await context.announce(id, expectedVersion === undefined ? version : version + 1)
}
