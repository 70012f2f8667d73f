import type { ApiKey } from '../../keys/record.js'
import { change, findOwnKey } from '../keys/managed-keys.js'
import { keyFormPage } from '../keys/key-form.js'
import { PAUSE_NOTE } from '../keys/new-key.js'
import { NO_MISTAKES, textField, type Mistakes } from '../kit/fields.js'
import { html } from '../kit/html.js'
import { card, facts } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import type { Fields } from '../web/form.js'
import { SEEN_FIELD, seenIn } from '../web/seen.js'

export const PAUSE_FIELDS: Fields = { reason: 'one' }
export const RESUME_FIELDS: Fields = { ...PAUSE_FIELDS, [SEEN_FIELD]: 'one' }

/** Says what pausing does, and asks why. */
export async function pausePage(asked: PageRequest): Promise<Page> {
  const { key } = await findOwnKey(asked)
  return pauseForm(asked, key)
}

/** Refuses the key until somebody resumes it. Why is in the audit log, and kept with the key for those who may resume it. */
export async function pauseKey(asked: PageRequest): Promise<Result> {
  const { keys, key } = await findOwnKey(asked)
  if (key.state === 'disabled') throw nothingToDo(key, 'This key is paused already')
  const reason = asked.form.get('reason')
  const metadata = { ...key.metadata, [PAUSE_NOTE]: reason }
  const pause = (noted: object) =>
    change(asked, () => keys.update(key.id, { disabled: true, ...saidIn(asked), ...noted }))
  // Who may not change a key that can do more may pause it all the same: without a note at the key then.
  const made = await pause(reason === '' ? {} : { metadata }).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 403) return pause({})
    throw error
  })
  return 'mistakes' in made
    ? pauseForm(asked, key, made.mistakes)
    : redirect(`keys/${key.id}`, 'key_paused')
}

/** Says why the key is paused, and asks why it is resumed. */
export async function resumePage(asked: PageRequest): Promise<Page> {
  const { key } = await findOwnKey(asked)
  return resumeForm(asked, key)
}

/** Lets a key in again that is paused as the page has shown it. */
export async function resumeKey(asked: PageRequest): Promise<Result> {
  const { keys, key } = await findOwnKey(asked)
  if (key.state === 'active') throw nothingToDo(key, 'This key is not paused')
  if (asked.form.get(SEEN_FIELD) !== pauseIn(key)) {
    return { ...resumeForm(asked, key, PAUSED_ANEW), status: 409 }
  }
  const { [PAUSE_NOTE]: reason, ...metadata } = key.metadata
  const noted = reason === undefined ? {} : { metadata }
  const made = await change(asked, () =>
    keys.update(key.id, { disabled: false, ...saidIn(asked), ...noted }),
  )
  return 'mistakes' in made
    ? resumeForm(asked, key, made.mistakes)
    : redirect(`keys/${key.id}`, 'key_resumed')
}

const PAUSED_ANEW: Mistakes = new Map([
  ['', 'The key was paused anew since you opened this page. Look why, before you resume it.'],
])

/** Says of which pause a page speaks: since when, and why. */
function pauseIn({ disabledAt, metadata }: ApiKey): string {
  const note = metadata[PAUSE_NOTE]
  return seenIn([disabledAt?.toISOString() ?? '', typeof note === 'string' ? note : ''])
}

function nothingToDo({ id }: ApiKey, title: string): Problem {
  const link = [`keys/${id}`, 'Go to the key'] as const
  return new Problem(409, { title, detail: 'Nothing was changed.', link })
}

function saidIn({ form }: PageRequest): { readonly reason?: string } {
  const reason = form.get('reason')
  return reason === '' ? {} : { reason }
}

function pauseForm(asked: PageRequest, key: ApiKey, mistakes: Mistakes = NO_MISTAKES): Page {
  const { format } = asked.portal
  const used = key.lastUsedAt
  return keyFormPage(
    asked,
    key,
    { action: 'pause', title: 'Pause', button: 'Pause key', mistakes },
    card(
      'What will happen',
      html`<p class="note">
          Programs that use this key are refused from their next request on, until somebody resumes
          it. Its rights and its end stay as they are.
          ${used === undefined ? 'It was never used.' : html`It was last used ${format.ago(used)}.`}
        </p>
        ${reasonField(asked, mistakes, 'Shown on the page of the key while it is paused, and kept in the audit log.')}`,
    ),
  )
}

function resumeForm(asked: PageRequest, key: ApiKey, mistakes: Mistakes = NO_MISTAKES): Page {
  const { format } = asked.portal
  const note = key.metadata[PAUSE_NOTE]
  return keyFormPage(
    asked,
    key,
    { action: 'resume', title: 'Resume', button: 'Resume key', mistakes },
    html`<input type="hidden" name="${SEEN_FIELD}" value="${pauseIn(key)}" />`,
    card(
      'What will happen',
      html`<p class="note">
          Programs that use this key are let in again from their next request on, with the rights
          that they had.
        </p>
        ${facts([
          ['Paused', key.disabledAt && format.time(key.disabledAt)],
          ['Paused because', typeof note === 'string' && note],
        ])}
        ${reasonField(asked, mistakes, 'Kept in the audit log.')}`,
    ),
  )
}

function reasonField({ form }: PageRequest, mistakes: Mistakes, hint: string) {
  return html`<div class="form">
    ${textField({
      ...{ name: 'reason', label: 'Reason (optional)', value: form.get('reason') },
      ...{ mistakes, max: 256, hint },
    })}
  </div>`
}
