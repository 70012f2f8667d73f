import { createElapsed } from '../lib/elapsed.js'
import type { Clock } from '../lib/clock.js'
import { then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter, type Outage } from './outages.js'

/** So long an answer counts before the next question, which no request waits for. */
const FRESH_MS = 300_000
/** At most one question in so long, whatever the requests bring. */
const SPACING_MS = 5_000
/** The same while there was no answer yet. */
const FIRST_SPACING_MS = 1_000
const TIMEOUT_MS = 5_000

/** Secrets that a function of the app answers: those of a secrets manager, which change while the process runs. */
export interface SecretSource<T> {
  /** What was answered last. Waits for the first answer alone. @throws what `failed` makes, while there was none */
  readonly get: () => MaybePromise<T>
  /** The same at once; `undefined`: there was none yet. */
  readonly current: () => T | undefined
  /** Asks again for something that nobody knows, unless that was done a moment ago. Resolves to whether the answer is another one. @throws while asking fails: nobody can tell then */
  readonly again: () => MaybePromise<boolean>
}

export interface SecretSourceContext<T> {
  readonly ask: () => MaybePromise<unknown>
  /** Makes something of an answer. @throws for one that cannot be used; never with a part of it */
  readonly read: (answer: unknown) => MaybePromise<T>
  readonly part: Outage['part']
  readonly failed: (cause: unknown) => Error
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** Asks at once, and again where an answer is old or does not know what is asked for. While that fails, the last good answer counts. */
export function createSecretSource<T>(context: SecretSourceContext<T>): SecretSource<T> {
  const { ask, read, part, failed, onError } = context
  const elapsed = createElapsed(context.clock)
  const outage = new OutageReporter(part, { store: ask })
  let known: { readonly value: T; readonly text: string } | undefined
  let failure: Error | undefined
  let askedAt = -Infinity
  let asking: Promise<boolean> | undefined

  async function question(): Promise<boolean> {
    try {
      const answer = await withTimeout(Promise.resolve().then(ask), TIMEOUT_MS, late)
      const text = JSON.stringify(answer)
      // Of no answer at all, the text is undefined, as that of none before.
      const isOther = known === undefined || text !== known.text
      if (isOther) known = { value: await read(answer), text }
      failure = undefined
      outage.over()
      return isOther
    } catch (cause) {
      failure = failed(cause)
      outage.begun(failure)
      onError(failure)
      return false
    } finally {
      asking = undefined
    }
  }

  /** What is under way; `undefined`: it was asked not long ago. */
  function refresh(): Promise<boolean> | undefined {
    if (asking !== undefined) return asking
    const now = elapsed()
    if (now < askedAt + (known ? SPACING_MS : FIRST_SPACING_MS)) return undefined
    askedAt = now
    return (asking = question())
  }

  function current(): T | undefined {
    if (elapsed() - askedAt >= FRESH_MS) void refresh()
    return known?.value
  }

  /** @throws while asking fails */
  function orFailure<R>(value: R): R {
    if (failure !== undefined) throw failure
    return value
  }

  void refresh()
  return {
    current,
    get() {
      const value = current()
      if (value !== undefined) return value
      return then(refresh(), () => known?.value ?? orFailure(undefined as never))
    },
    again: () => then(refresh() ?? false, orFailure),
  }
}

function late(): Error {
  return new Error(`It did not answer within ${String(TIMEOUT_MS)} ms.`)
}
