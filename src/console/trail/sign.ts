import { form, textField } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, notice } from '../kit/parts.js'
import type { SignedReview } from '../review-store.js'
import type { PageRequest } from '../web/exchange.js'
import type { Fields } from '../web/form.js'
import { SEEN_FIELD } from '../web/seen.js'
import { digestOf, type ReviewedWeek } from './reviewed-week.js'
import type { WeekShown } from './week.js'

export const SIGN_FIELDS: Fields = {
  ...{ environment: 'one', to: 'one', [SEEN_FIELD]: 'one', note: 'one' },
}
/** Characters of a note. */
export const MAX_NOTE = 2_000

/** Who has signed this week already; `undefined` where nobody has. */
export function signedNotice(
  { root, portal: { format } }: PageRequest,
  reviews: readonly SignedReview[],
): Markup | undefined {
  if (reviews.length === 0) return undefined
  return notice(
    'ok',
    'This week was reviewed',
    html`<ul>
      ${reviews.map(
        ({ id, by, at }) =>
          html`<li>
            <a href="${root}reviews/${id}">Reviewed by ${by.name}</a> on ${format.time(at)}
          </li>`,
      )}
    </ul>`,
  )
}

/** Asks for a signature under what is shown. */
export function signForm(
  { root, token }: PageRequest,
  { environment, to }: WeekShown,
  week: ReviewedWeek,
  note: string,
): Markup {
  const hidden = { environment, to, [SEEN_FIELD]: digestOf(week) }
  return card(
    'Sign this review',
    html`<p class="note">
      You confirm that you have looked at this week. Your name, the date and all figures above are
      kept as you see them now, and nobody can change them. It is recorded in the audit log.
    </p>`,
    form(
      { action: `${root}reviews`, token },
      Object.entries(hidden).map(
        ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
      ),
      textField({
        ...{ name: 'note', label: 'Note (optional)', value: note, rows: 3, max: MAX_NOTE },
        hint: 'What you have found, and what was done about it.',
      }),
      html`<p class="acts"><button class="btn main" type="submit">Sign review</button></p>`,
    ),
  )
}
