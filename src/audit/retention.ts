import { MisuseError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'

/** How long an audit trail is kept where nobody says more: six years, with a day more for each leap year there can be. */
export const RETENTION = '2192d' satisfies Duration

/** Which records of an audit trail may be removed. */
export interface PruneOptions {
  /** Records before this may go. A record younger than the retention stays. */
  readonly before: Date
  /**
   * PEM (SPKI) of the Ed25519 keys whose checkpoints count, at least one: a chain is cut only at a checkpoint that one of them signed. Default: every
   * checkpoint counts, and whoever can write to the trail can have written it.
   */
  readonly publicKeys?: readonly string[]
  /** How long you must keep records. Default `'2192d'`, six years. */
  readonly retention?: Duration
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: Clock
}

/** How long records are kept, in milliseconds. @throws {MisuseError} `invalid_option` where `retention` is no duration */
export function retentionMs(retention: unknown, call: string): number {
  if (isDuration(retention)) return milliseconds(retention)
  const message = `${call}: 'retention' must be a duration such as '2192d'`
  throw new MisuseError('invalid_option', message)
}

/**
 * Checks what a sink is asked to prune, for sinks of your own as well.
 * @param call the name of the call, for messages
 * @throws {MisuseError} `invalid_option` where records younger than the retention would go, or no key is named
 * @example
 * ```ts
 * const { before, publicKeys } = checkPrune(options, 'prune')
 * ```
 */
export function checkPrune(
  options: PruneOptions,
  call: string,
): Pick<PruneOptions, 'before' | 'publicKeys'> {
  const given = (options as PruneOptions | null | undefined) ?? ({} as PruneOptions)
  const { before, publicKeys, retention = RETENTION, clock = Date.now } = given
  if (!((before as unknown) instanceof Date)) {
    const message = `${call}: 'before' must be a Date; write new Date('2024-01-01')`
    throw new MisuseError('invalid_option', message)
  }
  const keys: unknown = publicKeys
  if (keys !== undefined && !(Array.isArray(keys) && keys.length > 0)) {
    throw new MisuseError('invalid_option', `${call}: 'publicKeys' must name a key, or be left out`)
  }
  if (!(before.getTime() <= clock() - retentionMs(retention, call))) {
    const message = `${call}: 'before' must be at least ${retention} ago`
    throw new MisuseError('invalid_option', message)
  }
  return { before, ...(publicKeys && { publicKeys }) }
}
