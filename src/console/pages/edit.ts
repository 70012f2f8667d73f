import { KeyError } from '../../core/errors.js'
import type { ApiKey } from '../../keys/record.js'
import { change, findOwnKey } from '../keys/managed-keys.js'
import { editOf, shownOf } from '../keys/key-edit.js'
import { keyFormPage } from '../keys/key-form.js'
import { NO_MISTAKES, textField, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, facts, notice } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import type { Form } from '../web/form.js'
import { SEEN_FIELD } from '../web/seen.js'

/** What people may change of a key that lives. */
export async function editPage(asked: PageRequest): Promise<Page> {
  const { key } = await findLiving(asked)
  const { texts, seen } = shownOf(key)
  return formPage(asked, key, { given: texts, seen })
}

/** How often others may save between a look at the key and the change. */
const ATTEMPTS = 5

/** Changes what the person has changed, and nothing else. What somebody else has changed since the page was opened is shown first. */
export async function editKey(asked: PageRequest, left = ATTEMPTS): Promise<Result> {
  const { keys, key } = await findLiving(asked)
  const { form: sent } = asked
  const wrong = (mistakes: Mistakes) =>
    formPage(asked, key, { given: sent, seen: sent.get(SEEN_FIELD), mistakes })
  if (sent.get('name') === '') return wrong(new Map([['name', 'Give the key a name.']]))
  const now = shownOf(key)
  const { input, conflicts, merged } = editOf(key, sent, now)
  if (conflicts.length > 0) {
    const before = changedNotice(conflicts.map((name) => [LABELS[name], now.texts.get(name)]))
    return { ...formPage(asked, key, { given: merged, seen: now.seen, before }), status: 409 }
  }
  const made = await change(asked, async () => {
    try {
      await keys.update(key.id, { ...input, expected: key })
      return true
    } catch (error) {
      if (left > 1 && error instanceof KeyError && error.code === 'changed_meanwhile') return false
      throw error
    }
  })
  if ('mistakes' in made) return wrong(made.mistakes)
  return made.done ? redirect(`keys/${key.id}`, 'key_saved') : editKey(asked, left - 1)
}

const LABELS = {
  name: 'Name',
  description: 'Description (optional)',
  stored_in: 'Where it is stored (optional)',
  allowedIps: 'Allowed addresses (optional)',
} as const

function changedNotice(fields: readonly (readonly [label: string, now: string])[]): Markup {
  return notice(
    'bad',
    'The key has changed since you opened this page',
    html`<p>Nothing was saved. These fields are by now:</p>
      ${facts(fields.map(([label, now]) => [label, now === '' ? 'Empty' : now]))}
      <p>The form has what you have typed. Look again before you save it.</p>`,
  )
}

/** @throws {Problem} 403, 404, and 409 for a key that has ended */
async function findLiving(asked: PageRequest) {
  const found = await findOwnKey(asked)
  const { id, state } = found.key
  if (state === 'active' || state === 'disabled') return found
  const link = [`keys/${id}`, 'Go to the key'] as const
  const text = { title: `This key is ${state}`, detail: 'It cannot be changed any more.' }
  throw new Problem(409, { ...text, link })
}

interface Shown {
  readonly given: Form
  /** What the page says that it has shown: of a form with mistakes, what its first page has said. */
  readonly seen: string
  readonly mistakes?: Mistakes
  readonly before?: Markup
}

function formPage(
  asked: PageRequest,
  key: ApiKey,
  { given, seen, mistakes = NO_MISTAKES, before }: Shown,
): Page {
  const field = <N extends keyof typeof LABELS>(name: N) => ({
    ...{ name, label: LABELS[name], value: given.get(name), mistakes },
  })
  return keyFormPage(
    asked,
    key,
    { action: 'edit', title: 'Edit', button: 'Save', mistakes },
    before,
    html`<input type="hidden" name="${SEEN_FIELD}" value="${seen}" />`,
    card(
      undefined,
      html`<div class="form">
        ${textField({ ...field('name'), max: 128, isRequired: true })}
        ${textField({ ...field('description'), max: 1_024, rows: 3 })}
        ${textField({ ...field('stored_in'), max: 256 })}
        ${textField({
          ...field('allowedIps'),
          ...{ rows: 4, isCode: true },
          hint: 'IP addresses or networks, one on each line. Empty: the key works from anywhere. The word none: from nowhere.',
        })}
      </div>`,
    ),
  )
}
