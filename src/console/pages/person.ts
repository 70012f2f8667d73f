import type { KeyMaker } from '../../keys/key-store.js'
import type { Keys } from '../../keys/keys.js'
import { KEY_STATES, type ApiKey, type KeyState } from '../../keys/record.js'
import { isIdentifier } from '../../core/identifier.js'
import { actingOn, change, gatesSeen } from '../keys/managed-keys.js'
import { isInUse, lastUse, stateTag } from '../keys/words.js'
import { form, NO_MISTAKES, summary, textField, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, notice, table } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { page, redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import type { Fields } from '../web/form.js'
import { stepUp } from '../web/step-up.js'

export const LEAVING_FIELDS: Fields = { person: 'one', reason: 'one' }

/** Keys of one call, and of one page. */
const CALL = 200
const MOST = 1_000
const STANDING: readonly KeyState[] = ['active', 'disabled']
const ENDED = KEY_STATES.filter((state) => !STANDING.includes(state))

interface Made {
  readonly person: string
  readonly keys: readonly ApiKey[]
  /** There are more than are shown. */
  readonly isMore: boolean
}

/** All that one person has made. */
export async function personPage(asked: PageRequest): Promise<Page> {
  const { can } = asked
  const made = await madeBy(asked)
  const { person, keys } = made
  const standing = keys.filter(isStanding)
  const body = html`<section class="card flush">
    ${
      keys.length === 0
        ? empty('No keys', 'This person has created no keys in the environments that you can see.')
        : keyTable(asked, made, keys)
    }
  </section>`
  const query = new URLSearchParams({ person }).toString()
  const log = html`<a class="btn" href="${asked.root}audit?${query}">Audit log</a>`
  const leaving = html`<a class="btn danger" href="${addressOf(asked, person)}/revoke"
    >Revoke all keys</a
  >`
  const actions = html`${can('audit:view') && log}
  ${can('keys:all') && standing.length > 0 && leaving}`
  return page({
    title: person,
    lead: `${asked.portal.format.count(keys.length, 'key')} created, ${String(standing.length)} of them active or paused`,
    trail: [['keys', 'Keys']],
    actions,
    body,
  })
}

/** Says what will happen, and asks for the person once more. */
export async function leavingPage(asked: PageRequest): Promise<Result> {
  const made = await standingOf(asked)
  return (await stepUp(asked, 'revoke_key')) ?? formPage(asked, made)
}

/** Revokes every key that a person has made: for one who leaves. */
export async function revokeMade(asked: PageRequest): Promise<Result> {
  const made = await standingOf(asked)
  const { form: sent } = asked
  if (sent.get('person') !== made.person) {
    const text = 'Type the id of the person as it is written here.'
    return formPage(asked, made, new Map([['person', text]]))
  }
  const first = await stepUp(asked, 'revoke_key')
  if (first !== undefined) return first
  const reason = sent.get('reason')
  const given = { createdBy: makerOf(made.person), ...(reason !== '' && { reason }) }
  for (const keys of ownKeys(asked)) {
    const { ownerId } = asked.user
    const done = await change(asked, () => keys.revokeAll({ ownerId, ...given }))
    if ('mistakes' in done) return formPage(asked, made, done.mistakes)
  }
  return redirect(`people/${encodeURIComponent(made.person)}`, 'made_revoked')
}

function formPage(asked: PageRequest, made: Made, mistakes: Mistakes = NO_MISTAKES): Page {
  const { portal, token, form: sent } = asked
  const { person, keys } = made
  const at = addressOf(asked, person)
  const now = portal.options.clock()
  const inUse = keys.filter((key) => isInUse(key, now))
  const what = `${portal.format.count(keys.length, 'key')}${made.isMore ? ' and more' : ''}`
  const used =
    inUse.length === 0
      ? 'None of them was used in the last hour.'
      : `Used in the last hour, so something is likely to stop working: ${inUse.map(({ name }) => name).join(', ')}.`
  return page({
    status: mistakes.size > 0 ? 422 : 200,
    title: `Revoke all keys of ${person}`,
    trail: [
      ['keys', 'Keys'],
      [`people/${encodeURIComponent(person)}`, person],
    ],
    body: form(
      { action: `${at}/revoke`, token },
      summary(mistakes),
      notice(
        'bad',
        `${what} will be revoked, and this cannot be undone`,
        html`<p>Programs that use them are refused from their next request on. ${used}</p>
          <p>
            Keys that others have created keep working. To keep a program running, rotate its key
            first: the new key is yours, and is not revoked here.
          </p>`,
      ),
      html`<section class="card flush">${keyTable(asked, made, keys)}</section>`,
      card(
        'Confirm',
        html`<div class="form">
          ${textField({
            ...{ name: 'reason', label: 'Reason (optional)', value: sent.get('reason'), mistakes },
            ...{
              max: 256,
              hint: 'Such as "left the company". Everybody who sees the keys can read it.',
            },
          })}
          ${textField({
            ...{ name: 'person', label: `Type the id of the person: ${person}` },
            ...{ value: sent.get('person'), mistakes, max: 128, isRequired: true },
          })}
        </div>`,
      ),
      html`<p class="acts">
        <button class="btn danger" type="submit">Revoke ${what}</button>
        <a class="btn" href="${at}">Cancel</a>
      </p>`,
    ),
  })
}

function keyTable(
  { portal, root }: PageRequest,
  { person, isMore }: Made,
  keys: readonly ApiKey[],
): Markup {
  const { format } = portal
  const columns = ['Key', 'Environment', 'Created', 'Last used', 'State']
  return html`${table({
    ...{ caption: `Keys that ${person} has created`, kind: 'keys' },
    columns: columns.map((title) => ({ title })),
    rows: keys.map((key) => [
      html`<a href="${root}keys/${key.id}">${key.name}</a>
        <code class="small quiet">${key.hint}</code>`,
      ...[key.environment, format.day(key.createdAt), lastUse(key, format), stateTag(key, format)],
    ]),
  })}
  ${isMore && html`<p class="note">Not all of them are shown.</p>`}`
}

/** @throws {Problem} 409 where nothing is left to revoke */
async function standingOf(asked: PageRequest): Promise<Made> {
  const made = await madeBy(asked, STANDING)
  if (made.keys.length > 0) return made
  const link = [`people/${encodeURIComponent(made.person)}`, 'Go to the person'] as const
  throw new Problem(409, { title: 'Nothing is left to revoke', detail: 'No key stands.', link })
}

/**
 * Those that stand are looked for first: keys that have ended, however many, hide none of them.
 * @throws {Problem} 404 for what can be nobody's id
 */
async function madeBy(
  asked: PageRequest,
  states: readonly KeyState[] = [...STANDING, ...ENDED],
): Promise<Made> {
  const person = asked.params['id'] ?? ''
  if (!isIdentifier(person, 128)) throw new Problem(404)
  const found: ApiKey[] = []
  let isMore = false
  for (const state of states) {
    for (const keys of ownKeys(asked)) {
      const filter = { ownerId: asked.user.ownerId, createdBy: makerOf(person), state, limit: CALL }
      let cursor: string | undefined
      do {
        const some = await keys.list({ ...filter, ...(cursor !== undefined && { cursor }) })
        found.push(...some.items)
        cursor = some.cursor
      } while (cursor !== undefined && found.length < MOST)
      isMore ||= cursor !== undefined
    }
  }
  const newest = found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  return { person, isMore, keys: newest }
}

/** An operator, and the subject of a token, may have the same id: they are somebody else. */
function makerOf(person: string): KeyMaker {
  return { subject: person, app: true }
}

/** Of each gate in which the person who asks may see keys. */
function ownKeys(asked: PageRequest): readonly Keys[] {
  return gatesSeen(asked).map((gate) => actingOn(asked, gate).keys)
}

function isStanding({ state }: ApiKey): boolean {
  return STANDING.includes(state)
}

function addressOf({ root }: PageRequest, person: string): string {
  return `${root}people/${encodeURIComponent(person)}`
}
