import { randomUUID } from 'node:crypto'

export const CLINIC = '550e8400-e29b-41d4-a716-446655440000'

const approvedPartners = new Set(['partner_a', 'partner_without_baa'])
const signedAgreements = new Set(['partner_a'])

export function isApprovedPartner(ownerId: string): boolean {
  return approvedPartners.has(ownerId)
}

/** Whether it has signed a business associate agreement: without one, it gets to see no patient (45 CFR 164.504(e)). */
export function hasSignedAgreement(ownerId: string): boolean {
  return signedAgreements.has(ownerId)
}

interface Practitioner {
  readonly id: string
  readonly clinic: string
}

const practitioners: Practitioner[] = [{ id: randomUUID(), clinic: CLINIC }]

/** Those of the clinics that a partner works for. */
export function listPractitioners(clinics: readonly string[]): readonly Practitioner[] {
  return practitioners.filter(({ clinic }) => clinics.includes(clinic))
}

export function addPractitioner(clinic: string): Practitioner {
  const practitioner = { id: randomUUID(), clinic }
  practitioners.push(practitioner)
  return practitioner
}

export function addPatient(clinic: string): { readonly id: string; readonly clinic: string } {
  return { id: randomUUID(), clinic }
}
