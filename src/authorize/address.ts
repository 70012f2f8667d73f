import { Refusal } from '../terms/denial.js'
import type { Visit } from './visit.js'

const REFUSED = new Refusal('address_not_allowed')

/** A key with a list of addresses works from these only; from an unknown address, it does not. */
export function checkAddress(visit: Visit): Refusal | undefined {
  const { addresses } = visit.identity
  return addresses === undefined || addresses.includes(visit.client()) ? undefined : REFUSED
}
