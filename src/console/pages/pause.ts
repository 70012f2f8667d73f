import type { ApiKey } from '../../keys/record.js'
import { change, findOwnKey } from '../keys/acting.js'
import { keyFormPage } from '../keys/key-form.js'
import { PAUSE_NOTE } from '../keys/new-key.js'
import { NO_MISTAKES, textField, type Mistakes } from '../kit/fields.js'
import { html } from '../kit/html.js'
import { card } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import type { Fields } from '../web/form.js'

export const PAUSE_FIELDS: Fields = { reason: 'one' }

/** Says what pausing does, and asks why. */
export async function pausePage(asked: PageRequest): Promise<Page> {
  const { key } = await findOwnKey(asked)
  return formPage(asked, key)
}

/** Refuses the key until somebody resumes it. Why is kept with the key, for whoever does that. */
export async function pauseKey(asked: PageRequest): Promise<Result> {
  const { keys, key } = await findOwnKey(asked)
  const reason = asked.form.get('reason')
  const metadata = { ...key.metadata, [PAUSE_NOTE]: reason }
  const pause = (noted: object) =>
    change(asked, () => keys.update(key.id, { disabled: true, ...noted }))
  // Who may not change a key that can do more may pause it all the same: without a note then.
  const made = await pause(reason === '' ? {} : { metadata }).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 403) return pause({})
    throw error
  })
  return 'mistakes' in made ? formPage(asked, key, made.mistakes) : redirect(`keys/${key.id}`)
}

function formPage(asked: PageRequest, key: ApiKey, mistakes: Mistakes = NO_MISTAKES): Page {
  const { format } = asked.portal
  const used = key.lastUsedAt
  return keyFormPage(
    asked,
    key,
    { action: 'pause', title: 'Pause', button: 'Pause key', mistakes },
    card(
      'What will happen',
      html`<p class="note">
          The next request with this key is refused, until somebody resumes it. Nothing else of it
          changes.
          ${used === undefined ? 'It was never used.' : html`It was used last ${format.ago(used)}.`}
        </p>
        <div class="form">
          ${textField({
            ...{ name: 'reason', label: 'Reason (optional)', value: asked.form.get('reason') },
            ...{
              mistakes,
              max: 256,
              hint: 'It is shown on the page of the key until it is resumed.',
            },
          })}
        </div>`,
    ),
  )
}
