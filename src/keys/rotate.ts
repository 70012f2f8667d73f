import * as v from 'valibot'
import { KeyError } from '../core/errors.js'
import { milliseconds, isDuration, type Duration } from '../lib/duration.js'
import { DEFAULT_GRACE } from './bounds.js'
import { newRecord, refuseTaken, type IssuedKey } from './create.js'
import { fingerprint } from './digest.js'
import { hintOf, mintSecret } from './format.js'
import { checkInput } from './calls.js'
import { changeKey, findKey, persist, write, type Judge, type KeyContext } from './key-context.js'
import {
  hasEnded,
  shown,
  stateOf,
  type ApiKey,
  type EffectiveBy,
  type KeyRecord,
} from './record.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

export interface RotateOptions {
  /** How long the old key goes on working; never beyond its own end. `'0s'`: not at all. Default `'24h'`. */
  readonly gracePeriod?: Duration
}

/** The successor, and the key it took the place of, with the end of its grace in `expiresAt`. */
export interface RotatedKey extends IssuedKey, EffectiveBy {
  readonly previous: ApiKey
}

const schema = lazily(() =>
  strictObject({
    gracePeriod: v.optional(
      v.custom<Duration>(isDuration, "must be a duration such as '24h' or '0s', at most 100 years"),
      DEFAULT_GRACE,
    ),
  }),
)

/**
 * Issues a successor with the same rights and the same end. A predecessor that is still in its own grace ends now: at
 * most two secrets live at a time.
 * @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`, `already_issued`. @throws {StoreError}
 */
export async function rotateKey(
  context: KeyContext,
  id: string,
  options: RotateOptions = {},
  judge?: Judge,
): Promise<RotatedKey> {
  const { gracePeriod } = checkInput(schema(), options, 'gate.keys.rotate')
  return persist(context, id, async (record) => {
    judge?.(record)
    refuseUnlessRotatable(record, context.clock())
    await context.digester.ready()
    const secret = mintSecret(context.prefix, record.environment, record.kind)
    const successor = successorOf(context, record, secret)
    await endGraceOf(context, record)
    const grace = context.clock() + milliseconds(gracePeriod)
    const endsAt = new Date(Math.min(grace, record.expiresAt?.getTime() ?? grace))
    const { version } = record
    const rotated = await write(context, [id], () =>
      context.store.rotate(id, version, endsAt, successor, context.provided),
    ).catch(refuseTaken)
    if (!rotated) return undefined
    await context.announce(successor.id, successor.version)
    context.issued(fingerprint(secret), successor.ownerId)
    const effectiveBy = await context.announce(id, version + 1)
    const previous = shown(await findKey(context, id), context.clock())
    return { ...shown(successor, context.clock()), secret, previous, effectiveBy }
  })
}

function refuseUnlessRotatable(record: KeyRecord, now: number): void {
  const state = stateOf(record, now)
  if (state !== 'active') {
    const advice = state === 'disabled' ? 'enable it first' : 'create a new one'
    throw new KeyError('not_active', `Key '${record.id}' is ${state}; ${advice}.`)
  }
  if (record.rotatedTo !== undefined) {
    throw new KeyError(
      'already_rotated',
      `Key '${record.id}' was rotated already; rotate '${record.rotatedTo}'.`,
    )
  }
}

function successorOf(context: KeyContext, record: KeyRecord, secret: string): KeyRecord {
  const { rotatedTo: _to, rotatedAt: _at, retry: _retry, lastUsedAt: _used, ...kept } = record
  // Who rotates a key gets to know the secret of its successor: that is who made it.
  const { createdBy: _by, disabledOverHttpAt: _disabled, ...rights } = kept
  const digest = context.digester.current(fingerprint(secret))
  return {
    ...newRecord(context, rights, digest, hintOf(secret, context.prefix)),
    rotatedFrom: record.id,
  }
}

/** At most two secrets live at a time: the predecessor ends first, also where the rotation fails after that. */
async function endGraceOf(context: KeyContext, { id, rotatedFrom }: KeyRecord): Promise<void> {
  if (rotatedFrom === undefined || (await context.store.findById(rotatedFrom)) === undefined) return
  await changeKey(context, rotatedFrom, (record) => {
    const now = context.clock()
    const over = record.rotatedTo !== id || hasEnded(record, now)
    return over ? undefined : { expiresAt: new Date(now) }
  })
}
