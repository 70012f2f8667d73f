import { Refusal, REASON_NAMES, type Reason } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import type { Limit } from '../core/limit.js'
import { checkNames } from '../core/names.js'
import type { CheckedOptions } from '../gate/check-options.js'
import { REASONS } from '../http/reasons.js'
import { nearest } from '../lib/nearest.js'
import { rateLimitHeaders } from '../limits/rate-limit-headers.js'
import type { TestRejection } from './types.js'

/** The rejections that a test has asked for. */
export interface TestRejections<S extends string> {
  /** @throws {MisuseError} for what is no reason */
  readonly add: (reason: Reason, rejection: TestRejection<S>) => void
  /** That of the next request. */
  readonly take: () => Refusal | undefined
}

const NAMES = ['times', 'retryAfter', 'scopes']

/** Which limit of a plan a reason is about. */
const LIMITS: Readonly<Partial<Record<Reason, Limit['kind']>>> = {
  quota_exceeded: 'quota',
  burst_exceeded: 'burst',
  credits_exhausted: 'credit',
  concurrency_exceeded: 'concurrency',
}

export interface TestRejectionsContext extends Pick<
  CheckedOptions,
  'catalogue' | 'plans' | 'limits' | 'clock'
> {
  /** The plan whose limits the headers tell of; absent where there are no plans. */
  readonly plan: string | undefined
}

export function createTestRejections<S extends string>(
  context: TestRejectionsContext,
): TestRejections<S> {
  const { plans, plan, limits: options, clock, catalogue } = context
  const waiting: { left: number; readonly make: () => Refusal }[] = []

  /** As a limit tells of itself that has no room. */
  function limitHeaders(kind: Limit['kind'], retryAfter: number): Readonly<Record<string, string>> {
    const limits = plans?.limitsOf({ ownerId: 'org_test', plan }) ?? []
    const at = clock()
    const retryAt = at + retryAfter * 1_000
    const states = limits.map((limit) =>
      limit.kind === kind
        ? { remaining: 0, resetAt: retryAt, retryAt }
        : { remaining: limit.limit, resetAt: at },
    )
    const verdict = { allowed: false, at, states }
    return rateLimitHeaders({ cost: 1, limits, verdict }, options.headers)
  }

  return {
    add(reason, rejection) {
      checkReason(reason)
      checkNames(rejection, NAMES, 'rejectNext', '{ retryAfter: 30 }')
      const { times = 1, retryAfter, scopes = [] } = rejection
      checkCount('times', times)
      catalogue.check(scopes, 'rejectNext')
      if (retryAfter !== undefined) checkCount('retryAfter', retryAfter)
      const { status } = REASONS[reason]
      const wait = retryAfter ?? (status === 429 ? 1 : undefined)
      const kind = LIMITS[reason]
      const make = () =>
        new Refusal(reason, {
          ...(scopes.length > 0 && { scopes, missing: scopes }),
          ...(wait !== undefined && { retryAfter: wait }),
          ...(wait !== undefined && kind && { headers: limitHeaders(kind, wait) }),
        })
      waiting.push({ left: times, make })
    },
    take() {
      const [first] = waiting
      if (first === undefined) return undefined
      first.left -= 1
      if (first.left === 0) waiting.shift()
      return first.make()
    },
  }
}

function checkReason(reason: string): void {
  if (Object.hasOwn(REASONS, reason)) return
  const meant = nearest(reason, REASON_NAMES)
  const advice =
    meant === undefined
      ? "write one such as 'key_revoked'; see docs/reasons.md"
      : `did you mean '${meant}'?`
  throw new MisuseError('unknown_reason', `rejectNext: '${reason}' is no reason; ${advice}`)
}

function checkCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return
  throw new MisuseError('invalid_option', `rejectNext: '${name}' must be a whole number from 1`)
}
