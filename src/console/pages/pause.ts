import { change, findOwnKey } from '../keys/acting.js'
import { form } from '../kit/fields.js'
import { html } from '../kit/html.js'
import { card } from '../kit/parts.js'
import { page, redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'

/** Says what pausing does. */
export async function pausePage(asked: PageRequest): Promise<Page> {
  const { key } = await findOwnKey(asked)
  const { root, token, portal } = asked
  const used = key.lastUsedAt
  const body = form(
    { action: `${root}keys/${key.id}/pause`, token },
    card(
      'What will happen',
      html`<p class="note">
        The next request with this key is refused, until somebody resumes it. Nothing else of it
        changes.
        ${used === undefined ? 'It was never used.' : html`It was used last ${portal.format.ago(used)}.`}
      </p>`,
    ),
    html`<p class="acts">
      <button class="btn main" type="submit">Pause key</button>
      <a class="btn" href="${root}keys/${key.id}">Cancel</a>
    </p>`,
  )
  const trail = [
    ['keys', 'Keys'],
    [`keys/${key.id}`, key.name],
  ] as const
  return page({ title: `Pause ${key.name}`, lead: html`<code>${key.hint}</code>`, trail, body })
}

export async function pauseKey(asked: PageRequest): Promise<Result> {
  const { keys, key } = await findOwnKey(asked)
  await change(asked, () => keys.update(key.id, { disabled: true }))
  return redirect(`keys/${key.id}`)
}
