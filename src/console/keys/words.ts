import type { ApiKey } from '../../keys/record.js'
import { breakable, html, type Markup } from '../kit/html.js'
import { tag } from '../kit/parts.js'
import { OPERATOR } from '../trail/words.js'
import type { Format } from '../kit/format.js'

const LATELY_MS = 3_600_000

/** The state of a key in words, and in a colour. */
export function stateTag(key: ApiKey, format: Format): Markup {
  if (key.state === 'revoked') return tag('bad', 'Revoked')
  if (key.state === 'expired') return tag('off', 'Expired')
  if (key.state === 'disabled') return tag('warn', 'Paused')
  if (key.rotatedTo !== undefined && key.expiresAt !== undefined) {
    return html`${tag('warn', 'In grace')}
      <span class="small quiet">until ${format.time(key.expiresAt)}</span>`
  }
  return tag('ok', 'Active')
}

/** Who made it, as far as the key says it. */
export function makerOf({ createdBy }: ApiKey): string {
  if (createdBy === undefined) return 'the API'
  const { subject, keyId, issuer, operator } = createdBy
  if (operator) return OPERATOR
  return subject ?? keyId ?? issuer ?? 'the API'
}

/** The same; of a person of the app, with a link to all that this person has made. */
export function makerLink(key: ApiKey, root: string): Markup {
  const { createdBy } = key
  const person = createdBy?.app === true ? createdBy.subject : undefined
  if (person === undefined) return html`${makerOf(key)}`
  return html`<a class="any" href="${root}people/${encodeURIComponent(person)}"
    >${breakable(person)}</a
  >`
}

/** When it was used last. A key that never was stands out. */
export function lastUse({ lastUsedAt }: ApiKey, format: Format): Markup {
  return lastUsedAt === undefined ? tag('off', 'Never') : format.ago(lastUsedAt)
}

/** Used so lately that something is likely to stop working without it. */
export function isInUse({ lastUsedAt }: ApiKey, now: number): boolean {
  return lastUsedAt !== undefined && now - lastUsedAt.getTime() <= LATELY_MS
}

/** `3 hours from now`, for an instant that is to come. */
export function timeLeft(end: Date, now: number): string {
  const minutes = Math.max(1, Math.round((end.getTime() - now) / 60_000))
  const [amount, unit] =
    minutes < 90
      ? [minutes, 'minute']
      : minutes < 2_880
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1_440), 'day']
  return `${String(amount)} ${unit}${amount === 1 ? '' : 's'} from now`
}

/** The first two of its scopes, and how many more there are. */
export function scopesIn({ scopes }: ApiKey): Markup {
  const [first, second, ...others] = scopes
  if (first === undefined) return html`<span class="quiet">None</span>`
  return html`<span title="${scopes.join(', ')}"
    >${first}${second !== undefined && html`, ${second}`}${others.length > 0 && html` <span class="quiet">and ${others.length} more</span>`}</span
  >`
}
