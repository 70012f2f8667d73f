import { z } from 'zod'
import { milliseconds, isDuration, type Duration } from '../lib/duration.js'
import { checkInput } from './input.js'
import { newRecord, type IssuedKey } from './create.js'
import { fingerprint } from '../lib/fingerprint.js'
import { hintOf, mintSecret } from './format.js'
import {
  hasEnded,
  shown,
  stateOf,
  type ApiKey,
  type EffectiveBy,
  type KeyRecord,
} from './record.js'
import { changeKey, findKey, persist, write, type Judge, type KeyRoom } from './room.js'
import { KeyError } from './store.js'

export interface RotateOptions {
  /** How long the old key goes on working; never beyond its own end. `'0s'`: not at all. Default `'24h'`. */
  readonly gracePeriod?: Duration
}

/** The successor, and the key it took the place of, with the end of its grace in `expiresAt`. */
export interface RotatedKey extends IssuedKey, EffectiveBy {
  readonly previous: ApiKey
}

const schema = z.strictObject({
  gracePeriod: z
    .custom<Duration>(isDuration, "must be a duration such as '24h' or '0s', at most 100 years")
    .default('24h'),
})

/**
 * Issues a successor with the same rights and the same end. A predecessor that is still in its own grace ends now: at
 * most two secrets live at a time.
 * @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`. @throws {StoreError}
 */
export async function rotateKey(
  room: KeyRoom,
  id: string,
  options: RotateOptions = {},
  judge?: Judge,
): Promise<RotatedKey> {
  const { gracePeriod } = checkInput(schema, options, 'gate.keys.rotate')
  return persist(room, id, async (record) => {
    judge?.(record)
    refuseUnlessRotatable(record, room.clock())
    const secret = mintSecret(room.prefix, record.environment, record.kind)
    const successor = successorOf(room, record, secret)
    await endGraceOf(room, record)
    const grace = room.clock() + milliseconds(gracePeriod)
    const endsAt = new Date(Math.min(grace, record.expiresAt?.getTime() ?? grace))
    const { version } = record
    const rotated = await write(room, [id], () => room.store.rotate(id, version, endsAt, successor))
    if (!rotated) return undefined
    await room.announce(successor.id, successor.version)
    const effectiveBy = await room.announce(id, version + 1)
    const previous = shown(await findKey(room, id), room.clock())
    return { ...shown(successor, room.clock()), secret, previous, effectiveBy }
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

function successorOf(room: KeyRoom, record: KeyRecord, secret: string): KeyRecord {
  const { rotatedTo: _to, rotatedAt: _at, retry: _retry, lastUsedAt: _used, ...rights } = record
  const digest = room.digester.current(fingerprint(secret))
  return { ...newRecord(room, rights, digest, hintOf(secret, room.prefix)), rotatedFrom: record.id }
}

/** At most two secrets live at a time: the predecessor ends first, also where the rotation fails after that. */
async function endGraceOf(room: KeyRoom, { id, rotatedFrom }: KeyRecord): Promise<void> {
  if (rotatedFrom === undefined || (await room.store.findById(rotatedFrom)) === undefined) return
  await changeKey(room, rotatedFrom, (record) => {
    const now = room.clock()
    const over = record.rotatedTo !== id || hasEnded(record, now)
    return over ? undefined : { expiresAt: new Date(now) }
  })
}
