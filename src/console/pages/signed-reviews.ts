import { randomBase62 } from '../../lib/base62.js'
import { actingOn } from '../keys/managed-keys.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, facts, notice, table } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import type { ReviewStore, SignedReview } from '../review-store.js'
import { filtersIn, gateShown } from '../trail/query.js'
import { maySee, recordsSeen } from '../trail/may-see.js'
import { digestOf } from '../trail/reviewed-week.js'
import { MAX_NOTE } from '../trail/sign.js'
import { weekFigures, weekNotices } from '../trail/week-figures.js'
import { logLink, readWeek, weekShown } from '../trail/week.js'
import { changedReview } from './review.js'
import {
  cursorIn,
  page,
  redirect,
  type Page,
  type PageRequest,
  type Result,
} from '../web/exchange.js'
import { SEEN_FIELD } from '../web/seen.js'

const PAGE = 50

/** Keeps what the person has seen, with name and date; first, the audit log says that it was signed. */
export async function signReview(asked: PageRequest): Promise<Result> {
  const store = storeOf(asked)
  const { user, form, portal, address, claim } = asked
  const query = new URLSearchParams({ environment: form.get('environment'), to: form.get('to') })
  const { environment, to } = filtersIn({ ...asked, query })
  const shown = weekShown(asked, environment, to)
  const found = await readWeek(asked, shown)
  if (found === undefined || shown.to !== form.get('to')) throw new Problem(404)
  const note = form.get('note')
  if (note.length > MAX_NOTE) throw new Problem(400, { detail: 'The note is too long.' })
  const { gate, week } = found
  const digest = digestOf(week)
  if (digest !== form.get(SEEN_FIELD)) return changedReview(asked, shown, note)
  await claim?.()
  const id = `rev_${randomBase62(22)}`
  const filter = { ...shown, signed: id, digest }
  await actingOn(asked, gate).audit.note({ path: asked.path, filter: said(filter) })
  await store.insert({
    ...{ id, ownerId: user.ownerId, week, digest, at: new Date(portal.options.clock()) },
    ...(environment !== '' && { environment }),
    counted: recordsSeen(asked, gate),
    by: { id: user.id, name: user.name, ...(address !== undefined && { address }) },
    ...(note !== '' && { note }),
  })
  return redirect(`reviews/${id}`, 'review_signed')
}

/** All that were signed, the latest first. */
export async function reviewsPage(asked: PageRequest): Promise<Page> {
  const { root, user } = asked
  const given = cursorIn(asked)
  const { items, cursor } = await storeOf(asked).list({
    ...{ ownerId: user.ownerId, limit: PAGE },
    ...(given !== '' && { cursor: given }),
  })
  const seen = items.filter((review) => maySee(asked, review))
  const content = seen.length === 0 ? nothing(root) : rows(asked, seen)
  const next = cursor && `${root}reviews?${new URLSearchParams({ cursor }).toString()}`
  return page({
    title: 'Signed reviews',
    lead: 'Who has reviewed which week of the audit log, and what that person has seen. Days are in UTC.',
    trail: [['review', 'Review']],
    body: html`<section class="card flush">
      ${content}
      ${
        (given !== '' || next !== undefined) &&
        html`<nav class="pager" aria-label="Pages">
          ${given === '' ? html`<span></span>` : html`<a class="btn" href="${root}reviews">Newest</a>`}
          ${next !== undefined && html`<a class="btn" href="${next}">Older</a>`}
        </nav>`
      }
    </section>`,
  })
}

/** One review, as it was signed. The look is recorded, as one at the audit log. */
export async function signedReviewPage(asked: PageRequest): Promise<Page> {
  const { params, user, portal } = asked
  const review = await storeOf(asked).find(params['id'] ?? '')
  if (review?.ownerId !== user.ownerId || !maySee(asked, review)) throw new Problem(404)
  const { week, by, at, environment = '', note, digest, id } = review
  const shown = { environment, from: week.from, to: week.to }
  const gate = gateShown(asked, shown)
  await actingOn(asked, gate).audit.note({ path: '/reviews', filter: { review: id } })
  const { format } = portal
  return page({
    title: `Review of ${week.from} to ${week.to}`,
    lead: html`Reviewed by ${by.name} on ${format.time(at)}. Days are in UTC.`,
    trail: [
      ['review', 'Review'],
      ['reviews', 'Signed reviews'],
    ],
    actions: html`<a class="btn" href="${logLink(asked, shown)}">Audit log of this week</a>`,
    body: html`<div class="stack">
      ${digestOf(week) !== digest && CHANGED}
      ${card(
        'Signature',
        facts([
          ['Reviewed by', by.name === by.id ? by.name : html`${by.name} <code>${by.id}</code>`],
          [
            'From address',
            by.address === undefined ? 'Not known' : html`<code>${by.address}</code>`,
          ],
          ['Signed', format.time(at)],
          ['Environment', environment !== '' && environment],
          ['Note', note],
          ['SHA-256', html`<code class="small">${digest}</code>`],
        ]),
        html`<p class="note">
          The figures below are those that were signed. The audit log has this SHA-256 of them in
          the record of the signature.
        </p>`,
      )}
      ${weekNotices(asked, week)} ${weekFigures(asked, week)}
    </div>`,
  })
}

const CHANGED = notice(
  'bad',
  'What is kept here is not what was signed',
  html`<p>Somebody has changed it in its store. The audit log says what was signed.</p>`,
)

function storeOf({ portal }: PageRequest): ReviewStore {
  const { reviews } = portal.options
  if (reviews === undefined) throw new Problem(404)
  return reviews
}

function said(filter: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(filter).filter(([, text]) => text !== ''))
}

function rows({ root, portal: { format, gates } }: PageRequest, reviews: readonly SignedReview[]) {
  const columns = ['Week', ...(gates.isOne ? [] : ['Environment']), 'Reviewed by', 'Signed', 'Note']
  return table({
    ...{ caption: 'Signed reviews', kind: 'wide' },
    columns: columns.map((title) => ({ title })),
    rows: reviews.map(({ id, week, environment, by, at, note }) => [
      html`<a href="${root}reviews/${id}">${week.from} to ${week.to}</a>`,
      ...(gates.isOne ? [] : [environment]),
      ...[by.name, format.time(at), note],
    ]),
  })
}

function nothing(root: string): Markup {
  return empty(
    'No review was signed yet',
    'Look at a week of the audit log, and sign what you have seen: it is kept here.',
    html`<a class="btn" href="${root}review">Weekly review</a>`,
  )
}
