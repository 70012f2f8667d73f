import { keyAccessOf } from '../access/notices.js'
import { actingOn, change, isMadeBy } from '../keys/managed-keys.js'
import { callingOf } from '../keys/request-example.js'
import { readNewKey } from '../keys/new-key.js'
import { onlyRead, scopeGroups } from '../keys/scopes.js'
import { secretPage } from '../keys/secret-page.js'
import { choiceField, form, NO_MISTAKES, summary, textField, type Mistakes } from '../kit/fields.js'
import { spokenDuration } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'
import { isDuration, milliseconds } from '../../lib/duration.js'
import { card } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { page, type Page, type PageRequest, type Result } from '../web/exchange.js'
import { AGAIN_FIELD, type Form } from '../web/form.js'
import { stepUp } from '../web/step-up.js'

/** The form of a new key. */
export async function newKeyPage(asked: PageRequest): Promise<Result> {
  const first = await stepUp(asked, 'create_key')
  if (first !== undefined) return first
  return formPage(asked, startOf(asked), { notice: (await keyAccessOf(asked)).missing })
}

/** Makes a key, and shows its secret once. */
export async function createKey(asked: PageRequest): Promise<Result> {
  const { user, portal, form: sent, root } = asked
  const { input, mistakes } = readNewKey(asked)
  if (mistakes.size > 0) return formPage(asked, sent, { mistakes })
  const first = await stepUp(asked, 'create_key')
  if (first !== undefined) return first
  const gate = portal.gates.of(input.environment ?? '')
  if (gate === undefined) throw new Problem(403)
  const { keys } = actingOn(asked, gate)
  const before = sent.get(AGAIN_FIELD) === '' ? undefined : await madeBefore(asked)
  if (before !== undefined) throw sentBefore(before)
  await claim(asked, () => madeBefore(asked))
  const create = () => keys.create({ ...input, ownerId: user.ownerId })
  const made = await change(asked, create).catch(refusedIn)
  if ('mistakes' in made) {
    return formPage(asked, sent, { ...made, notice: (await keyAccessOf(asked)).missing })
  }
  const key = made.done
  const { curl } = callingOf(asked, gate, key.environment)
  return secretPage({ root, title: 'Your new key', key, curl: curl(key.secret, key.scopes) })
}

/** What the person or the organization may not have: said beside the form, which keeps what was typed. */
function refusedIn(error: unknown): { readonly mistakes: Mistakes; readonly status: 403 } {
  if (!(error instanceof Problem) || error.status !== 403) throw error
  return { mistakes: new Map([['', error.text.detail]]), status: 403 }
}

/** A link to the key that a form has made. */
type Made = readonly [to: string, words: string]

const SECRET_GONE =
  'It was not sent a second time. The secret of the key that it made cannot be shown again: if you have not stored it, go to that key and rotate it.'

/** @throws {Problem} 409, with a link to the key that the form has made, where it was sent before */
export async function claim(
  { claim: take }: PageRequest,
  find: () => Promise<Made | undefined>,
): Promise<void> {
  try {
    await take?.()
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error
    const made = await find()
    throw sentBefore(made)
  }
}

function sentBefore(made: Made | undefined): Problem {
  return new Problem(409, made && { link: made, detail: SECRET_GONE })
}

/** The key that this person has made with this form: the newest of its name since the page was made. */
async function madeBefore(asked: PageRequest) {
  const { user, portal, form: sent, formAt } = asked
  const gate = portal.gates.of(sent.get('environment'))
  if (gate === undefined) return undefined
  const { items } = await actingOn(asked, gate).keys.list({ ownerId: user.ownerId, limit: 50 })
  const key = items.find(
    (key) =>
      key.name === sent.get('name') && isMadeBy(user, key) && key.createdAt.getTime() >= formAt,
  )
  return key && ([`keys/${key.id}`, 'Go to the key that it made'] as const)
}

/** What is chosen before anything was typed; all scopes that only read, where that is asked for. */
function startOf({ user, portal, query }: PageRequest): Form {
  const { expiry } = portal.options
  const all: Readonly<Record<string, readonly string[]>> = {
    environment: user.environments.length === 1 ? user.environments : [],
    kind: ['sk'],
    scopes: query.get('preset') === 'read' ? onlyRead(user.scopes) : [],
    expiry: [expiry.find((one) => one === '90d') ?? expiry[0] ?? ''],
  }
  return { all: (name) => all[name] ?? [], get: (name) => all[name]?.[0] ?? '' }
}

interface Told {
  readonly mistakes?: Mistakes
  readonly notice?: Markup | undefined
  readonly status?: number
}

