import type { KeyJobs } from './jobs.js'
import type { ReminderChoices } from './reminder-choices.js'

interface Job {
  doneFor: number
  doneAt: number | undefined
  holder: string | undefined
  heldUntil: number
}

/** Jobs in the memory of this process. */
export function createMemoryJobs(): KeyJobs {
  const jobs = new Map<string, Job>()

  return {
    claim({ name, dueAt, holder, now, until }) {
      const at = dueAt.getTime()
      const job = jobs.get(name) ?? {
        doneFor: at,
        doneAt: undefined,
        holder: undefined,
        heldUntil: 0,
      }
      jobs.set(name, job)
      const isFree = job.holder === holder || job.heldUntil <= now.getTime()
      const isYours = job.doneFor < at && isFree
      if (isYours) Object.assign(job, { holder, heldUntil: until.getTime() })
      const { doneFor, doneAt } = job
      return {
        ...{ isYours, doneFor: new Date(doneFor) },
        ...(doneAt !== undefined && { doneAt: new Date(doneAt) }),
      }
    },
    done({ name, dueAt, holder }, at) {
      const job = jobs.get(name)
      if (job?.holder !== holder) return false
      const ended = { doneFor: dueAt.getTime(), doneAt: at.getTime() }
      Object.assign(job, { ...ended, holder: undefined, heldUntil: 0 })
      return true
    },
  }
}

/** Choices in the memory of this process. */
export function createMemoryReminderChoices(): ReminderChoices {
  const choices = new Map<string, readonly number[]>()
  return {
    find: (ownerId) => choices.get(ownerId),
    choose: (ownerId, daysBefore) => choices.set(ownerId, [...daysBefore]),
  }
}
