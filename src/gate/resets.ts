import type { Headers } from '../core/auth.js'
import { MisuseError } from '../core/errors.js'
import type { KeyJobs } from '../keys/jobs.js'
import { repeatedly } from '../lib/repeat.js'
import { createDailyReset, type DailyResetContext, type ResetTimes } from './daily-reset.js'
import type { CheckedReset } from './reset-options.js'

const LOOK_MS = 15_000

export interface ResetsContext extends Omit<DailyResetContext, 'jobs'> {
  readonly resets: readonly CheckedReset[]
  readonly jobs: KeyJobs | undefined
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
export function createResets({ resets, jobs, ...context }: ResetsContext): Resets {
  const all = resets.map((reset) => {
    if (jobs === undefined) throw noJobs(reset)
    return createDailyReset(reset, { ...context, jobs })
  })
  const find = (environment: string) => all.find((one) => one.environment === environment)
  // Each has looks of its own: what one takes its time for, no other waits for.
  const timers = all.map((one) => createTimer(one.run, context.onError))

  function headersOf(environment: string): Headers | undefined {
    const { header, times } = find(environment) ?? {}
    return header && times ? { [header.toLowerCase()]: times().next.toISOString() } : undefined
  }

  return {
    async run() {
      const done = await Promise.all(all.map((one) => one.run()))
      return all.filter((_, at) => done[at]).map(({ environment }) => environment)
    },
    timesOf: (environment) => find(environment)?.times(),
    headersOf: all.some(({ header }) => header !== undefined) ? headersOf : undefined,
    async close() {
      for (const timer of timers) timer.close()
      await Promise.all(all.map((one) => one.close()))
    },
  }
}

function noJobs({ environment }: CheckedReset): MisuseError {
  const message = `createGate: 'environment.${environment}.reset' needs a key store with jobs, such as those of this package; 'keys.store' has none`
  return new MisuseError('invalid_option', message)
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
