import * as v from 'valibot'
import { KeyError, StoreError } from '../core/errors.js'
import { createElapsed } from '../lib/elapsed.js'
import { checkInput } from './calls.js'
import { keyFields } from './input.js'
import type { KeyContext } from './key-context.js'
import { matchesText } from './key-query.js'
import type { KeyMaker, KeyQuery } from './key-store.js'
import { makerSchema } from './maker.js'
import type { EffectiveBy, KeyPatch, KeyRecord } from './record.js'
import {
  commit,
  isOneWish,
  revocation,
  revokeOptions,
  TWO_WISHES,
  type RevokeOptions,
} from './revocation.js'
import { beginSuspension } from './suspension.js'
import { strictObject } from '../lib/schema-objects.js'
import { lazily } from '../lib/lazily.js'

/** What to revoke: every key of an owner, or of a maker, or both; with `environment`, those of one environment. */
export type RevokeAllInput = RevokeOptions & {
  readonly environment?: string
} & (
    | { readonly ownerId: string; readonly createdBy?: KeyMaker }
    | { readonly ownerId?: string; readonly createdBy: KeyMaker }
  )

/** How many keys lost their force. */
export interface RevokedKeys extends EffectiveBy {
  readonly revoked: number
}

const allSchema = lazily(() =>
  v.pipe(
    strictObject({
      ...revokeOptions(),
      ownerId: v.optional(keyFields().ownerId),
      environment: v.optional(keyFields().environment),
      createdBy: v.optional(makerSchema()),
    }),
    v.check(
      ({ ownerId, createdBy }) => ownerId !== undefined || createdBy !== undefined,
      "must have 'ownerId' or 'createdBy'",
    ),
    v.check((input) => isOneWish(input), TWO_WISHES),
  ),
)

const PAGE = 200
/** How often all keys are looked at, at most. While none is made, the second look finds none. */
const LOOKS = 5

/** Which keys of an owner to revoke. */
type Chosen = (records: readonly KeyRecord[]) => readonly KeyRecord[]
/** Run before each call of the store, however many there are. */
type Keep = () => Promise<void>

/**
 * Revokes every key of an owner, or of a maker over all owners. While it works on an owner, no caller of that owner makes a key, however many try: no key that was made
 * before it resolved is active afterwards.
 * @throws {MisuseError} @throws {StoreError}
 * @throws {KeyError} `changed_meanwhile` where the store cannot suspend the making of keys, and others keep making them.
 */
export async function revokeAllKeys(
  context: KeyContext,
  input: RevokeAllInput,
): Promise<RevokedKeys> {
  const checked = checkInput(allSchema(), input, 'gate.keys.revokeAll')
  const { ownerId, environment, createdBy, reason, descendants } = checked
  const meant = {
    ...(environment !== undefined && { environment }),
    ...(createdBy && { createdBy: createdBy as KeyMaker }),
  }
  const chosen: Chosen = (records) => {
    const found = records.filter(
      (record) => matchesText(record, meant) && !isOfAnother(record, context, createdBy),
    )
    return descendants === true
      ? withDescendants(
          records,
          found.map(({ id }) => id),
        )
      : found
  }
  const patch = revocation(new Date(context.clock()), reason)
  const owners = ownerId === undefined ? await ownersOf(context, meant) : [ownerId]
  let revoked = 0
  for (const owner of owners) revoked += await revokeChosen(context, owner, chosen, patch)
  return { revoked, effectiveBy: context.settledBy() }
}

/** Whoever is held back does not get to know who operators are: one with the same id is somebody else, whose keys are not meant. */
function isOfAnother(
  { createdBy: maker }: KeyRecord,
  { heldBy }: KeyContext,
  asked: object | undefined,
): boolean {
  return heldBy !== undefined && asked !== undefined && maker?.operator === true
}

/** Whose keys these are. */
async function ownersOf(context: KeyContext, query: KeyQuery): Promise<ReadonlySet<string>> {
  const records = await listAll(context, query, () => Promise.resolve())
  return new Set(records.map(({ ownerId }) => ownerId))
}

