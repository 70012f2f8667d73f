import {
  USAGE_OUTCOMES,
  usageCsv,
  type OwnerUsage,
  type UsageFigures,
  type UsageRow,
} from 'sallyport'
import { UsageError } from '../exit.js'
import { withGate } from '../gate.js'
import { figure, print, printJson, tell } from '../output.js'
import type { OutputOptions } from '../settings.js'
import { createTable, tableRoom, type Column } from '../table.js'

/** What is asked of an organization's usage. */
export interface OwnerUsageOptions extends OutputOptions {
  readonly from?: Date
  readonly to?: Date
  readonly environment?: string
  readonly by?: 'day' | 'key' | 'outcome'
  readonly csv?: true
}

interface OutcomeRow {
  readonly environment: string
  readonly outcome: string
  readonly total: number
}

const OUTCOMES = [...USAGE_OUTCOMES, 'unclassified'] as const
/** What a narrow terminal does without, the highest first. */
const SPARE = { unclassified: 4, unavailable: 3, invalid: 2, unauthenticated: 1 }

const FIGURES: readonly Column<UsageRow>[] = [
  { title: 'ENVIRONMENT', of: ({ environment }) => environment },
  { title: 'TOTAL', of: ({ total }) => figure(total) },
  ...OUTCOMES.map((outcome) => ({
    title: outcome.toUpperCase(),
    of: ({ outcomes }: UsageRow) => figure(outcomes[outcome]),
    ...(outcome in SPARE && { spare: SPARE[outcome as keyof typeof SPARE] }),
  })),
]
const DAYS: readonly Column<UsageRow>[] = [{ title: 'DAY', of: ({ day = '-' }) => day }, ...FIGURES]
const KEYS: readonly Column<UsageRow>[] = [
  { title: 'KEY', of: ({ keyId = '-' }) => keyId },
  ...FIGURES,
]
const OF_OUTCOMES: readonly Column<OutcomeRow>[] = [
  { title: 'ENVIRONMENT', of: ({ environment }) => environment },
  { title: 'OUTCOME', of: ({ outcome }) => outcome },
  { title: 'TOTAL', of: ({ total }) => figure(total) },
]

/** @throws {UsageError} */
export async function showOwnerUsage(owner: string, options: OwnerUsageOptions): Promise<void> {
  const { from, to, environment, by = 'day', csv, json } = options
  if (csv && json) throw new UsageError('give --csv or --json')
  const asked = {
    by: by === 'key' ? by : ('day' as const),
    ...(from && { from }),
    ...(to && { to }),
    ...(environment !== undefined && { environment }),
  }
  const usage = await withGate(options, {}, (gate) => gate.keys.usageOfOwner(owner, asked))
  const shown = by === 'outcome' ? { ...usage, rows: usage.totals } : usage
  if (csv) process.stdout.write(usageCsv(shown))
  else if (json) printJson(shown)
  else printTable(usage, by)
}

function printTable({ from, to, totals, rows }: OwnerUsage, by: 'day' | 'key' | 'outcome'): void {
  if (totals.length === 0) print(`No use from ${from} to ${to}.`)
  else if (by === 'outcome') lay(OF_OUTCOMES, totals.flatMap(outcomesOf))
  else lay(by === 'key' ? KEYS : DAYS, rows)
}

function lay<T>(columns: readonly Column<T>[], rows: readonly T[]): void {
  const table = createTable(columns, tableRoom(), (titles) => {
    tell(`No room for ${titles.join(', ')}: use a wider terminal, --csv or --json.`)
  })
  table(rows, false).forEach(print)
}

/** What there was none of has no row. */
function outcomesOf({ environment, outcomes }: UsageFigures): OutcomeRow[] {
  return OUTCOMES.map((outcome) => ({ environment, outcome, total: outcomes[outcome] })).filter(
    ({ total }) => total !== 0,
  )
}
