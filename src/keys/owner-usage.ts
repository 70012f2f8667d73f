import * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { noCounts, USAGE_OUTCOMES, type UsageOutcome } from '../core/tally.js'
import { checkInput } from './calls.js'
import { instant, keyFields } from './input.js'
import type { KeyContext } from './key-context.js'
import type { UsageSum } from './key-store.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

/** Which requests of an owner to sum up. */
export interface OwnerUsageOptions {
  /** The first day, of UTC. Default: 29 days before the last. */
  readonly from?: Date
  /** The last day, of UTC. Default: today. At most 366 days are summed up. */
  readonly to?: Date
  /** Default: all. Each has figures of its own: those of a sandbox are in no figure of another environment. */
  readonly environment?: string
  /** What has a row of its own in each environment. Default `'day'`. */
  readonly by?: 'day' | 'key'
}

/** Requests in one environment. */
export interface UsageFigures {
  readonly environment: string
  /** Of all outcomes. */
  readonly total: number
  /** `unclassified`: uses of keys that an older version has counted, which knew of no outcomes. */
  readonly outcomes: Readonly<Record<UsageOutcome | 'unclassified', number>>
}

/** The requests of one day, or of one key, in one environment. */
export interface UsageRow extends UsageFigures {
  /** Of UTC, such as `'2030-01-31'`, where rows are by day. */
  readonly day?: string
  /** Where rows are by key. Absent: callers that presented neither a key nor a token that was made from one. */
  readonly keyId?: string
}

/** How often an owner has called. */
export interface OwnerUsage {
  readonly ownerId: string
  /** The first and the last day, of UTC. */
  readonly from: string
  readonly to: string
  /** By environment. No environment is in the sums of another. */
  readonly totals: readonly UsageFigures[]
  /** Latest day first, or the key with the most requests. Where there was nothing, there is no row. */
  readonly rows: readonly UsageRow[]
}

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 30
const MOST_DAYS = 366

const schema = lazily(() =>
  strictObject({
    from: v.optional(instant()),
    to: v.optional(instant()),
    environment: v.optional(keyFields().environment),
    by: v.optional(v.picklist(['day', 'key'])),
  }),
)

/** See `gate.keys.usageOfOwner`. @param isSeen which environments to tell of */
export async function usageOfOwner(
  context: KeyContext,
  ownerId: string,
  options: OwnerUsageOptions,
  isSeen: (environment: string) => boolean = () => true,
): Promise<OwnerUsage> {
  const where = 'gate.keys.usageOfOwner'
  checkInput(strictObject({ ownerId: keyFields().ownerId }), { ownerId }, where)
  const asked = checkInput(schema(), options, where)
  const { store, clock, flushUsage } = context
  if (store.usageOfOwner === undefined) {
    throw new MisuseError('not_supported', `${where}: this key store keeps no usage of owners`)
  }
  const { environment, by = 'day', to = new Date(clock()) } = asked
  const from = asked.from ?? new Date(+to - (DEFAULT_DAYS - 1) * DAY_MS)
  const days = { from: dayOf(from), to: dayOf(to) }
  const count = (Date.parse(days.to) - Date.parse(days.from)) / DAY_MS + 1
  if (count < 1 || count > MOST_DAYS) {
    throw new MisuseError(
      'invalid_key_input',
      `${where}: 'from' to 'to' must be 1 to ${String(MOST_DAYS)} days`,
    )
  }
  await flushUsage()
  const query = { ...days, by, ...(environment !== undefined && { environment }) }
  const sums = await store.usageOfOwner(ownerId, query)
  const seen = sums.filter((sum) => isSeen(sum.environment))
  const rows = figuresOf(seen, ({ environment: name, day, keyId }) => ({
    ...{ environment: name },
    ...(day !== undefined && { day }),
    ...(keyId !== undefined && { keyId }),
  }))
  if (by === 'key') rows.sort((a, b) => b.total - a.total)
  const totals = figuresOf(seen, (sum) => ({ environment: sum.environment }))
  return { ownerId, ...days, totals, rows }
}

/** Of UTC, such as `'2030-01-31'`. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

/** One for each of what `nameOf` makes of the sums, in the order of the first of each. */
function figuresOf<T extends Pick<UsageRow, 'environment'>>(
  sums: readonly UsageSum[],
  nameOf: (sum: UsageSum) => T,
): (T & UsageFigures)[] {
  const figures = new Map<string, T & UsageFigures>()
  for (const sum of sums) {
    const named = nameOf(sum)
    const name = JSON.stringify(named)
    const { total = 0, outcomes = { ...noCounts(), unclassified: 0 } } = figures.get(name) ?? {}
    // A newer version may know of more.
    const outcome = USAGE_OUTCOMES.find((one) => one === sum.outcome) ?? 'unclassified'
    const counted = { ...outcomes, [outcome]: outcomes[outcome] + sum.count }
    figures.set(name, { ...named, total: total + sum.count, outcomes: counted })
  }
  return [...figures.values()]
}
