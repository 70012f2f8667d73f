import { randomUUID } from 'node:crypto'

export interface HealthRecord {
  readonly id: string
  readonly title: string
}

/** One world for each environment. */
const worlds = new Map<string, Map<string, HealthRecord>>()
for (const environment of ['live', 'sandbox']) resetRecords(environment)

/** As they were at the start. */
export function resetRecords(environment: string): void {
  const records = ['rec_1', 'rec_2', 'rec_9'].map(
    (id) => [id, { id, title: 'Observation' }] as const,
  )
  worlds.set(environment, new Map(records))
}

function recordsOf(environment: string): Map<string, HealthRecord> {
  return worlds.get(environment) ?? new Map<string, HealthRecord>()
}

export function listRecords(environment: string): readonly HealthRecord[] {
  return [...recordsOf(environment).values()]
}

export function findRecord(environment: string, id: string): HealthRecord | undefined {
  return recordsOf(environment).get(id)
}

/** The stored record, or `undefined` for a body that is none. */
export function addRecord(environment: string, body: unknown): HealthRecord | undefined {
  const title =
    typeof body === 'object' && body !== null && 'title' in body ? body.title : undefined
  if (typeof title !== 'string' || title === '') return undefined
  const record = { id: `rec_${randomUUID()}`, title }
  recordsOf(environment).set(record.id, record)
  return record
}

/** Whether there was one. */
export function removeRecord(environment: string, id: string): boolean {
  return recordsOf(environment).delete(id)
}
