import { randomUUID } from 'node:crypto'
import type { Headers } from '../core/auth.js'
import { MisuseError, StoreError } from '../core/errors.js'
import type { JobState, KeyJobs } from '../keys/jobs.js'
import type { Clock } from '../lib/clock.js'
import { settledWithin, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { repeatedly } from '../lib/repeat.js'
import type { CheckedReset } from './reset-options.js'

const DAY_MS = 86_400_000
const LOOK_MS = 15_000
/** For how long nobody else does what is held; it is held anew three times in that time. */
const HELD_MS = 60_000
const MAX_RUN_MS = 3_600_000
/** For one call of a store: what never answers is asked anew. */
const STORE_MS = 10_000
/** How long a reset has to stop that is told to. */
const CLOSE_MS = 2_000

export interface ResetsContext {
  readonly resets: readonly CheckedReset[]
  readonly jobs: KeyJobs | undefined
  /** Of the gate's keys: gates of other APIs have resets of their own. */
  readonly prefix: string
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** When an environment is reset. */
export interface ResetTimes {
  /** When the last reset ended, as far as this instance knows. Absent: never, or it does not know yet. */
  readonly last?: Date
  readonly next: Date
}

export interface Resets {
  /** Resets what is due and nobody else resets. Resolves to the environments that were reset by this call. @throws what the store throws */
  readonly run: () => Promise<readonly string[]>
  /** `undefined` for an environment that is not reset. */
  readonly timesOf: (environment: string) => ResetTimes | undefined
  /** What callers are told of the next reset. Absent: no environment tells. */
  readonly headersOf: ((environment: string) => Headers | undefined) | undefined
  readonly close: () => Promise<void>
}

/** Resets the data of environments, once for each day over all instances. @throws {MisuseError} for a store without jobs */
export function createResets({ resets, jobs, prefix, clock, onError }: ResetsContext): Resets {
  const [first] = resets
  if (first !== undefined && jobs === undefined) {
    throw new MisuseError(
      'invalid_option',
      `createGate: 'environment.${first.environment}.reset' needs a key store with jobs, such as those of this package; 'keys.store' has none`,
    )
  }
  const closing = new AbortController()
  const isClosing = () => closing.signal.aborted
  const known = new Map<string, JobState>()
  const inProgress = new Map<CheckedReset, Promise<boolean>>()

  const lastDueOf = ({ atMs }: CheckedReset) =>
    Math.floor((clock() - atMs) / DAY_MS) * DAY_MS + atMs

  function claimOf(reset: CheckedReset, dueAt: Date, holder: string) {
    const now = new Date(clock())
    const name = ['reset', prefix, reset.environment].join(' ')
    return { name, dueAt, holder, now, until: new Date(now.getTime() + HELD_MS) }
  }

  /** Whether it was done here. */
  async function doReset(reset: CheckedReset, jobs: KeyJobs): Promise<boolean> {
    const dueAt = new Date(lastDueOf(reset))
    const { doneFor } = known.get(reset.environment) ?? {}
    if (isClosing() || (doneFor !== undefined && doneFor >= dueAt)) return false
    const holder = randomUUID()
    const claim = claimOf(reset, dueAt, holder)
    const state = await inTime(() => jobs.claim(claim))
    known.set(reset.environment, state)
    if (!state.isYours || isClosing()) return false
    const stop = new AbortController()
    const keep = async () => {
      const { isYours } = await inTime(() => jobs.claim(claimOf(reset, dueAt, holder)))
      if (!isYours) stop.abort()
    }
    // A store that is away for a moment does not take it from its holder: only another holder does.
    const timer = setInterval(() => void keep().catch(onError), HELD_MS / 3).unref()
    try {
      const ends = [closing.signal, stop.signal, AbortSignal.timeout(MAX_RUN_MS)]
      const signal = AbortSignal.any(ends)
      const { environment } = reset
      await Promise.race([reset.run({ environment, dueAt, signal }), givenUp(environment, signal)])
    } catch (error) {
      onError(error)
      return false
    } finally {
      clearInterval(timer)
      stop.abort()
    }
    const doneAt = new Date(clock())
    const isDone = await patiently(() => inTime(() => jobs.done(claim, doneAt)))
    if (isDone) known.set(reset.environment, { isYours: false, doneFor: dueAt, doneAt })
    return isDone
  }

  function once(reset: CheckedReset, jobs: KeyJobs): Promise<boolean> {
    const running = inProgress.get(reset)
    if (running !== undefined) return running
    const fresh = doReset(reset, jobs).finally(() => inProgress.delete(reset))
    inProgress.set(reset, fresh)
    return fresh
  }

  async function run(): Promise<readonly string[]> {
    if (jobs === undefined) return []
    const done = await Promise.all(resets.map((reset) => once(reset, jobs)))
    return resets.filter((_, at) => done[at]).map(({ environment }) => environment)
  }

  // Each has looks of its own: what one takes its time for, no other waits for.
  const timers =
    jobs === undefined ? [] : resets.map((one) => createTimer(() => once(one, jobs), onError))

  function timesOf(environment: string): ResetTimes | undefined {
    const reset = resets.find((one) => one.environment === environment)
    if (reset === undefined) return undefined
    const { doneAt } = known.get(environment) ?? {}
    return { ...(doneAt && { last: doneAt }), next: new Date(lastDueOf(reset) + DAY_MS) }
  }

  function headersOf(environment: string): Headers | undefined {
    const header = resets.find((one) => one.environment === environment)?.header
    const next = header && timesOf(environment)?.next
    return header && next ? { [header.toLowerCase()]: next.toISOString() } : undefined
  }

  return {
    run,
    timesOf,
    headersOf: resets.some(({ header }) => header !== undefined) ? headersOf : undefined,
    async close() {
      for (const timer of timers) timer.close()
      closing.abort()
      await settledWithin(inProgress.values(), CLOSE_MS)
    },
  }
}

/** Throws where a reset that was told to stop goes on. */
function givenUp(environment: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      const giveUp = () => {
        reject(new Error(`The reset of '${environment}' was told to stop, and goes on.`))
      }
      setTimeout(giveUp, CLOSE_MS).unref()
    })
  })
}

async function inTime<T>(call: () => MaybePromise<T>): Promise<T> {
  const late = () => new StoreError(`No answer of the jobs within ${String(STORE_MS)} ms.`)
  return withTimeout(call(), STORE_MS, late)
}

/** What was done and is not noted would be done again: a store that is away for a moment is asked again. */
async function patiently<T>(call: () => MaybePromise<T>, tries = 10): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (tries === 0) throw error
    await new Promise((resolve) => setTimeout(resolve, 1_000).unref())
    return patiently(call, tries - 1)
  }
}

/** Looks every so often; an outage of the store is told once. */
function createTimer(look: () => Promise<unknown>, onError: (error: unknown) => void) {
  let isFailing = false
  const lookOnce = async () => {
    await look()
    isFailing = false
  }
  return repeatedly(lookOnce, LOOK_MS, (error) => {
    if (!isFailing) onError(error)
    isFailing = true
  })
}
