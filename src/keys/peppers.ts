import { StoreError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { createElapsed } from '../lib/elapsed.js'
import type { MaybePromise } from '../lib/maybe.js'
import { MIN_PEPPER_LENGTH } from './bounds.js'
import { createSecretSource, type SecretSource } from '../telemetry/secret-source.js'

/** So long a new first pepper is known before new keys are stored under it: by then, the other instances ask for it where they meet such a key. */
const HELD_BACK_MS = 30_000

/**
 * Where the peppers of an API come from: such as a secrets manager. Asked at start, every five minutes, and when a key is not found, then once in five seconds for all requests.
 * @returns the peppers, the current one first: at least one, of at least 32 characters each
 */
export type FindPeppers = () => MaybePromise<readonly string[]>

/** The peppers that count at this moment. */
export interface Peppers {
  /** The current one first. */
  readonly all: readonly string[]
  /** What new keys are stored under. */
  readonly current: string | undefined
}

export interface PepperContext {
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Asks a function of the app. */
export function createPepperSource(
  find: FindPeppers,
  { clock, onError }: PepperContext,
): SecretSource<Peppers> {
  const elapsed = createElapsed(clock)
  let before: Peppers | undefined
  return createSecretSource<Peppers>({
    ...{ ask: find, part: 'peppers', clock, onError },
    failed: (cause) => new StoreError("'keys.peppers' did not say the peppers.", { cause }),
    read(answer) {
      const all = checkPeppers(answer)
      const [first] = all
      const former = before?.current
      const since = elapsed()
      const isNew = former !== undefined && first !== former && all.includes(former)
      before = {
        all,
        get current() {
          return isNew && elapsed() - since < HELD_BACK_MS ? former : first
        },
      }
      return before
    },
  })
}

/** @throws {TypeError} never with a part of the answer */
function checkPeppers(answer: unknown): readonly string[] {
  const isPepper = (one: unknown) => typeof one === 'string' && one.length >= MIN_PEPPER_LENGTH
  // None at all would store new keys without a pepper, and is more likely a fault than a wish.
  if (Array.isArray(answer) && answer.length > 0 && answer.every(isPepper)) {
    return Object.freeze([...(answer as string[])])
  }
  throw new TypeError(
    `It must answer a list of peppers, each of at least ${String(MIN_PEPPER_LENGTH)} characters.`,
  )
}
