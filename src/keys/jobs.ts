import type { MaybePromise } from '../lib/maybe.js'

/** What an instance asks for before it does a job. */
export interface JobClaim {
  /** Names the job over all instances: 1 to 200 characters. */
  readonly name: string
  /** The time that the job is for. */
  readonly dueAt: Date
  /** Names this very claim. The same holder may claim again, to hold it for longer. */
  readonly holder: string
  readonly now: Date
  /** Nobody else gets it from `now` until then. A store that several machines use counts that time by its own clock: theirs may differ. */
  readonly until: Date
}

/** How a job stands. */
export interface JobState {
  /** Whether the holder of the claim is to do it now. */
  readonly isYours: boolean
  /** The job was done for this time last, or is not to be done for it. */
  readonly doneFor: Date
  /** When it was done last. Absent: never. */
  readonly doneAt?: Date
}

/** Jobs that are done once for each time over all instances, in the store of the keys. */
export interface KeyJobs {
  /**
   * Gives the job to the holder, where it was not done for `dueAt` or a later time and nobody else holds it. Of a job that it has never heard of, it notes `dueAt` as done and gives
   * it to nobody: what was not there before is not late.
   */
  claim(claim: JobClaim): MaybePromise<JobState>
  /** It was done for `dueAt`. False, and nothing else: somebody else holds it by now. */
  done(claim: Pick<JobClaim, 'name' | 'dueAt' | 'holder'>, at: Date): MaybePromise<boolean>
}
