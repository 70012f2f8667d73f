import type { ApiKey } from '../../keys/record.js'
import { change, findOwnKey } from '../keys/managed-keys.js'
import { keyFormPage } from '../keys/key-form.js'
import { linesOf, NOTES, notesOf } from '../keys/new-key.js'
import { NO_MISTAKES, textField, type Mistakes } from '../kit/fields.js'
import { html } from '../kit/html.js'
import { card } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import type { Form } from '../web/form.js'

/** What people may change of a key that lives. */
export async function editPage(asked: PageRequest): Promise<Page> {
  const { key } = await findLiving(asked)
  const noted = (name: string) => {
    const text = key.metadata[name]
    return typeof text === 'string' ? text : ''
  }
  const lines = (key.allowedIps ?? []).join('\n')
  const get = (name: string) =>
    name === 'name' ? key.name : name === 'allowedIps' ? lines : noted(name)
  return formPage(asked, key, { get, all: () => [] })
}

export async function editKey(asked: PageRequest): Promise<Result> {
  const { keys, key } = await findLiving(asked)
  const { form: sent } = asked
  if (sent.get('name') === '') {
    return formPage(asked, key, sent, new Map([['name', 'Give the key a name.']]))
  }
  const allowedIps = linesOf(sent.get('allowedIps'))
  const others = Object.entries(key.metadata).filter(([name]) => !NOTES.some((own) => own === name))
  const metadata = { ...Object.fromEntries(others), ...notesOf(sent) }
  const isSame = JSON.stringify(metadata) === JSON.stringify(key.metadata)
  const made = await change(asked, () =>
    keys.update(key.id, {
      name: sent.get('name'),
      ...(!isSame && { metadata }),
      allowedIps: allowedIps.length === 0 ? null : allowedIps,
    }),
  )
  return 'mistakes' in made
    ? formPage(asked, key, sent, made.mistakes)
    : redirect(`keys/${key.id}`, 'key_saved')
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

function formPage(
  asked: PageRequest,
  key: ApiKey,
  given: Form,
  mistakes: Mistakes = NO_MISTAKES,
): Page {
  const value = (name: string) => ({ name, value: given.get(name), mistakes })
  return keyFormPage(
    asked,
    key,
    { action: 'edit', title: 'Edit', button: 'Save', mistakes },
    card(
      undefined,
      html`<div class="form">
        ${textField({ ...value('name'), label: 'Name', max: 128, isRequired: true })}
        ${textField({ ...value('description'), label: 'Description (optional)', max: 1_024, rows: 3 })}
        ${textField({ ...value('stored_in'), label: 'Where it is stored (optional)', max: 256 })}
        ${textField({
          ...value('allowedIps'),
          ...{ label: 'Allowed addresses (optional)', rows: 4, isCode: true },
          hint: 'IP addresses or networks, one on each line. Empty: the key works from anywhere.',
        })}
      </div>`,
    ),
  )
}
