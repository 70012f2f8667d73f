import { callerId } from '../core/caller.js'
import { networkOf, sourceOf } from '../http/source.js'
import type { Access } from './access.js'
import type { Common } from './actor.js'

const AGGREGATE_MS = 10_000
/** How many kinds of denial are told apart at a time at each level of detail; those beyond go by their reason alone. */
const MAX_KINDS = 4_096
/** Of those, how many one caller can have, and all callers of one owner. */
const MAX_OF_CALLER = 64
const MAX_OF_OWNER = 512
/** Of those of callers that are not known, how many one network can have. */
const MAX_OF_NETWORK = 512

/** Denials that repeat: the first is written at once, the others of ten seconds as one. */
export interface DenialAggregator {
  /** Whether this one is taken into account, and need not be written by itself. */
  take(access: Access): boolean
  /** Writes what is counted so far. */
  flush(): void
}

/** What denials must have in common to be counted as one. */
interface Kind {
  readonly name: string
  readonly common: Common
  /** Whose places it takes one of, and how many each has. */
  readonly shares: readonly (readonly [whose: string, most: number])[]
}

interface Aggregate {
  readonly kind: Kind
  /** What repeats of it were seen since it was last written. */
  waiting: Access | undefined
}

export function createDenialAggregator(write: (access: Access) => void): DenialAggregator {
  const aggregates = new Map<string, Aggregate>()
  /** How many places of each share are taken. */
  const taken = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    for (const aggregate of aggregates.values()) {
      const { waiting } = aggregate
      aggregate.waiting = undefined
      if (waiting === undefined) close(aggregate.kind)
      else write(waiting)
    }
    if (aggregates.size > 0) schedule()
  }

  function schedule(): void {
    timer ??= setTimeout(flush, AGGREGATE_MS).unref()
  }

  function hasRoom({ shares }: Kind): boolean {
    return shares.every(([whose, most]) => (taken.get(whose) ?? 0) < most)
  }

  function open(kind: Kind): void {
    for (const [whose] of kind.shares) taken.set(whose, (taken.get(whose) ?? 0) + 1)
    aggregates.set(kind.name, { kind, waiting: undefined })
  }

  function close({ name, shares }: Kind): void {
    aggregates.delete(name)
    for (const [whose] of shares) {
      const left = (taken.get(whose) ?? 0) - 1
      if (left > 0) taken.set(whose, left)
      else taken.delete(whose)
    }
  }

  /** The kind with the most detail that there is room for. */
  function kindOf(access: Access): Kind {
    for (const kind of kindsOf(access)) if (aggregates.has(kind.name) || hasRoom(kind)) return kind
    return { name: String(access.reason), common: 'reason', shares: [] }
  }

  return {
    take(access) {
      const kind = kindOf(access)
      const aggregate = aggregates.get(kind.name)
      if (aggregate === undefined) {
        open(kind)
        schedule()
        return false
      }
      if (aggregate.waiting === undefined) aggregate.waiting = access
      else {
        aggregate.waiting.count += 1
        aggregate.waiting.common = kind.common
      }
      aggregate.waiting.until = access.at
      return true
    },
    flush,
  }
}

/**
 * Those with the most detail first. A caller that is known has one for each thing that it asks for; one that asks for more things loses these, and others do
 * not. A key and a token that was made from it are told apart here: a record has either.
 */
function* kindsOf({ auth, reason, facts, notes }: Access): Generator<Kind, void> {
  const { client, target } = facts
  const { matter } = notes
  const source = client === undefined ? undefined : sourceOf(client)
  const from = source?.block ?? ''
  if (auth === undefined) {
    const network = source === undefined ? '' : networkOf(source)
    const shares = [['sources', MAX_KINDS] as const, [`from ${network}`, MAX_OF_NETWORK] as const]
    yield { name: `all ${String(reason)} ${from} ${matter}`, common: 'all', shares }
    return
  }
  const owner = `${auth.environment} ${auth.ownerId}`
  const caller = `${auth.kind} ${callerId(auth)}`
  const ofCaller = [`of caller ${caller}`, MAX_OF_CALLER] as const
  for (const [common, name, shares] of [
    [
      'all',
      `${from} ${caller} ${target} ${matter}`,
      [ofCaller, [`of owner ${owner}`, MAX_OF_OWNER]],
    ],
    ['caller', caller, [[`callers of ${owner}`, MAX_OF_OWNER]]],
    ['owner', owner, []],
  ] as const) {
    yield {
      name: `${common} ${String(reason)} ${name}`,
      common,
      shares: [[common, MAX_KINDS], ...shares],
    }
  }
}
