import { change, findOwnKey } from '../keys/acting.js'
import { keyFormPage } from '../keys/key-form.js'
import { html } from '../kit/html.js'
import { card } from '../kit/parts.js'
import { redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'

/** Says what pausing does. */
export async function pausePage(asked: PageRequest): Promise<Page> {
  const { key } = await findOwnKey(asked)
  const { format } = asked.portal
  const used = key.lastUsedAt
  return keyFormPage(
    asked,
    key,
    { action: 'pause', title: 'Pause', button: 'Pause key' },
    card(
      'What will happen',
      html`<p class="note">
        The next request with this key is refused, until somebody resumes it. Nothing else of it
        changes.
        ${used === undefined ? 'It was never used.' : html`It was used last ${format.ago(used)}.`}
      </p>`,
    ),
  )
}

export async function pauseKey(asked: PageRequest): Promise<Result> {
  const { keys, key } = await findOwnKey(asked)
  await change(asked, () => keys.update(key.id, { disabled: true }))
  return redirect(`keys/${key.id}`)
}