/** Revokes what was made by these keys of an owner, directly and indirectly. Says how many were revoked. */
export function revokeDescendants(
  context: KeyContext,
  { ownerId, ids }: { readonly ownerId: string; readonly ids: readonly string[] },
  patch: KeyPatch,
): Promise<number> {
  return revokeChosen(context, ownerId, (records) => withDescendants(records, ids), patch)
}

async function revokeChosen(
  context: KeyContext,
  ownerId: string,
  chosen: Chosen,
  patch: KeyPatch,
): Promise<number> {
  const elapsed = createElapsed(context.clock)
  const suspension = await beginSuspension(context.store, ownerId, elapsed)
  try {
    let revoked = 0
    for (let looks = 0; looks < LOOKS; looks++) {
      const now = elapsed()
      const standing = chosen(await listAll(context, { ownerId }, suspension.keep)).filter(
        isStanding,
      )
      revoked += await revokeTogether(context, standing, patch, suspension.keep)
      // Where it had lapsed by now, keys may have been made that this look has not seen.
      await suspension.keep()
      if (standing.length > 0) continue
      if (now >= suspension.settledAt()) return revoked
      await new Promise((resolve) => setTimeout(resolve, suspension.settledAt() - elapsed()))
    }
  } finally {
    await suspension.lift()
  }
  throw new KeyError('changed_meanwhile', `Keys of '${ownerId}' keep being made; try again.`)
}

function isStanding({ revokedAt }: KeyRecord): boolean {
  return revokedAt === undefined
}

async function listAll(context: KeyContext, query: KeyQuery, keep: Keep): Promise<KeyRecord[]> {
  const records: KeyRecord[] = []
  const seen = new Set<string>()
  let cursor: string | undefined
  do {
    await keep()
    const more = cursor === undefined ? {} : { cursor }
    const page = await context.store.list({ ...query, limit: PAGE, ...more })
    page.items.forEach(context.observed)
    records.push(...page.items)
    cursor = page.cursor
    if (cursor === undefined) continue
    // Nobody would ever come to the end.
    if (seen.has(cursor)) throw new StoreError('The key store answers with the same page again.')
    seen.add(cursor)
  } while (cursor !== undefined)
  return records
}

/** The keys with these ids, what was made by them, by that, and so on; and the successors of all. */
function withDescendants(records: readonly KeyRecord[], ids: readonly string[]): KeyRecord[] {
  const children = new Map<string, KeyRecord[]>()
  const byId = new Map(records.map((record) => [record.id, record]))
  for (const record of records) {
    for (const parent of new Set([record.createdBy?.keyId, record.rotatedFrom])) {
      if (parent === undefined) continue
      const others = children.get(parent)
      if (others === undefined) children.set(parent, [record])
      else others.push(record)
    }
  }
  const found = new Map<string, KeyRecord>()
  const waiting = [...ids]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const record = byId.get(id)
    if (found.has(id)) continue
    if (record !== undefined) found.set(id, record)
    for (const child of children.get(id) ?? []) if (!found.has(child.id)) waiting.push(child.id)
  }
  return [...found.values()]
}

/** Many at once where the store can, and one by one where some of them change at the same time. Says how many were revoked. */
async function revokeTogether(
  context: KeyContext,
  records: readonly KeyRecord[],
  patch: KeyPatch,
  keep: Keep,
): Promise<number> {
  let revoked = 0
  for (let at = 0; at < records.length; at += PAGE) {
    await keep()
    const some = records.slice(at, at + PAGE)
    const changes = some.map((record) => ({
      ...{ id: record.id, patch, record },
      expectedVersion: record.version,
    }))
    const together = context.store.updateAll !== undefined && (await commit(context, changes))
    revoked += together ? some.length : await revokeOneByOne(context, some, patch, keep)
  }
  return revoked
}

async function revokeOneByOne(
  context: KeyContext,
  records: readonly KeyRecord[],
  patch: KeyPatch,
  keep: Keep,
): Promise<number> {
  let revoked = 0
  const whatever = context.store.updateAll !== undefined
  for (const { id, version } of records) {
    await keep()
    const expected = whatever ? {} : { expectedVersion: version }
    if (await commit(context, [{ id, patch, ...expected }])) revoked += 1
  }
  return revoked
}