function formPage(
  asked: PageRequest,
  given: Form,
  { mistakes = NO_MISTAKES, notice, status = mistakes.size > 0 ? 422 : 200 }: Told,
): Page {
  const { root, token } = asked
  const body = form(
    { action: `${root}keys`, token },
    summary(mistakes),
    notice,
    card('What it is for', aboutFields(given, mistakes)),
    card('What it may do', rightsFields(asked, given, mistakes)),
    card('Where it works, and how long', limitFields(asked, given, mistakes)),
    html`<p class="acts">
      <button class="btn main" type="submit">Create key</button>
      <a class="btn" href="${root}keys">Cancel</a>
    </p>`,
  )
  const lead = 'The key is shown once, on the next page. Decide first where you will store it.'
  return page({ status, title: 'New key', lead, trail: [['keys', 'Keys']], body })
}

function aboutFields(given: Form, mistakes: Mistakes) {
  const value = (name: string) => ({ name, value: given.get(name), mistakes })
  return html`<div class="form">
    ${textField({
      ...value('name'),
      ...{
        label: 'Name',
        hint: 'The program that will use it, such as "Billing server".',
        max: 128,
        isRequired: true,
      },
    })}
    ${textField({
      ...value('description'),
      ...{
        label: 'Description (optional)',
        hint: 'What your colleagues should know.',
        max: 1_024,
        rows: 3,
      },
    })}
    ${textField({
      ...value('stored_in'),
      ...{
        label: 'Where it is stored (optional)',
        hint: 'A note for the person who rotates it, such as "AWS Secrets Manager, prod/billing". Not the key.',
        max: 256,
      },
    })}
  </div>`
}

function rightsFields({ user, root, portal }: PageRequest, given: Form, mistakes: Mistakes) {
  const environments = user.environments.map((value) => ({ value, label: value }))
  const { tenantIds = [] } = user
  const chosenTenants = tenantIds.length === 1 ? tenantIds : given.all('tenantIds')
  const kinds = [
    {
      value: 'sk',
      label: 'Secret key',
      hint: 'For servers. Keep it secret: everybody who has it can use it.',
    },
    {
      value: 'pk',
      label: 'Publishable key',
      hint: 'For browsers and apps, where everybody can read it. Give it few scopes.',
    },
  ]
  return html`<div class="form">
    ${choiceField({ name: 'environment', label: 'Environment', kind: 'radio', choices: environments, chosen: given.all('environment'), mistakes, layout: 'row' })}
    ${choiceField({ name: 'kind', label: 'Kind', kind: 'radio', choices: kinds, chosen: given.all('kind'), mistakes, layout: 'cols' })}
    ${scopeGroups(portal.gates.all, user.scopes, given, mistakes, `${root}keys/new?preset=read`)}
    ${
      tenantIds.length > 0 &&
      choiceField({
        ...{ name: 'tenantIds', label: 'Tenants that it may act for', kind: 'checkbox' },
        ...{ choices: tenantIds.map((value) => ({ value, label: value })) },
        ...{ chosen: chosenTenants, mistakes, layout: 'cols' },
      })
    }
  </div>`
}

function limitFields({ portal, address }: PageRequest, given: Form, mistakes: Mistakes) {
  const { expiry, clock } = portal.options
  const choices = expiry.map((value) => ({
    ...{ value, label: isDuration(value) ? `After ${spokenDuration(value)}` : 'Never' },
    ...(isDuration(value) && {
      hint: portal.format.day(new Date(clock() + milliseconds(value))),
    }),
  }))
  const yours = address !== undefined && html` Your address is <code>${address}</code>.`
  return html`<div class="form">
    ${choiceField({ name: 'expiry', label: 'Expires', kind: 'radio', choices, chosen: given.all('expiry'), mistakes, layout: 'row' })}
    ${textField({
      ...{
        name: 'allowedIps',
        label: 'Allowed addresses (optional)',
        value: given.get('allowedIps'),
        mistakes,
        rows: 3,
        isCode: true,
      },
      hint: html`IP addresses or networks such as <code>203.0.113.0/24</code>, one on each line.
        Empty: the key works from anywhere.${yours}`,
    })}
    ${textField({
      ...{
        name: 'resources',
        label: 'Resources (optional)',
        value: given.get('resources'),
        mistakes,
        rows: 2,
        isCode: true,
      },
      hint: html`Limit the key to some resources, such as <code>records/rec_1</code> or
        <code>records/*</code>, one on each line. Empty: its scopes alone decide.`,
    })}
  </div>`
}
