import { randomUUID } from 'node:crypto'

export interface Patient {
  readonly id: string
  readonly name: string
}

/** One world for each environment: a test key never sees a live patient. */
const patients = new Map<string, Map<string, Patient>>([
  ['live', new Map([['pat_1', { id: 'pat_1', name: 'Ada Example' }]])],
  ['test', new Map([['pat_1', { id: 'pat_1', name: 'Sandbox Patient' }]])],
])

export function listPatients(environment: string): Patient[] {
  return [...(patients.get(environment)?.values() ?? [])]
}

export function findPatient(environment: string, id: string): Patient | undefined {
  return patients.get(environment)?.get(id)
}

/** The stored patient, or `undefined` for a body that is none. */
export function addPatient(environment: string, body: unknown): Patient | undefined {
  const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined
  if (typeof name !== 'string' || name === '') return undefined
  const patient = { id: `pat_${randomUUID()}`, name }
  patients.get(environment)?.set(patient.id, patient)
  return patient
}
