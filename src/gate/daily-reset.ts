import { randomUUID } from 'node:crypto'
import type { JobClaim, JobState, KeyJobs } from '../keys/jobs.js'
import { patientCall } from '../keys/patient-call.js'
import type { Clock } from '../lib/clock.js'
import { settledWithin, type MaybePromise } from '../lib/maybe.js'
import type { CheckedReset } from './reset-options.js'

const DAY_MS = 86_400_000
/** For how long nobody else does what is held; it is held anew three times in that time. */
const HELD_MS = 60_000
const MAX_RUN_MS = 3_600_000
/** How long a reset has to stop that is told to. */
const CLOSE_MS = 2_000

export interface DailyResetContext {
  readonly jobs: KeyJobs
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

/** The reset of one environment. */
export interface DailyReset {
  readonly environment: string
  readonly header: string | undefined
  /** Resets where that is due and nobody else does it. Resolves to whether it was done here. @throws what the store throws */
  readonly run: () => Promise<boolean>
  readonly times: () => ResetTimes
  /** Tells a reset in progress to stop, and waits for it for 2 s. */
  readonly close: () => Promise<void>
}

export function createDailyReset(reset: CheckedReset, context: DailyResetContext): DailyReset {
  const { environment, header, atMs } = reset
  const { jobs, clock, onError } = context
  const closing = new AbortController()
  const isClosing = () => closing.signal.aborted
  let known: JobState | undefined
  let inProgress: Promise<boolean> | undefined

  const lastDue = () => Math.floor((clock() - atMs) / DAY_MS) * DAY_MS + atMs

  function claimOf(dueAt: Date, holder: string): JobClaim {
    const now = new Date(clock())
    const name = ['reset', context.prefix, environment].join(' ')
    return { name, dueAt, holder, now, until: new Date(now.getTime() + HELD_MS) }
  }

  async function runOnce(): Promise<boolean> {
    const dueAt = new Date(lastDue())
    if (isClosing() || (known !== undefined && known.doneFor >= dueAt)) return false
    const claim = claimOf(dueAt, randomUUID())
    known = await inTime(() => jobs.claim(claim))
    if (!known.isYours || isClosing()) return false
    if (!(await runHeld(claim))) return false
    const doneAt = new Date(clock())
    const isDone = await patiently(() => inTime(() => jobs.done(claim, doneAt)))
    if (isDone) known = { isYours: false, doneFor: dueAt, doneAt }
    return isDone
  }

  /** Whether it came to its end while this instance held it. */
  async function runHeld({ dueAt, holder }: JobClaim): Promise<boolean> {
    const lost = new AbortController()
    const hold = async () => {
      const { isYours } = await inTime(() => jobs.claim(claimOf(dueAt, holder)))
      if (!isYours) lost.abort()
    }
    // A store that is away for a moment does not take it from its holder: only another holder does.
    const timer = setInterval(() => void hold().catch(onError), HELD_MS / 3).unref()
    try {
      const ends = [closing.signal, lost.signal, AbortSignal.timeout(MAX_RUN_MS)]
      const signal = AbortSignal.any(ends)
      await Promise.race([reset.run({ environment, dueAt, signal }), givenUp(environment, signal)])
      return true
    } catch (error) {
      onError(error)
      return false
    } finally {
      clearInterval(timer)
      lost.abort()
    }
  }

  return {
    ...{ environment, header },
    run: () =>
      (inProgress ??= runOnce().finally(() => {
        inProgress = undefined
      })),
    times() {
      const { doneAt } = known ?? {}
      return { ...(doneAt && { last: doneAt }), next: new Date(lastDue() + DAY_MS) }
    },
    async close() {
      closing.abort()
      await settledWithin(inProgress === undefined ? [] : [inProgress], CLOSE_MS)
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

function inTime<T>(call: () => MaybePromise<T>): Promise<T> {
  return patientCall('No answer of the jobs', call)
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
