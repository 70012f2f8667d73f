import { keyNames } from '../keys/names.js'
import { select, textField } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, notice } from '../kit/parts.js'
import { filtersIn, noteView } from '../trail/query.js'
import { leftOutNote } from '../trail/unrecorded.js'
import { maySee } from '../trail/may-see.js'
import { signedNotice, signForm } from '../trail/sign.js'
import { weekFigures, weekNotices } from '../trail/week-figures.js'
import { dayAfter, logLink, readWeek, weekShown, type WeekShown } from '../trail/week.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'

/** One week of the audit log of the owner, counted: for those who have to look at it regularly. The look is recorded. */
export function reviewPage(asked: PageRequest): Promise<Page> {
  const { environment, to } = filtersIn(asked)
  return weekPage(asked, weekShown(asked, environment, to))
}

/** The week of a review that was not signed, as its figures are others by now: with the note that was written. */
export async function changedReview(
  asked: PageRequest,
  shown: WeekShown,
  note: string,
): Promise<Page> {
  return { ...(await weekPage(asked, shown, { note, before: CHANGED })), status: 409 }
}

const CHANGED = notice(
  'bad',
  'The week has other figures by now',
  html`<p>
    Records of it were added, or were signed by the API, since you have looked. Nothing was signed.
    Look again: your note is still there.
  </p>`,
)

/** @param given what is shown of a form that was sent */
async function weekPage(
  asked: PageRequest,
  shown: WeekShown,
  given: { readonly note: string; readonly before?: Markup } = { note: '' },
): Promise<Page> {
  const found = await readWeek(asked, shown)
  const title = 'Weekly review'
  if (found === undefined) {
    const text = 'It would count what happened in each week.'
    return page({ title, body: card(undefined, empty('This API keeps no audit log', text)) })
  }
  const { gate, week } = found
  await noteView(asked, gate, { ...shown })
  const { root, portal, user, can } = asked
  const { reviews } = portal.options
  const signed = await reviews?.list({ ownerId: user.ownerId, to: shown.to })
  const ofLog =
    signed?.items.filter(
      (one) => (one.environment ?? '') === shown.environment && maySee(asked, one),
    ) ?? []
  const isEmpty = week.records === 0
  const logOf = (range: object) => logLink(asked, { ...shown, ...range }, { outcome: 'denied' })
  const body = html`<div class="stack">
    ${given.before} ${signedNotice(asked, ofLog)} ${weekNotices(asked, week)}
    <section class="card flush">
      ${weekForm(asked, shown)} ${leftOutNote(asked, gate)}
      ${isEmpty && empty('Nothing is recorded', NOTHING)}
    </section>
    ${!isEmpty && weekFigures(asked, week, logOf, await keyNames(asked, gate))}
    ${reviews !== undefined && can('review:sign') && signForm(asked, shown, week, given.note)}
  </div>`
  return page({
    title,
    lead: html`${portal.format.utcDay(shown.from)} to ${portal.format.utcDay(shown.to)}, in UTC.
    What your organization did, from the audit log. Viewing this page is recorded, too.`,
    actions: html`${reviews && html`<a class="btn" href="${root}reviews">Signed reviews</a>`}
      <a class="btn" href="${logLink(asked, shown)}">Audit log of this week</a>`,
    body,
  })
}

const NOTHING = 'No request of your organization and no change of its keys is in this week.'

function weekForm(asked: PageRequest, { environment, from, to }: WeekShown): Markup {
  const { root, portal, user } = asked
  const environments = user.environments.map((value) => ({ value, label: value }))
  const link = (day: string, words: string) => {
    const said = { ...(environment !== '' && { environment }), to: day }
    return html`<a class="btn" href="${root}review?${new URLSearchParams(said).toString()}"
      >${words}</a
    >`
  }
  const next = dayAfter(to, 7)
  const isThere = weekShown(asked, environment, next).to === next
  return html`<form class="filters" action="${root}review" role="search" aria-label="Choose a week">
    ${
      !portal.gates.isOne &&
      select({
        ...{ name: 'environment', label: 'Environment', choices: environments },
        value: environment || (user.environments[0] ?? ''),
      })
    }
    ${textField({ name: 'to', label: 'Last day of the week', value: to, kind: 'date' })}
    <p class="acts">
      <button class="btn" type="submit">Apply</button>
      ${link(dayAfter(from, -1), 'Previous week')} ${isThere && link(next, 'Next week')}
    </p>
  </form>`
}
