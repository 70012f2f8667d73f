import type { ApiKey } from '../../keys/record.js'
import { change, findOwnKey, isRotatable, type FoundKey } from '../keys/managed-keys.js'
import { keyFormPage } from '../keys/key-form.js'
import { isInUse, makerOf } from '../keys/words.js'
import { NO_MISTAKES, textField, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, facts, notice } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import type { Fields } from '../web/form.js'
import { SEEN_FIELD, seenIn } from '../web/seen.js'
import { stepUp } from '../web/step-up.js'

export const REVOKE_FIELDS: Fields = { reason: 'one', name: 'one', [SEEN_FIELD]: 'one' }

/** What is ended: a key, with the other one of a grace; or the old one of a grace alone. */
type Ending = 'revoke' | 'end'

/** Asks for a reason, and for the name of a key that is in use. */
export async function revokePage(asked: PageRequest): Promise<Result> {
  const found = await findLiving(asked)
  return (await stepUp(asked, 'revoke_key')) ?? formPage(asked, found, 'revoke')
}

/** Ends a key for good. */
export async function revokeKey(asked: PageRequest): Promise<Result> {
  return end(asked, await findLiving(asked), 'revoke')
}

/** The same for a key that was rotated. Its successor goes on. */
export async function endGracePage(asked: PageRequest): Promise<Result> {
  const found = await findRotated(asked)
  return (await stepUp(asked, 'revoke_key')) ?? formPage(asked, found, 'end')
}

export async function endGrace(asked: PageRequest): Promise<Result> {
  return end(asked, await findRotated(asked), 'end')
}

async function end(asked: PageRequest, found: FoundKey, ending: Ending): Promise<Result> {
  const { key, keys } = found
  const { form: sent } = asked
  if (isInUse(key, asked.portal.options.clock()) && sent.get('name') !== key.name) {
    const text = 'Type the name of the key as it is written here.'
    return formPage(asked, found, ending, new Map([['name', text]]))
  }
  const other = await alsoEnding(found, ending)
  // Where the other one has ended meanwhile, less ends than was shown.
  if (other !== undefined && sent.get(SEEN_FIELD) !== seenIn([other.id])) {
    return { ...(await formPage(asked, found, ending, ENDS_MORE)), status: 409 }
  }
  const first = await stepUp(asked, 'revoke_key')
  if (first !== undefined) return first
  const reason = sent.get('reason')
  const said = { ...(reason !== '' && { reason }), alone: ending === 'end' }
  const made = await change(asked, () => keys.revoke(key.id, said))
  if ('mistakes' in made) return formPage(asked, found, ending, made.mistakes)
  return redirect(`keys/${key.id}`, ending === 'end' ? 'old_key_revoked' : 'key_revoked')
}

const ENDS_MORE: Mistakes = new Map([
  ['', 'The key was rotated since you opened this page: by now, this would end two keys.'],
])

/** @throws {Problem} 403, 404, and 409 for a key that has no successor, or has ended */
async function findRotated(asked: PageRequest): Promise<FoundKey> {
  const found = await findLiving(asked)
  const { id, state, rotatedTo } = found.key
  if (rotatedTo !== undefined && state !== 'expired') return found
  const isEnded = rotatedTo !== undefined
  throw new Problem(409, {
    title: isEnded ? 'The grace of this key is over' : 'This key was not rotated',
    detail: 'Nothing was changed.',
    link: isEnded ? [`keys/${id}`, 'Go to the key'] : [`keys/${id}/revoke`, 'Revoke it instead'],
  })
}

/** @throws {Problem} 403, 404, and 409 for a key that was revoked */
async function findLiving(asked: PageRequest): Promise<FoundKey> {
  const found = await findOwnKey(asked)
  const { id, state } = found.key
  if (state !== 'revoked') return found
  const link = [`keys/${id}`, 'Go to the key'] as const
  const text = { title: 'This key was revoked already', detail: 'Nothing was left to do.' }
  throw new Problem(409, { ...text, link })
}

async function formPage(
  asked: PageRequest,
  found: FoundKey,
  ending: Ending,
  mistakes: Mistakes = NO_MISTAKES,
): Promise<Page> {
  const { portal, form: sent } = asked
  const { key } = found
  const other = await alsoEnding(found, ending)
  const { format } = portal
  const used = key.lastUsedAt
  const isUsed = isInUse(key, portal.options.clock())
  return keyFormPage(
    asked,
    key,
    {
      ...{ action: ending, title: ending === 'end' ? 'Revoke the old' : 'Revoke' },
      ...{
        button: other === undefined ? 'Revoke key' : 'Revoke both keys',
        kind: 'danger',
        mistakes,
      },
    },
    html`<input type="hidden" name="${SEEN_FIELD}" value="${seenIn([other?.id ?? ''])}" />`,
    notice(
      'bad',
      other === undefined ? 'This cannot be undone' : 'This ends two keys, and cannot be undone',
      whatEnds(asked, found, ending, other),
    ),
    card(
      'The key',
      facts([
        ['Last used', used === undefined ? 'Never' : format.ago(used)],
        ['Created by', makerOf(key)],
        ['Environment', key.environment],
      ]),
    ),
    card(
      'Confirm',
      html`<div class="form">
        ${textField({
          ...{
            name: 'reason',
            label: 'Reason (optional)',
            value: sent.get('reason'),
            mistakes,
            max: 256,
          },
          hint: 'Everybody who sees the key can read it.',
        })}
        ${
          isUsed &&
          textField({
            ...{
              name: 'name',
              label: `Type the name of the key: ${key.name}`,
              value: sent.get('name'),
            },
            ...{ mistakes, max: 128, isRequired: true },
            hint: 'It was used in the last hour: something is likely to stop working.',
          })
        }
      </div>`,
    ),
  )
}

function whatEnds(
  { root }: PageRequest,
  { key }: FoundKey,
  ending: Ending,
  other: ApiKey | undefined,
): Markup {
  const { id, rotatedTo } = key
  if (ending === 'end' && rotatedTo !== undefined) {
    return html`<p>
      Programs that use this old key are refused from their next request on.
      <a href="${root}keys/${rotatedTo}">Its successor</a> keeps working.
    </p>`
  }
  if (other !== undefined) {
    const which = other.id === rotatedTo ? 'its successor' : 'the old key, which still works'
    const old = other.id === rotatedTo ? id : other.id
    return html`<p>
      This key and ${which}: <a href="${root}keys/${other.id}">${other.name}</a>
      <code>${other.hint}</code>. Programs that use either of them are refused from their next
      request on. To end the old one alone, <a href="${root}keys/${old}/end">revoke the old one</a>.
    </p>`
  }
  return html`<p>
    Programs that use this key are refused from their next request
    on.${isRotatable(key) && html` To replace a key without an interruption, <a href="${root}keys/${id}/rotate">rotate it</a> instead.`}
  </p>`
}

/** The other key of a grace, where it ends as well. */
async function alsoEnding({ key, keys }: FoundKey, ending: Ending): Promise<ApiKey | undefined> {
  if (ending === 'end') return undefined
  const id = key.rotatedTo ?? key.rotatedFrom
  const other = id === undefined || key.state === 'expired' ? undefined : await keys.get(id)
  return other?.state === 'active' || other?.state === 'disabled' ? other : undefined
}
