import type { ApiKey } from '../../keys/record.js'
import { form, NO_MISTAKES, summary, type Mistakes } from '../kit/fields.js'
import { html, type Piece } from '../kit/html.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'

/** What a form does with a key. */
interface KeyForm {
  /** The last part of its address. */
  readonly action: 'edit' | 'pause' | 'resume' | 'revoke' | 'end' | 'rotate'
  /** The first word of the title. */
  readonly title: string
  readonly button: string
  readonly kind?: 'main' | 'danger'
  readonly mistakes?: Mistakes
}

/** A page with one form, which does something with a key; 422 where it has mistakes. */
export function keyFormPage(
  { root, token }: PageRequest,
  key: ApiKey,
  { action, title, button, kind = 'main', mistakes = NO_MISTAKES }: KeyForm,
  ...content: readonly Piece[]
): Page {
  const address = `keys/${key.id}`
  return page({
    status: mistakes.size > 0 ? 422 : 200,
    title: `${title} ${key.name}`,
    lead: html`<code>${key.hint}</code>`,
    trail: [
      ['keys', 'Keys'],
      [address, key.name],
    ],
    body: form(
      { action: `${root}${address}/${action}`, token },
      summary(mistakes),
      ...content,
      html`<p class="acts">
        <button class="btn ${kind}" type="submit">${button}</button>
        <a class="btn" href="${root}${address}">Cancel</a>
      </p>`,
    ),
  })
}
