import { change, findOwnKey, type FoundKey } from '../keys/acting.js'
import { keyFormPage } from '../keys/key-form.js'
import { isInUse, makerOf } from '../keys/words.js'
import { NO_MISTAKES, textField, type Mistakes } from '../kit/fields.js'
import { html } from '../kit/html.js'
import { card, facts, notice } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import { stepUp } from '../web/step-up.js'

/** Asks for a reason, and for the name of a key that is in use. */
export async function revokePage(asked: PageRequest): Promise<Result> {
  const found = await findLiving(asked)
  return (await stepUp(asked, 'revoke_key')) ?? formPage(asked, found)
}

/** Ends a key for good. */
export async function revokeKey(asked: PageRequest): Promise<Result> {
  const found = await findLiving(asked)
  const { key, keys } = found
  const { form: sent } = asked
  if (isInUse(key, asked.portal.options.clock()) && sent.get('name') !== key.name) {
    const text = 'Type the name of the key as it is written here.'
    return formPage(asked, found, new Map([['name', text]]))
  }
  const first = await stepUp(asked, 'revoke_key')
  if (first !== undefined) return first
  const reason = sent.get('reason')
  const made = await change(asked, () => keys.revoke(key.id, reason === '' ? {} : { reason }))
  return 'mistakes' in made ? formPage(asked, found, made.mistakes) : redirect(`keys/${key.id}`)
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

function formPage(asked: PageRequest, found: FoundKey, mistakes: Mistakes = NO_MISTAKES): Page {
  const { root, portal, form: sent } = asked
  const { key } = found
  const { format } = portal
  const used = key.lastUsedAt
  const isUsed = isInUse(key, portal.options.clock())
  return keyFormPage(
    asked,
    key,
    { action: 'revoke', title: 'Revoke', button: 'Revoke key', kind: 'danger', mistakes },
    notice(
      'bad',
      'This cannot be undone',
      html`<p>
        The next request with this key is refused${partner(key)}. To replace a key without an
        interruption, <a href="${root}keys/${key.id}/rotate">rotate it</a> instead.
      </p>`,
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
      'Why',
      html`<div class="form">
        ${textField({
          ...{
            name: 'reason',
            label: 'Reason (optional)',
            value: sent.get('reason'),
            mistakes,
            max: 256,
          },
          hint: 'Whoever sees the key can read it.',
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

/** What ends with it. */
function partner({ rotatedFrom, rotatedTo }: FoundKey['key']): string {
  if (rotatedTo !== undefined) return ', and so is one with its successor'
  return rotatedFrom === undefined
    ? ''
    : ', and so is one with the key before it, if that is in its grace'
}
