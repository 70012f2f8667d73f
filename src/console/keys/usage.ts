import { MisuseError } from '../../core/errors.js'
import type { Keys } from '../../keys/keys.js'
import type { KeyUsage } from '../../keys/key-store.js'
import type { ApiKey } from '../../keys/record.js'
import { columnChart } from '../kit/charts.js'
import { html, type Markup } from '../kit/html.js'
import { card, table } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'

const DAYS = 30
const DAY_MS = 86_400_000

/** The use of a key by day: as a picture, and as a table with the same figures. */
export async function usageSection(
  { portal }: PageRequest,
  keys: Keys,
  { id, lastUsedAt }: ApiKey,
): Promise<Markup | undefined> {
  const used = await usageOf(keys, id)
  if (used === undefined) return undefined
  const { format, options } = portal
  const days = lastDays(used, options.clock())
  const sum = days.reduce((all, { count }) => all + count, 0)
  if (sum === 0) {
    return card(
      'Requests',
      html`<p class="note">
        ${lastUsedAt === undefined ? 'This key was never used.' : html`Not used in the last ${DAYS} days. It was last used ${format.ago(lastUsedAt)}.`}
      </p>`,
    )
  }
  const rows = days
    .filter(({ count }) => count > 0)
    .reverse()
    .map(({ day, count }) => [format.utcDay(day), format.number(count)])
  const description = `${format.count(sum, 'request')} in ${String(DAYS)} days.`
  return card(
    'Requests',
    html`<p class="note">
      ${description} ${lastUsedAt && html`Last used ${format.ago(lastUsedAt)}.`} Days are in UTC.
    </p>`,
    html`<figure>
      ${columnChart(
        { id: 'use', title: 'Requests by day', description },
        days.map(({ day, count }) => ({
          ...{
            label: format.shortDay(day),
            calm: count,
            alarm: 0,
            told: `${day}: ${format.number(count)}`,
          },
        })),
        7,
      )}
    </figure>`,
    html`<details>
      <summary>Show as a table</summary>
      ${table({
        ...{ caption: 'Requests by day', rows },
        columns: [{ title: 'Day' }, { title: 'Requests', isNumber: true }],
      })}
    </details>`,
  )
}

/** `undefined` from a store that keeps no usage. */
async function usageOf(keys: Keys, id: string): Promise<readonly KeyUsage[] | undefined> {
  try {
    return await keys.usage(id)
  } catch (error) {
    if (error instanceof MisuseError && error.code === 'not_supported') return undefined
    throw error
  }
}

function lastDays(used: readonly KeyUsage[], now: number) {
  const counts = new Map<string, number>()
  for (const { day, count } of used) counts.set(day, (counts.get(day) ?? 0) + count)
  return Array.from({ length: DAYS }, (_, at) => {
    const day = new Date(now - (DAYS - 1 - at) * DAY_MS).toISOString().slice(0, 10)
    return { day, count: counts.get(day) ?? 0 }
  })
}
