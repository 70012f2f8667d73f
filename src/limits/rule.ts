import { channel } from 'node:diagnostics_channel'
import type { Auth, Identity } from '../core/auth.js'
import { callerId } from '../core/caller.js'
import type { Charge, Slot } from '../core/charge.js'
import { Refusal, type Reason } from '../core/denial.js'
import type { Endings } from '../core/endings.js'
import { LimitStoreError } from '../core/errors.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import type { NodeResponse } from '../core/request.js'
import type { Requirement } from '../core/requirement.js'
import { randomBase62 } from '../lib/base62.js'
import type { Clock } from '../lib/clock.js'
import { atOnce, recover, then, type MaybePromise } from '../lib/maybe.js'
import type { LimitRequest } from './limit-store.js'
import type { Limiter } from './limiter.js'
import type { CallerOverride, Plans } from './plans.js'

/** What is published on the channel `sallyport:limits` of `node:diagnostics_channel` when a limit refuses. */
export interface LimitRefusal {
  readonly reason: Reason
  readonly auth: Auth
  /** What the caller is counted against, and how much of each is left. */
  readonly limits: readonly (Limit & { readonly remaining: number })[]
  readonly cost: number
  /** Whether the request went on all the same. */
  readonly dryRun: boolean
}

export interface LimitsContext {
  readonly plans: Plans
  readonly limiter: Limiter
  readonly clock: Clock
  readonly by: 'owner' | 'key' | ((auth: Auth) => string)
  readonly override?: ((auth: Auth) => CallerOverride | undefined) | undefined
  readonly dryRun: boolean
  readonly endings: Endings
  readonly onError: (error: unknown) => void
}

/** Counts a request, and says whether it may go on. What was counted before on the same request is not counted again. */
export type LimitsRule = (
  identity: Identity,
  requirement: Requirement,
  earlier: Charge | undefined,
  response: NodeResponse | undefined,
) => MaybePromise<Charge>

const MAX_SUBJECT = 256
const WITHOUT_ACCESS = new Refusal('plan_without_access')
const NO_REFILL = 'The credits of your plan are used up, and they are not refilled.'
const SMALL_REFILL = 'This request costs more than the credits of your plan are refilled to.'
const UNAVAILABLE = new Refusal('limiter_unavailable')
const refusals = channel('sallyport:limits')

/** All windows of the caller's plan have room for what the request costs, and give it; or none of them does. */
export function createLimitsRule(context: LimitsContext): LimitsRule {
  const { plans, limiter, clock, override, dryRun, endings, onError } = context

  const origin = randomBase62(10)
  let named = 0

  function count(
    auth: Auth,
    cost: number,
    earlier: Charge | undefined,
    response: NodeResponse | undefined,
  ): MaybePromise<Charge> {
    const own = override && atOnce(override(auth), 'limits.override', onError)
    const limits = plans.limitsOf(own?.plan ?? auth.plan, own?.limit ?? auth.limit, own?.credits)
    if (limits === undefined) return conclude(auth, { cost, limits: [] }, WITHOUT_ACCESS)
    if (limits.length === 0) return { cost, limits }
    const owed = cost - (earlier?.cost ?? 0)
    const asked = { subject: subjectOf(auth, context), limits, cost: owed, at: clock() }
    if (limits.some(({ kind }) => kind === 'concurrency')) {
      const slot = earlier?.slot?.name ?? `${origin}-${(++named).toString(36)}`
      return hold({ ...asked, slot }, { ...earlier, cost, limits }, auth, response)
    }
    return then(limiter.consume(asked), (verdict) => concluded(auth, { cost, limits, verdict }))
  }

  /** Counts, and holds a slot until the response is over, if that is known. */
  function hold(
    request: LimitRequest & { readonly slot: string },
    { slot: earlier, cost, limits }: Charge,
    auth: Auth,
    response: NodeResponse | undefined,
  ): MaybePromise<Charge> {
    return then(limiter.consume(request), (verdict) => {
      const charge = { cost, limits, verdict, ...(earlier && { slot: earlier }) }
      if (!verdict.allowed || request.cost === 0) return concluded(auth, charge)
      const slot = slotFor(limiter, request, verdict)
      // The client may have gone while the store was asked: nobody would give back what was taken since.
      if (response !== undefined && (earlier === undefined || endings.isOver(response))) {
        endings.follow(response, slot.end)
      }
      return earlier === undefined ? { ...charge, slot } : charge
    })
  }

  function concluded(auth: Auth, charge: CountedCharge): Charge {
    return charge.verdict.allowed ? charge : conclude(auth, charge, refusalFor(charge))
  }

  function conclude(auth: Auth, charge: Charge, refusal: Refusal): Charge {
    if (refusals.hasSubscribers) refusals.publish(messageOf(auth, charge, refusal, dryRun))
    return dryRun ? charge : { ...charge, refusal }
  }

  return ({ auth }, { cost = 1 }, earlier, response) => {
    if (earlier !== undefined && cost <= earlier.cost) return earlier
    return recover(
      () => count(auth, cost, earlier, response),
      (error) => {
        // An outage is told when it begins, and not with every request.
        if (!(error instanceof LimitStoreError)) onError(error)
        return conclude(auth, { limits: [], ...earlier, cost }, UNAVAILABLE)
      },
    )
  }
}

