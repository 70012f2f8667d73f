import type { KeyJobs } from 'sallyport'
import type { Broken, Fault } from './faults.js'

function working(spoil: (jobs: KeyJobs) => Partial<KeyJobs>): Fault {
  return ({ jobs }) => ({ jobs: { ...jobs, ...spoil(jobs) } })
}

/** Stores that give jobs badly. */
export const BROKEN_JOBS: readonly Broken[] = [
  [
    'gives away a job that is new',
    working((jobs) => {
      const known = new Set<string>()
      return {
        async claim(claim) {
          const state = await jobs.claim(claim)
          const isNew = !known.has(claim.name)
          known.add(claim.name)
          return isNew ? { ...state, isYours: true } : state
        },
      }
    }),
    ['jobs-first'],
  ],
  [
    'gives a job to all that ask',
    working((jobs) => ({
      async claim(claim) {
        const { isYours, ...state } = await jobs.claim(claim)
        return { ...state, isYours: isYours || state.doneFor < claim.dueAt }
      },
    })),
    ['jobs-once', 'jobs-held'],
  ],
  [
    'has done a job again that somebody else has by now',
    working((jobs) => ({
      done: async (claim, at) => (await jobs.done(claim, at)) || true,
    })),
    ['jobs-held'],
  ],
  [
    'forgets what an owner has chosen',
    ({ reminders }) => ({ reminders: { ...reminders, find: () => undefined } }),
    ['reminders'],
  ],
]
