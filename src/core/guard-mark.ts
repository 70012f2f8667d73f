import type { CheckedAccepts } from './accepts.js'
import type { AnyRequirement, CheckedRequirement } from './requirement.js'

/** Where a guard of an adapter says what it asks for: two copies of the package read it alike. */
const GUARD = Symbol.for('sallyport.guard')

/** What a guard asks of requests, for descriptions of an API. */
export interface GuardMark {
  readonly scopes: readonly string[]
  /** Empty: none of them is asked for. */
  readonly anyScope: readonly string[]
  /** Whether requests without credentials pass. */
  readonly isOptional: boolean
  readonly accepts: CheckedAccepts | undefined
  /** Whether it looks at a request with this URL. */
  readonly isUnder: (url: string) => boolean
}

/**
 * For adapters: makes a guard known to `sallyport/openapi`, which finds it among the middleware of an app.
 * @param asked what `gate.requirement` has returned
 */
export function markGuard<T extends object>(
  guard: T,
  asked: AnyRequirement,
  isUnder: (url: string) => boolean = () => true,
): T {
  // No instance check: the gate may come from another copy of the package.
  const { scopes, anyScope, isOptional, mediaTypes } = asked as CheckedRequirement
  const mark: GuardMark = { scopes, anyScope, isOptional, accepts: mediaTypes, isUnder }
  return Object.defineProperty(guard, GUARD, { value: mark })
}

/** What a middleware asks for, if it is a guard. */
export function guardMarkOf(middleware: unknown): GuardMark | undefined {
  if (typeof middleware !== 'function') return undefined
  return Reflect.get(middleware, GUARD) as GuardMark | undefined
}