function slotFor(
  limiter: Limiter,
  request: LimitRequest & { readonly slot: string },
  verdict: LimitVerdict,
): Slot {
  let held = true
  return {
    name: request.slot,
    end() {
      if (held) limiter.release({ ...request, cost: 0 }, verdict)
      held = false
    },
  }
}

/** Whose counters these are; each environment has its own. */
function subjectOf(auth: Auth, { by, onError }: Pick<LimitsContext, 'by' | 'onError'>): string {
  const { environment } = auth
  if (by === 'owner') return `${environment}:owner:${auth.ownerId}`
  // A token is one of many that its client is given: they are counted together, and those of a key with it.
  if (by === 'key') return callerId(auth)
  const subject: unknown = atOnce(by(auth), 'limits.by', onError)
  // Stores disagree about control characters and halves of surrogate pairs: one fails, and another counts two callers together.
  const isText = typeof subject === 'string' && !/[\p{Cc}\p{Cs}]/u.test(subject)
  if (isText && subject !== '' && subject.length <= MAX_SUBJECT) {
    return `${environment}:by:${subject}`
  }
  throw new TypeError(
    `limits.by must return a text of 1 to ${String(MAX_SUBJECT)} characters, without control characters.`,
  )
}

interface CountedCharge extends Charge {
  readonly verdict: LimitVerdict
}

/** Of several limits that refuse, the reason is that of the one which comes first here. */
const REASON_OF: Readonly<Record<Limit['kind'], Reason>> = {
  credit: 'credits_exhausted',
  quota: 'quota_exceeded',
  burst: 'burst_exceeded',
  concurrency: 'concurrency_exceeded',
}
const KINDS = Object.keys(REASON_OF)

function refusalFor({ limits, verdict }: CountedCharge): Refusal {
  let retryAfter = 1
  let kind: Limit['kind'] = 'concurrency'
  let detail = SMALL_REFILL
  for (const [index, { retryAt }] of verdict.states.entries()) {
    const limit = limits[index]
    if (retryAt === undefined || limit === undefined) continue
    if (KINDS.indexOf(limit.kind) < KINDS.indexOf(kind)) kind = limit.kind
    if (limit.kind === 'credit' && limit.windowMs === 0) detail = NO_REFILL
    retryAfter = Math.max(retryAfter, Math.ceil(waitOf(limit, retryAt, verdict.at) / 1_000))
  }
  // No time helps: naming one would bring the client back in vain.
  if (retryAfter === Infinity) return new Refusal('credits_exhausted', { detail })
  return new Refusal(REASON_OF[kind], { retryAfter })
}

function waitOf({ kind, windowMs }: Limit, retryAt: number, at: number): number {
  // What costs more than the limit has never passes; a time has to be named all the same.
  return Number.isFinite(retryAt) || kind === 'credit' ? retryAt - at : windowMs
}

function messageOf(
  auth: Auth,
  { limits, verdict, cost }: Charge,
  { reason }: Refusal,
  dryRun: boolean,
): LimitRefusal {
  const counted = limits.map((limit, index) => ({
    ...limit,
    remaining: verdict?.states[index]?.remaining ?? 0,
  }))
  return { reason, auth, limits: counted, cost, dryRun }
}
