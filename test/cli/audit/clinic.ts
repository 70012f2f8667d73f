import type { AccessRecord, AuditEntry } from 'sallyport'
import { access, chained } from '../../audit/trails.js'

/** What somebody from outside may have put into a record. */
export const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>\u202e{{7*7}}`
/** The day after the week under review: a Monday. */
export const ENDS = new Date('2030-02-04T00:00:00.000Z')
export const WEEKS = 8

const DAY_MS = 86_400_000

interface Habit {
  readonly keyId: string
  readonly ownerId: string
  readonly client: string
  readonly hours: readonly number[]
  /** Requests of an hour. */
  readonly rate: number
  readonly resources: readonly string[]
  readonly from?: number
  readonly until?: number
}

const DAYTIME = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17]

/** The habits of a clinic over nine weeks, day 0 being the first; and what is not like them in the last week, from day 56. */
const HABITS: readonly Habit[] = [
  {
    keyId: 'key_ward',
    ownerId: 'org_1',
    client: '192.0.2.10',
    hours: DAYTIME,
    rate: 120,
    resources: ['Patient', 'Observation'],
  },
  {
    keyId: 'key_lab',
    ownerId: 'org_1',
    client: '192.0.2.20',
    hours: DAYTIME,
    rate: 40,
    resources: ['Observation'],
  },
  {
    keyId: 'key_lab',
    ownerId: 'org_1',
    client: '203.0.113.9',
    hours: [2, 3],
    rate: 25,
    resources: ['Patient', 'Observation'],
    from: 58,
    until: 60,
  },
  {
    keyId: 'key_bill',
    ownerId: 'org_2',
    client: '198.51.100.4',
    hours: [9, 16],
    rate: 15,
    resources: ['Claim'],
  },
  {
    keyId: 'key_bill',
    ownerId: 'org_2',
    client: '198.51.100.4',
    hours: [9, 16],
    rate: 90,
    resources: ['Claim'],
    from: 56,
  },
  {
    keyId: 'key_sync',
    ownerId: 'org_3',
    client: '2001:db8:1:2::7',
    hours: [0, 6, 12, 18],
    rate: 30,
    resources: ['Encounter'],
    until: 56,
  },
  {
    keyId: 'key_sync',
    ownerId: 'org_3',
    client: '2001:db8:1:2:ffff::8',
    hours: [0, 6, 12, 18],
    rate: 31,
    resources: ['Encounter'],
    from: 56,
  },
  {
    keyId: 'key_new',
    ownerId: HOSTILE,
    client: '203.0.113.77',
    hours: [11],
    rate: 12,
    resources: ['Patient'],
    from: 60,
  },
]

const DENIALS: readonly (readonly [NonNullable<AccessRecord['reason']>, number, number])[] = [
  ['unknown_key', 6, 38],
  ['insufficient_scope', 4, 5],
  ['quota_exceeded', 3, 2],
  ['key_expired', 0, 9],
]

/** Nine weeks of a clinic, ending with the week under review. */
export function clinicTrail(ends = ENDS): AuditEntry[] {
  const records: AccessRecord[] = []
  const begins = ends.getTime() - (WEEKS + 1) * 7 * DAY_MS
  for (let day = 0; day < (WEEKS + 1) * 7; day++) {
    const at = begins + day * DAY_MS
    const isWeekend = day % 7 > 4
    for (const habit of HABITS) {
      const { keyId, ownerId, client, hours, rate, resources, from = 0, until = Infinity } = habit
      if (day < from || day >= until) continue
      for (const hour of hours) {
        resources.forEach((resource, which) => {
          const count = Math.ceil(
            ((rate * (isWeekend ? 0.2 : 1)) / resources.length) * (1 + ((day + hour) % 5) / 10),
          )
          records.push(
            access({
              ...{ keyId, ownerId, client, count },
              time: new Date(at + hour * 3_600_000 + which * 60_000).toISOString(),
              phi: { resource, action: 'read' },
              userAgent: HOSTILE,
              path: `/v1/${HOSTILE}`,
            }),
          )
        })
      }
    }
    for (const [reason, usually, now] of DENIALS) {
      const count = day < WEEKS * 7 ? usually : now
      if (count === 0) continue
      const {
        phi: _,
        keyId: __,
        ...record
      } = access({
        ...{ outcome: 'denied', status: 401, reason, count },
        time: new Date(at + 10 * 3_600_000).toISOString(),
        client: '203.0.113.66',
      })
      records.push(record)
    }
  }
  return chained('clinic.1', records)
}
