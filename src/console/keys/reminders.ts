import { MisuseError } from '../../core/errors.js'
import type { ReminderChoice } from '../../events/types.js'
import type { Gate } from '../../gate/gate.js'
import { choiceField, form } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, tag } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { redirect, type PageRequest, type Result } from '../web/exchange.js'
import type { Fields } from '../web/form.js'
import { mergedWith, SEEN_FIELD, seenIn } from '../web/seen.js'
import { NO_REMINDERS } from '../trail/words.js'
import { actingOn, environmentsOf, gatesSeen, managesAllOf } from './managed-keys.js'
import { answeringGate, receiversOf } from './message-receivers.js'

export const REMINDER_FIELDS: Fields = { days: 'many', [SEEN_FIELD]: 'one' }

/** Which reminders the organization has chosen, and who is told; or that nobody is, or that it is chosen elsewhere. */
export async function choiceSection(asked: PageRequest): Promise<Markup> {
  const choices = await choicesOf(asked)
  const [found] = choices
  if (found === undefined) return card(TITLE, html`<p>${withoutChoice(asked)}</p>`)
  const told = html`<p class="note">${receiversOf(found.gate)}</p>`
  const { chosen, offered } = found.choice
  const state =
    chosen.length === 0
      ? html`${tag('off', 'Off')} Nobody is told when a key is due for rotation.`
      : html`${tag('ok', 'On')} One message for each key: ${spoken(chosen)}.`
  const refusal = refusalOf(asked)
  if (refusal !== undefined) {
    return card(TITLE, html`<p>${state}</p>`, told, html`<p class="note">${refusal}</p>`)
  }
  const { root, token } = asked
  return card(
    TITLE,
    html`<p>${state}</p>`,
    told,
    form(
      { action: `${root}reminders`, token },
      html`<input type="hidden" name="${SEEN_FIELD}" value="${seenIn(choices.map(textOf))}" />`,
      choiceField({
        ...{ name: 'days', kind: 'checkbox', layout: 'row', label: 'When to be told' },
        hint: 'Uncheck all of them to turn messages off.',
        choices: offered.map((days) => ({ value: String(days), label: capital(daysBefore(days)) })),
        chosen: chosen.map(String),
      }),
      html`<p class="acts"><button class="btn main" type="submit">Save</button></p>`,
    ),
  )
}

/** Why the person does not choose: messages are about the keys of all environments, also of gates that the person does not see, which may share a key store. `undefined`: the person may. */
function refusalOf(asked: PageRequest): string | undefined {
  const gates = asked.portal.gates.all
  const who = 'Somebody who may change all keys of the organization can change this.'
  if (!asked.can('keys:all')) return who
  if (gates.every((gate) => managesAllOf(asked, gate))) return undefined
  const all = [...new Set(gates.flatMap(environmentsOf))].join(', ')
  return `Messages are about keys of all environments (${all}), and you do not manage all of them. ${who}`
}

function withoutChoice(asked: PageRequest): Markup {
  const gate = answeringGate(asked)
  if (gate === undefined) return html`${tag('off', 'Off')} ${NOBODY}`
  return html`${SET_ELSEWHERE} ${receiversOf(gate)}`
}

const TITLE = 'Messages'
const NOBODY =
  'Nobody is told when a key is due: this API sends no messages about it. The console shows keys that are due here, on the overview and on the page of keys.'
const SET_ELSEWHERE =
  'Whether your organization is told when a key is due is set in the app, not here.'

/** Keeps what was chosen, for all instances; first, the audit log says who has chosen it. */
export async function chooseReminders(asked: PageRequest): Promise<Result> {
  const found = await choicesOf(asked)
  if (found.length === 0) throw new Problem(404)
  const refusal = refusalOf(asked)
  if (refusal !== undefined) throw new Problem(403, { detail: `${refusal} Nothing was changed.` })
  const days = asked.form.all('days')
  const choices = found.map(({ gate, choice }, at) => {
    const chosen = choice.offered.filter((one) => days.includes(String(one)))
    if (chosen.length !== days.length) {
      throw new Problem(400, { detail: 'There are no such days. Nothing was changed.' })
    }
    const texts = { sent: textOf({ choice: { ...choice, chosen } }), now: textOf({ choice }) }
    const isSame = texts.sent === texts.now
    if (!isSame && mergedWith(asked.form.get(SEEN_FIELD), at, texts) !== 'changes') {
      throw changedMeanwhile()
    }
    return { gate, chosen }
  })
  for (const { gate, chosen } of choices) {
    await noteChoice(asked, gate, chosen)
    await gate.events.chooseReminders(asked.user.ownerId, chosen)
  }
  return redirect('reminders', days.length === 0 ? 'messages_off' : 'messages_on')
}

function changedMeanwhile(): Problem {
  return new Problem(409, {
    title: 'Somebody has chosen other days meanwhile',
    detail: 'Nothing was changed. Look at what is chosen now, before you choose again.',
    link: ['reminders', 'Go to the reminders'],
  })
}

/** What is chosen, in one spelling. */
function textOf({ choice: { chosen, offered } }: Pick<Found, 'choice'>): string {
  return offered.filter((days) => chosen.includes(days)).join(' ')
}

/** Who has chosen what, for the audit log, where the API keeps one. @throws {AuditError} where it cannot be recorded: nothing is changed then */
async function noteChoice(asked: PageRequest, gate: Gate, chosen: readonly number[]) {
  const reminders = chosen.length === 0 ? NO_REMINDERS : chosen.join(', ')
  try {
    await actingOn(asked, gate).audit.note({ path: asked.path, filter: { reminders } })
  } catch (error) {
    if (!(error instanceof MisuseError && error.code === 'not_supported')) throw error
  }
}

interface Found {
  readonly gate: Gate
  readonly choice: ReminderChoice
}

async function choicesOf(asked: PageRequest): Promise<readonly Found[]> {
  const found = gatesSeen(asked).map(async (gate) => {
    try {
      return [{ gate, choice: await gate.events.reminders(asked.user.ownerId) }]
    } catch (error) {
      if (error instanceof MisuseError && error.code === 'not_supported') return []
      throw error
    }
  })
  return (await Promise.all(found)).flat()
}

/** `14 days before, 7 days before and when it is due`. */
function spoken(days: readonly number[]): string {
  const all = days.map(daysBefore)
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1) ?? ''}`
}

function daysBefore(days: number): string {
  if (days === 0) return 'when it is due'
  return `${String(days)} day${days === 1 ? '' : 's'} before`
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
