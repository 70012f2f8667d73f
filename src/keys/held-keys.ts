import { tenantsHeldTo, type Auth } from '../core/auth.js'
import { Refusal } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import { invalid } from '../http/body.js'
import type { Authority } from './authority.js'
import { metadataAfter, type CallerMetadata } from './caller-metadata.js'
import { createKeyOnce, type Occasion } from './create-once.js'
import { createKey, type IssuedKey } from './create.js'
import { createHeldStore } from './held-store.js'
import type { CreateKeyInput } from './input.js'
import { findKey, type KeyContext } from './key-context.js'
import { createKeys, type Keys } from './keys.js'
import { applyKeyPatch, type KeyPatch, type KeyRecord } from './record.js'
import { usageOfOwner } from './owner-usage.js'
import { stopFor } from './refused-change.js'
import type { RevokedKey, RevokeOptions } from './revocation.js'
import { giveUpKey } from './revoke.js'
import { rotateKey } from './rotate.js'
import { updateKey } from './update.js'

/** Who acts, how far its word reaches, and what else holds for it. */
export interface Holder {
  readonly auth: Auth
  readonly authority: Authority
  /** In which environments it may make keys, of those that it manages. Default: its own. */
  readonly environments?: readonly string[]
  /** Which metadata it may set. Default: all but the members that code of the server has set. */
  readonly metadata?: CallerMetadata
}

/** What the maker of a key says of it. Its owner and limit are those of the maker, its plan is the one that access was approved with, else that of the maker; none of them need be said. */
export type AskedKey = Omit<CreateKeyInput, 'ownerId'> & { readonly ownerId?: string }

/** Keys for those who may not do everything. A key that they may not know of is not there; what else they may not do is a `RefusedChange`. */
export interface HeldKeys<S extends string = string> extends Keys<S> {
  create(asked: AskedKey): Promise<IssuedKey>
  /** For requests that may be repeated. */
  createOnce(asked: AskedKey, occasion: Occasion): Promise<IssuedKey>
  /** @param refuse what stands against it */
  giveUp(
    id: string,
    options: RevokeOptions,
    refuse: (key: KeyRecord) => Refusal | undefined,
  ): Promise<RevokedKey>
}

/**
 * The one set of rules for callers of the key endpoints and for people. Each change is judged on the very version that it is made of: between a look at a key and a
 * change of it, others may have given it more.
 */
export function createHeldKeys<S extends string>(given: KeyContext, holder: Holder): HeldKeys<S> {
  const { authority } = holder
  const context = { ...given, heldBy: holder.auth, store: createHeldStore(given, authority) }
  const keys = createKeys<S>(context)
  // What is judged is what is stored, and not what was asked for.
  const judge = (record: KeyRecord): void => {
    stopFor(authority.refuseToHandOver(record))
  }

  return {
    ...keys,
    create: async (input) => createKey(context, newKeyOf(holder, input), judge),
    async createOnce(asked, occasion) {
      const key = await createKeyOnce(context, newKeyOf(holder, asked), occasion, judge)
      // Since it was made, it may have been given more than its creator can hand out.
      stopFor(authority.refuseToHandOver(key))
      return key
    },
    async list(filter = {}) {
      stopFor(
        refuseOwner(holder, filter.ownerId) ?? refuseEnvironment(authority, filter.environment),
      )
      return keys.list(filter)
    },
    async update(id, input) {
      stopFor(refuseUnknown(authority, input.scopes))
      const { disabled, reason: _why, expected: _expected, ...others } = input
      const onlyDisables = disabled === true && Object.keys(others).length === 0
      return updateKey(context, id, input, (current, patch) => {
        if (onlyDisables) return patch
        stopFor(
          authority.refuseToTouch(current) ??
            refuseToEnable(current, disabled) ??
            refuseOther(current, patch),
        )
        const after = withMetadata(holder, current, patch)
        judge(applyKeyPatch(current, after))
        return after
      })
    },
    // Whoever rotates a key gets to know a secret with its rights.
    rotate: (id, options) => rotateKey(context, id, options, judge),
    async revokeAll(input) {
      stopFor(refuseOwner(holder, input.ownerId))
      return keys.revokeAll({ ...input, ownerId: holder.auth.ownerId })
    },
    async usage(id, query) {
      await findKey(context, id)
      return keys.usage(id, query)
    },
    async usageOfOwner(ownerId, options = {}) {
      const { environments } = authority
      stopFor(refuseOwner(holder, ownerId) ?? refuseEnvironment(authority, options.environment))
      return usageOfOwner(context, ownerId, options, (name) => environments.includes(name))
    },
    giveUp: (id, options, refuse) =>
      giveUpKey(context, id, options, (key) => {
        stopFor(refuse(key))
      }),
    // eslint-disable-next-line @typescript-eslint/require-await
    import: async () => refuseImport(),
    importLines: () => refuseImport(),
  }
}

