import {
  createMemoryLimitStore,
  type Limit,
  type LimitRequest,
  type LimitStore,
  type LimitVerdict,
  type LimitState,
} from 'sallyport'
import { limitStoreCases } from 'sallyport/testing'
import { gap } from './faults.js'

type Consume = (request: LimitRequest) => LimitVerdict
type Release = NonNullable<LimitStore['release']>

/** What a store does wrong. */
type Fault = (consume: Consume, release: Release) => LimitStore | readonly [LimitStore, LimitStore]

/** A fault, and the cases that find it. */
export type BrokenLimits = readonly [name: string, fault: Fault, found: readonly string[]]

export function breakLimits(fault: Fault): LimitStore | readonly [LimitStore, LimitStore] {
  const memory = createMemoryLimitStore()
  const release: Release = (request, taken) => memory.release?.(request, taken)
  const broken = fault((request) => memory.consume(request) as LimitVerdict, release)
  return 'consume' in broken
    ? { release, ...broken }
    : [
        { release, ...broken[0] },
        { release, ...broken[1] },
      ]
}

/** Changes requests on their way in. */
function asked(change: (request: LimitRequest) => LimitRequest): Fault {
  return (consume, release) => ({
    consume: (request) => consume(change(request)),
    release: (request, taken) => release(change(request), taken),
  })
}

/** Changes limits on their way in. */
function limited(change: (limit: Limit) => Limit): Fault {
  return asked((request) => ({ ...request, limits: request.limits.map(change) }))
}

/** Changes verdicts on their way out. */
function told(change: (standing: LimitState, request: LimitRequest) => LimitState): Fault {
  return (consume) => ({
    consume(request) {
      const verdict = consume(request)
      const states = verdict.states.map((standing) => change(standing, request))
      return { ...verdict, states }
    },
  })
}

const ALL = limitStoreCases(createMemoryLimitStore).map(({ id }) => id)

