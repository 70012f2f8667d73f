import type { Gate } from '../../gate/gate.js'
import { html, type Markup } from '../kit/html.js'
import type { PageRequest } from '../web/exchange.js'

/** Which requests of the person's organization the audit log does not have. `undefined`: it has all of them. */
export function leftOutOf({ portal, user }: PageRequest, gate: Gate): string | undefined {
  const { requests = 'all' } = gate.describe().audit ?? {}
  if (requests === 'all') return undefined
  if (requests === 'some') {
    return 'This API chooses which requests it records: others are not listed. Changes of keys always are.'
  }
  const out = portal.gates
    .environmentsIn(gate, user.environments)
    .filter((name) => !requests.includes(name))
  if (out.length === 0) return undefined
  return `Requests with keys of ${out.join(' and ')} are not recorded. Changes of these keys are.`
}

/** The same beside the filters of what is recorded. */
export function leftOutNote(asked: PageRequest, gate: Gate): Markup | undefined {
  const text = leftOutOf(asked, gate)
  return text === undefined ? undefined : html`<p class="note aside">${text}</p>`
}
