import { count, figure } from '../../output.js'
import { createTable, type Column } from '../../table.js'
import type { Finding, Review, ReviewedCaller } from './terms.js'

const FINDINGS: readonly Column<Finding>[] = [
  { title: 'TO LOOK AT', width: 20, of: ({ what }) => what },
  { title: 'WHO', width: 40, of: ({ who = 'the trail' }) => who },
  { title: 'OWNER', width: 14, of: ({ ownerId = '-' }) => ownerId },
  { title: 'IN PARTICULAR', width: 72, of: ({ detail }) => detail },
]

const DENIALS: readonly Column<Review['denials'][number]>[] = [
  { title: 'DENIED FOR', width: 24, of: ({ reason }) => reason },
  { title: 'TIMES', of: (denial) => figure(denial.count) },
  { title: 'USUALLY', of: ({ usual }) => figure(usual) },
  { title: 'MOST FROM', width: 39, of: ({ mostFrom = '-' }) => mostFrom },
]

const CALLERS: readonly Column<ReviewedCaller>[] = [
  { title: 'CALLER', width: 30, of: ({ id, name = id }) => name },
  { title: 'OWNER', width: 14, of: ({ ownerId }) => ownerId },
  { title: 'REQUESTS', of: ({ requests }) => figure(requests) },
  { title: 'USUALLY', of: ({ usual }) => (usual === undefined ? 'new' : figure(usual)) },
  { title: 'DENIED', of: ({ denied }) => figure(denied) },
]

const MOST = 20

/** The review for a terminal. */
export function textOf(review: Review): string[] {
  const { from, to, timeZone, totals, findings, denials, callers } = review
  return [
    `Access review of ${from} to ${to} (${timeZone}): ${count(totals.requests, 'request')}, ${figure(totals.denied)} denied, ${count(totals.callers, 'caller')}.`,
    ...(review.reachesToday
      ? []
      : [`Today, ${review.today}, is not among these days. To add it: --to now`]),
    ...(totals.unproven === undefined
      ? []
      : [`No signed checkpoint vouches for ${count(totals.unproven, 'record')}.`]),
    '',
    ...part(FINDINGS, findings, 'Nothing stands out from the weeks before.'),
    '',
    ...part(DENIALS, denials, 'Nothing was denied.'),
    '',
    ...part(CALLERS, callers.slice(0, MOST), 'Nobody called.'),
    ...(callers.length > MOST ? [`and ${figure(callers.length - MOST)} more: --json`] : []),
  ]
}

function part<T>(columns: readonly Column<T>[], rows: readonly T[], none: string): string[] {
  return rows.length === 0 ? [none] : createTable(columns)(rows, false)
}
