import { count, figure } from '../../output.js'
import type { Gathered } from './gather.js'
import type { Finding, Review, ReviewedCaller } from './terms.js'

/** How many times its usual week is much, and how many requests more. */
const [TIMES, MORE] = [3, 100]
const SHOWN = 5

/** What somebody should look at, the state of the trail itself first. */
export function findingsIn(
  gathered: Gathered,
  callers: readonly ReviewedCaller[],
  overdue: NonNullable<Review['overdue']>,
  signed: boolean,
): Finding[] {
  return [
    ...trailFindings(gathered),
    ...(signed && gathered.unproven > 0 ? [unprovenFinding(gathered.unproven)] : []),
    ...callers.flatMap(findingsOf),
    ...overdue.map(overdueFinding),
  ]
}

function trailFindings({ dropped, damaged }: Gathered): Finding[] {
  return [
    ...(damaged > 0
      ? [
          {
            what: 'damaged records',
            detail: `${count(damaged, 'line')}: run sallyport audit verify`,
          } as const,
        ]
      : []),
    ...(dropped > 0
      ? [
          {
            what: 'records dropped',
            detail: `${figure(dropped)}, while the trail could not be written`,
          } as const,
        ]
      : []),
  ]
}

function unprovenFinding(records: number): Finding {
  return { what: 'unproven records', detail: `${count(records, 'record')}: no checkpoint vouches` }
}

function findingsOf(caller: ReviewedCaller): Finding[] {
  const { id, name, ownerId, requests, usual, newAddresses, unusualHours, firstTimes } = caller
  const about = { who: name === undefined ? id : `${name} (${id})`, ownerId }
  const found: (readonly [Finding['what'], string])[] = []
  if (usual === undefined) found.push(['new caller', count(requests, 'request')])
  if (newAddresses.length > 0) found.push(['new address', someOf(newAddresses)])
  if (unusualHours.length > 0) found.push(['unusual hours', unusualHours.map(hourName).join(', ')])
  if (firstTimes.length > 0) found.push(['first time', someOf(firstTimes)])
  if (usual !== undefined) {
    const compared = `${count(requests, 'request')}, usually ${figure(usual)} a week`
    if (requests > TIMES * usual && requests - usual >= MORE)
      found.push(['more than usual', compared])
    if (requests * 10 < usual && usual >= MORE) found.push(['less than usual', compared])
  }
  return found.map(([what, detail]) => ({ what, ...about, detail }))
}

function overdueFinding({ id, name, ownerId, dueAt }: NonNullable<Review['overdue']>[0]): Finding {
  return { what: 'overdue for rotation', who: `${name} (${id})`, ownerId, detail: `since ${dueAt}` }
}

/** `02:00`. */
export function hourName(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`
}

function someOf(names: readonly string[]): string {
  const rest = names.length - SHOWN
  return names.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${String(rest)} more` : '')
}
