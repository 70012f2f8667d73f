import { randomUUID } from 'node:crypto'

export const CLINIC = '550e8400-e29b-41d4-a716-446655440000'

/** What came in a request, as far as it has the right format. */
type Fields<Name extends string> = Readonly<Record<Name, string>>
type Format = (text: string) => boolean

const isEmail: Format = (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)
const isName: Format = (text) => /\S/.test(text)
const isNpi: Format = (text) => /^\d{10}$/.test(text)

/** A day that there was. */
function isDateOfBirth(text: string): boolean {
  const day = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : NaN)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text) && day <= new Date()
}

const NAMED = { first_name: isName, last_name: isName, email: isEmail }
const PRACTITIONER = { ...NAMED, npi_number: isNpi }
const PATIENT = { ...NAMED, date_of_birth: isDateOfBirth }

type Practitioner = Fields<keyof typeof PRACTITIONER> & {
  readonly id: string
  readonly clinic: string
}

/** One world for each environment. */
const practitioners = new Map<string, Practitioner[]>()

/** Those of the clinics that a partner works for. */
export function listPractitioners(environment: string, clinics: readonly string[]) {
  return (practitioners.get(environment) ?? []).filter(({ clinic }) => clinics.includes(clinic))
}

/** What was stored, or the name of the field that is missing or not as it must be. */
export function addPractitioner(environment: string, clinic: string, body: unknown) {
  const fields = readFields(body, PRACTITIONER)
  if (typeof fields === 'string') return fields
  const practitioner = { id: randomUUID(), clinic, ...fields }
  practitioners.set(environment, [...listPractitioners(environment, [clinic]), practitioner])
  return practitioner
}

/** The same for a patient. */
export function addPatient(clinic: string, body: unknown) {
  const fields = readFields(body, PATIENT)
  return typeof fields === 'string' ? fields : { id: randomUUID(), clinic, ...fields }
}

function readFields<Name extends string>(
  body: unknown,
  formats: Readonly<Record<Name, Format>>,
): Fields<Name> | Name {
  const given = (typeof body === 'object' ? body : null) as Readonly<Record<string, unknown>> | null
  const fields: Partial<Record<Name, string>> = {}
  for (const [name, format] of Object.entries<Format>(formats) as [Name, Format][]) {
    const value = given?.[name]
    if (typeof value !== 'string' || value.length > 254 || !format(value)) return name
    fields[name] = value
  }
  return fields as Fields<Name>
}
