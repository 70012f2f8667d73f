import type { LimitVerdict } from '../core/limit.js'
import type { LimitRequest } from './limit-store.js'

/** @throws {TypeError} where a store has answered something that is no verdict about these limits: nobody is let in or refused by that. */
export function checkVerdict(verdict: LimitVerdict, { limits }: LimitRequest): LimitVerdict {
  if (isVerdict(verdict) && verdict.states.length === limits.length) return verdict
  throw new TypeError('The limit store answered something that is no verdict.')
}

/** The end of what never ends is at infinity. */
function isInstant(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value)
}

function isVerdict(answer: unknown): boolean {
  if (!isObject(answer)) return false
  const { allowed, at, states } = answer
  return (
    typeof allowed === 'boolean' &&
    Number.isFinite(at) &&
    Array.isArray(states) &&
    states.every(isStanding)
  )
}

function isStanding(answer: unknown): boolean {
  if (!isObject(answer)) return false
  const { remaining, resetAt, retryAt } = answer
  return isInstant(remaining) && isInstant(resetAt) && (retryAt === undefined || isInstant(retryAt))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