/** Stores that count badly. */
export const BROKEN_LIMITS: readonly BrokenLimits[] = [
  [
    'admits one more than the limit',
    limited((limit) => ({ ...limit, limit: Math.min(1_000_000_000, limit.limit + 1) })),
    ALL,
  ],
  [
    'counts each request as one',
    asked((request) => ({ ...request, cost: Math.min(request.cost, 1) })),
    [
      'quota-turns',
      'quota-others',
      'quota-plan',
      'burst-plan',
      'burst-apart',
      'burst-large',
      'all-or-none',
      'handles',
      'cost-0',
      'cost-above',
      'cost-whole',
      'credit-counts',
      'credit-more',
      'credit-plan',
      'credit-refills',
      'credit-stays',
      'quota-calendar',
      'give-back',
      'slots-all-or-none',
    ],
  ],
  [
    'says that a window ends when it would if it began now',
    told((standing, { at }) => ({ ...standing, resetAt: at + 3_600_000 })),
    [
      'quota-moment',
      'quota-turns',
      'quota-others',
      'quota-plan',
      'burst-counts',
      'cost-0',
      'credit-counts',
      'credit-more',
      'credit-refills',
      'credit-stays',
      'quota-calendar',
      'slots-hold',
    ],
  ],
  [
    'has windows that begin with the hour',
    told(({ resetAt, ...standing }) => ({
      ...standing,
      resetAt: Math.ceil(resetAt / 3_600_000) * 3_600_000,
    })),
    [
      'quota-moment',
      'quota-turns',
      'quota-others',
      'quota-plan',
      'burst-counts',
      'cost-0',
      'credit-more',
      'credit-refills',
      'credit-stays',
      'give-back',
      'slots-hold',
    ],
  ],
  [
    'lets a window end early',
    limited((limit) => ({ ...limit, windowMs: Math.ceil(limit.windowMs * 0.7) })),
    [
      'quota-moment',
      'quota-turns',
      'burst-counts',
      'burst-refills',
      'cost-0',
      'credit-refills',
      'slots-end',
    ],
  ],
  [
    'never ends a window',
    limited((limit) => (limit.kind === 'quota' ? { ...limit, windowMs: 30_000_000_000 } : limit)),
    ['quota-moment', 'quota-turns', 'quota-others', 'quota-plan', 'cost-0', 'credit-stays'],
  ],
  [
    'forgets all counters of a subject with the first that ends',
    (consume) => {
      const endings = new Map<string, number>()
      let era = 0
      return {
        consume(request) {
          const ends = request.limits.map(({ windowMs }) => request.at + (windowMs || Infinity))
          const end = Math.min(...ends)
          const known = endings.get(request.subject) ?? Infinity
          if (known <= request.at) era += 1
          endings.set(request.subject, known <= request.at ? Infinity : Math.min(known, end))
          return consume({ ...request, subject: `${String(era)} ${request.subject}` })
        },
      }
    },
    ['quota-others', 'credit-more', 'credit-refills', 'credit-stays', 'give-back', 'slots-hold'],
  ],
  ['takes a month for 31 days', limited(({ calendar: _, ...limit }) => limit), ['quota-calendar']],
  [
    'has quotas in place of credits',
    limited(({ windowMs, ...limit }) =>
      limit.kind === 'credit'
        ? {
            ...limit,
            kind: 'quota',
            name: 'c',
            windowMs: windowMs === 0 ? 30_000_000_000 : windowMs,
          }
        : { ...limit, windowMs },
    ),
    ['credit-counts', 'credit-more', 'credit-refills', 'give-back-credits'],
  ],
  [
    'ends credits after a moment',
    limited((limit) =>
      limit.kind === 'credit' && limit.windowMs === 0 ? { ...limit, windowMs: 300 } : limit,
    ),
    ['credit-stays', 'credit-counts'],
  ],
  [
    'never refills credits',
    limited((limit) => (limit.kind === 'credit' ? { ...limit, windowMs: 0 } : limit)),
    ['credit-refills', 'credit-more'],
  ],
  [
    'refills credits to what they were at first',
    limited(({ refill: _, ...limit }) => limit),
    ['credit-refills', 'credit-more'],
  ],
  [
    'lets all in at once',
    limited((limit) => (limit.kind === 'concurrency' ? { ...limit, limit: 10_000 } : limit)),
    ['slots-hold', 'slots-all-or-none', 'slots-apart', 'slots-at-once', 'slots-end'],
  ],
  [
    'takes nothing back',
    (consume) => ({ consume, release: () => undefined }),
    ['slots-hold', 'give-back', 'give-back-credits', 'give-back-burst', 'give-back-at-once'],
  ],
  [
    'holds slots for ever',
    limited((limit) => (limit.kind === 'concurrency' ? { ...limit, windowMs: 10 ** 9 } : limit)),
    ['slots-end'],
  ],
  [
    'ends slots early',
    limited((limit) =>
      limit.kind === 'concurrency' ? { ...limit, windowMs: limit.windowMs / 2 } : limit,
    ),
    ['slots-end'],
  ],
  [
    'holds one slot for whoever asks, of any subject',
    asked(({ slot, ...request }) => ({
      ...request,
      ...(slot !== undefined && { slot }),
      ...(request.limits.every(({ kind }) => kind === 'concurrency') && { subject: 'all' }),
    })),
    ['slots-apart'],
  ],
  [
    'holds a slot for each time that it is asked',
    (consume) => {
      let times = 0
      return {
        consume: (request) =>
          consume(
            request.slot === undefined ? request : { ...request, slot: `s${String(++times)}` },
          ),
      }
    },
    ['slots-hold', 'slots-all-or-none'],
  ],
  [
    'takes a slot before it is sure that it lets in',
    (consume) => ({
      consume(request) {
        const slots = request.limits.filter(({ kind }) => kind === 'concurrency')
        if (slots.length > 0) consume({ ...request, limits: slots })
        return consume(request)
      },
    }),
    ['slots-all-or-none'],
  ],
  [
    'takes back what another window has given',
    (consume, release) => ({
      consume,
      release: (request, taken) =>
        release(request, request.cost > 0 ? consume({ ...request, cost: 0 }) : taken),
    }),
    ['give-back-window', 'give-back-turned', 'give-back-credits', 'give-back-burst'],
  ],
  [
    'takes back what was never taken',
    (consume, release) => ({
      consume,
      release: (request, taken) => release({ ...request, cost: Math.min(request.cost, 2) }, taken),
    }),
    ['give-back', 'give-back-window'],
  ],
  [
    'takes back a slot with a cost',
    (consume, release) => ({
      consume,
      release: (request, taken) => release({ ...request, slot: request.slot ?? 'a' }, taken),
    }),
    ['give-back-slots'],
  ],
  [
    'begins anew with each plan',
    limited((limit) => ({ ...limit, name: `${limit.name} ${String(limit.limit)}` })),
    ['quota-plan', 'burst-plan', 'credit-plan'],
  ],
  [
    'keeps to the plan that it saw first',
    (consume) => {
      const seen = new Map<string, Limit>()
      return {
        consume(request) {
          const limits = request.limits.map((limit) => {
            const name = JSON.stringify([request.subject, limit.kind, limit.name])
            seen.set(name, seen.get(name) ?? limit)
            return seen.get(name) ?? limit
          })
          return consume({ ...request, limits })
        },
      }
    },
    ['quota-plan', 'burst-plan', 'credit-plan'],
  ],
  [
    'refills a bucket all at once',
    limited((limit) => ({ ...limit, kind: 'quota', name: `${limit.kind} ${limit.name}` })),
    [
      'burst-counts',
      'burst-refills',
      'burst-plan',
      'credit-more',
      'credit-refills',
      'slots-all-or-none',
      'slots-hold',
    ],
  ],
  [
    'refills a bucket twice as fast as it should',
    limited((limit) =>
      limit.kind === 'burst' ? { ...limit, windowMs: Math.ceil(limit.windowMs / 2) } : limit,
    ),
    ['burst-counts', 'burst-refills'],
  ],
  [
    'has one counter for a name, whatever kind of limit that is',
    (consume) => ({
      consume(request) {
        const names = request.limits.map(({ name }) => name)
        const quotas = request.limits.map((limit) => ({ ...limit, kind: 'quota' as const }))
        const seen = names.some((name, index) => names.indexOf(name) !== index)
        return consume(seen ? { ...request, limits: quotas } : request)
      },
    }),
    ['burst-apart', 'all-or-none', 'at-once', 'credit-plan', 'give-back', 'slots-all-or-none'],
  ],
  [
    'counts in 32 bits',
    asked((request) => ({
      ...request,
      cost: request.cost < 2 ** 53 ? Math.fround(request.cost) : request.cost,
    })),
    ['burst-large'],
  ],
  [
    'takes a cost from one limit after the other',
    (consume) => ({
      consume(request) {
        const all = request.limits.map((limit) => consume({ ...request, limits: [limit] }))
        return {
          allowed: all.every(({ allowed }) => allowed),
          at: request.at,
          states: all.flatMap(({ states }) => states),
        }
      },
    }),
    ['all-or-none', 'at-once', 'slots-all-or-none'],
  ],
  [
    'asks first, and takes a moment later',
    (consume) => ({
      async consume(request) {
        const { states } = consume({ ...request, cost: 0 })
        await gap()
        const left = Math.min(...states.map(({ remaining }) => remaining))
        if (left < request.cost || request.cost === 0) return consume(request)
        const subject = `${request.subject} taken`
        const limits = request.limits.map((limit) => ({ ...limit, limit: 1_000_000_000 }))
        const verdict = consume(request)
        return verdict.allowed ? verdict : { ...consume({ ...request, subject, limits }) }
      },
    }),
    ['at-once', 'slots-at-once'],
  ],
  [
    'counts in each process alone',
    (consume) => [
      { consume },
      { consume: (request) => consume({ ...request, subject: `other ${request.subject}` }) },
    ],
    ['at-once', 'handles', 'slots-at-once'],
  ],
  [
    'counts who asks for nothing',
    asked((request) => ({ ...request, cost: request.cost === 0 ? 1 : request.cost })),
    [
      'quota-moment',
      'quota-others',
      'quota-plan',
      'cost-0',
      'credit-more',
      'credit-refills',
      'credit-stays',
      'give-back',
      'slots-all-or-none',
    ],
  ],
  [
    'refuses whoever asks for nothing when there is nothing left',
    (consume) => ({
      consume(request) {
        const verdict = consume(request)
        const left = verdict.states.every(({ remaining }) => remaining > 0)
        return { ...verdict, allowed: verdict.allowed && (request.cost > 0 || left) }
      },
    }),
    ['cost-0', 'slots-all-or-none'],
  ],
  [
    'tells whoever can never be let in to come back',
    told((standing) =>
      standing.retryAt === Infinity ? { ...standing, retryAt: standing.resetAt } : standing,
    ),
    ['cost-above', 'credit-refills'],
  ],
  [
    'takes any cost',
    asked((request) => ({
      ...request,
      cost: Number.isFinite(request.cost) ? Math.max(0, Math.floor(request.cost)) : 0,
    })),
    ['cost-whole'],
  ],
  [
    'gives back what a cost below 0 is',
    (consume) => ({
      consume: (request) =>
        request.cost < 0 ? consume({ ...request, cost: 0 }) : consume(request),
    }),
    ['cost-whole'],
  ],
  ['trims names', asked((request) => ({ ...request, subject: request.subject.trim() })), ['apart']],
  [
    'takes letters of either case for the same',
    limited((limit) => ({ ...limit, name: limit.name.toLowerCase() })),
    ['apart'],
  ],
  [
    'has one counter for all limits',
    limited((limit) => ({ ...limit, name: 'all' })),
    ['quota-others', 'apart', 'slots-apart'],
  ],
  [
    'ends names at a zero',
    asked((request) => ({ ...request, subject: request.subject.split('\0')[0] ?? '' })),
    ['apart'],
  ],
  [
    'has answers that are not of this millisecond',
    (consume) => ({ consume: (request) => ({ ...consume(request), at: request.at / 7 }) }),
    ALL,
  ],
]
