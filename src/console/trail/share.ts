import { personReader } from '../../audit/reading-shares.js'
import type { Gate } from '../../gate/gate.js'
import { spokenDuration } from '../kit/format.js'
import { Problem } from '../kit/problem.js'
import type { PageRequest } from '../web/exchange.js'
import { sameAgain } from '../web/paths.js'

interface Shared {
  readonly gate: Gate
  /** Whether thousands of records are read: a file, or a week. */
  readonly isLarge: boolean
}

/**
 * Reads the audit log, if the person, the organization and the process have room for one more reading: one count for the console and for `auditEndpoints`.
 * @param busy what comes of it otherwise, with a sentence for the person
 */
export function shareOr<T, R>(
  { user, request: { response } }: PageRequest,
  { gate, isLarge }: Shared,
  read: () => Promise<T>,
  busy: (words: string, seconds: number) => R,
): Promise<T | R> {
  const reader = { id: personReader(user.id), ownerId: user.ownerId, isLarge, response }
  return gate.endpoints.owner.shareReading(reader, read, (seconds, why) => {
    const wait = `Wait ${spokenDuration(`${String(seconds)}s`)}`
    const words = why === 'burst_exceeded' ? MANY : BUSY
    return busy(`${words} ${wait}, and try again.`, seconds)
  })
}

const BUSY = 'You or others are reading it at this moment, and there is no room for one more.'
const MANY = 'You have read much of it in the last minute.'

/** The same for a page that is about the log. @throws {Problem} 429, with the wait */
export function shareReading<T>(
  asked: PageRequest,
  shared: Shared,
  read: () => Promise<T>,
): Promise<T> {
  const { path, query } = asked
  return shareOr(asked, shared, read, (detail, seconds): never => {
    throw new Problem(429, {
      ...{
        title: 'The audit log cannot be read now',
        detail,
        link: sameAgain(path, query.toString()),
      },
      headers: { 'retry-after': String(seconds) },
    })
  })
}