/** A new key has the owner and the limit of its maker, and what restricts the maker, where nothing less is asked for. */
function newKeyOf(holder: Holder, asked: AskedKey): CreateKeyInput {
  const { auth, authority, environments = [auth.environment] } = holder
  const { ownerId, limit, resources } = auth
  const tenantIds = tenantsHeldTo(auth)
  const { metadata = {}, environment = auth.environment } = asked
  stopFor(
    refuseOwner(holder, asked.ownerId) ??
      refuseLimit(holder, asked.limit) ??
      refuseEnvironment(authority, environment) ??
      refuseToMakeIn(environments, environment) ??
      refuseUnknown(authority, asked.scopes),
  )
  metadataAfter({ metadata: {} }, metadata, holder.metadata)
  return {
    ...authority.restrictions,
    ...(resources && { resources }),
    ...(tenantIds && { tenantIds }),
    ...asked,
    ...{ ownerId, environment },
    ...(limit && { limit }),
  }
}

function notGrantable(detail: string): Refusal {
  return new Refusal('not_grantable', { detail })
}

function refuseOwner({ auth }: Holder, named = auth.ownerId): Refusal | undefined {
  return named === auth.ownerId ? undefined : notGrantable('You manage the keys of one owner.')
}

/** As `refusePlan`, of a limit. */
function refuseLimit({ auth }: Holder, limit = auth.limit): Refusal | undefined {
  return limit === auth.limit
    ? undefined
    : notGrantable("You may not hand out a 'plan' or a 'limit'.")
}

/** Whoever names the plan and the limit that a key has says nothing new. */
function refuseOther(current: KeyRecord, patch: KeyPatch): Refusal | undefined {
  const isSame = (['plan', 'limit'] as const).every(
    (name) => patch[name] === undefined || (patch[name] ?? undefined) === current[name],
  )
  return isSame ? undefined : notGrantable("You may not hand out a 'plan' or a 'limit'.")
}

/** Of an environment that the holder does not manage it is not told whether there is one. */
function refuseEnvironment(
  { environments }: Authority,
  named: string | undefined,
): Refusal | undefined {
  if (named === undefined || environments.includes(named)) return undefined
  return invalid(`'environment' must be ${environments.map((name) => `'${name}'`).join(' or ')}`)
}

function refuseToMakeIn(allowed: readonly string[], named: string): Refusal | undefined {
  return allowed.includes(named)
    ? undefined
    : notGrantable(`Callers make no keys in the environment '${named}'.`)
}

/** The rest of the catalogue is no business of the holder's. */
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
  return notGrantable('This key can only be enabled by the API itself.')
}

function withMetadata({ metadata: rule }: Holder, current: KeyRecord, patch: KeyPatch): KeyPatch {
  const { metadata } = patch
  if (metadata === undefined) return patch
  return { ...patch, ...metadataAfter(current, metadata, rule) }
}

function refuseImport(): never {
  throw new MisuseError('not_supported', 'gate.as: keys are imported by code and by operators')
}
