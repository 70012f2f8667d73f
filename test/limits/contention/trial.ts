import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Limit } from 'sallyport'
import { programOf } from '../../program.js'
import type { Setup } from './stores.js'

export interface Outcome {
  /** When each request was let in, by the clock that counted. */
  readonly admitted: readonly number[]
  readonly asked: number
  readonly failed: number
  /** How many were under way at once, at most. */
  readonly most: number
}

export interface Trial extends Pick<Setup, 'url' | 'kind' | 'clients' | 'limit'> {
  readonly processes: number
  readonly forMs: number
  /** What happens halfway. */
  readonly event?: () => unknown
}

export const QUOTA: Limit = { name: 'quota', kind: 'quota', limit: 150, windowMs: 500 }
export const BURST: Limit = { name: 'burst', kind: 'burst', limit: 70, windowMs: 333 }

export const CREDITS: Limit = { name: 'credits', kind: 'credit', limit: 777, windowMs: 0 }
export const SLOTS: Limit = { name: 'slots', kind: 'concurrency', limit: 7, windowMs: 60_000 }

/** Many clients of many processes ask for one limit as fast as they can. */
export async function contend({ processes, forMs, event, ...given }: Trial): Promise<Outcome> {
  const subject = crypto.randomUUID()
  const workers = Array.from({ length: processes }, () => start())
  try {
    await Promise.all(workers.map(hear))
    // Setups are told late, because nobody knows how long a process takes to start.
    const untilMs = Date.now() + forMs
    const reports = workers.map(hear)
    for (const worker of workers) worker.send({ ...given, subject, untilMs } satisfies Setup)
    await pause(forMs / 2)
    await event?.()
    const outcomes = (await Promise.all(reports)) as Outcome[]
    return {
      admitted: outcomes.flatMap(({ admitted }) => admitted),
      asked: outcomes.reduce((sum, { asked }) => sum + asked, 0),
      failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
      most: Math.max(...outcomes.map(({ most }) => most)),
    }
  } finally {
    for (const worker of workers) worker.kill('SIGKILL')
  }

  function start(): ChildProcess {
    return fork(programOf(join(import.meta.dirname, 'worker.ts')), [given.url])
  }
}

/** What it says next. @throws {Error} when it has hung up instead */
async function hear(worker: ChildProcess): Promise<unknown> {
  const ended = new AbortController()
  worker.once('disconnect', () => {
    ended.abort()
  })
  const [message] = (await once(worker, 'message', ended)) as [unknown]
  return message
}
