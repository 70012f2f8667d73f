import { isDuration, milliseconds } from '../../lib/duration.js'
import { change, findOwnKey, isRotatable, type FoundKey } from '../keys/managed-keys.js'
import { callingOf } from '../keys/request-example.js'
import { keyFormPage } from '../keys/key-form.js'
import { secretPage } from '../keys/secret-page.js'
import { choiceField, NO_MISTAKES, type Mistakes } from '../kit/fields.js'
import { spokenDuration } from '../kit/format.js'
import { html } from '../kit/html.js'
import { card, notice } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import type { Page, PageRequest, Result } from '../web/exchange.js'
import { stepUp } from '../web/step-up.js'
import { claim } from './new-key.js'

/** What will happen, and when. */
export async function rotatePage(asked: PageRequest): Promise<Result> {
  const { key } = await findRotatable(asked)
  const { grace } = asked.portal.options
  const usual = grace.find((one) => one === '24h') ?? grace[0] ?? ''
  return (await stepUp(asked, 'rotate_key')) ?? formPage(asked, key, usual)
}

/** Makes the successor, and shows its secret once. */
export async function rotateKey(asked: PageRequest): Promise<Result> {
  const { form: sent, root, portal } = asked
  // The page of the step may be of another site: it hears of no path that names nothing.
  await findOwnKey(asked)
  const first = await stepUp(asked, 'rotate_key')
  if (first !== undefined) return first
  // A form that is sent again finds a key that was rotated by it: it is told of that as of any form that was sent before.
  await claim(asked, () => successorOf(asked))
  const { gate, key, keys } = await findRotatable(asked)
  const grace = portal.options.grace.find((one) => one === sent.get('grace'))
  if (!isDuration(grace)) {
    return formPage(asked, key, '', new Map([['grace', 'Choose how long the old key works.']]))
  }
  const made = await change(asked, () => keys.rotate(key.id, { gracePeriod: grace }))
  if ('mistakes' in made) return formPage(asked, key, grace, made.mistakes)
  const { previous, ...successor } = made.done
  const { curl } = callingOf(asked, gate, key.environment)
  const { format } = portal
  const end = previous.expiresAt
  const more = notice(
    'warn',
    grace === '0s' ? 'The old key no longer works' : 'The old key still works',
    end !== undefined &&
      grace !== '0s' &&
      html`<p>
        Both keys work until ${format.time(end)}. Replace the old one everywhere. Its page shows
        whether something still uses it.
      </p>`,
  )
  return secretPage({
    ...{ root, title: 'The new secret of this key', key: successor, more },
    curl: curl(successor.secret, successor.scopes),
  })
}

/** What a form that was sent before has made. `undefined` where it has made none. */
async function successorOf(asked: PageRequest) {
  const { rotatedTo } = (await findOwnKey(asked)).key
  return rotatedTo === undefined
    ? undefined
    : ([`keys/${rotatedTo}`, 'Go to its successor'] as const)
}

/** @throws {Problem} 403, 404, and 409 for a key that cannot be rotated */
async function findRotatable(asked: PageRequest): Promise<FoundKey> {
  const found = await findOwnKey(asked)
  if (isRotatable(found.key)) return found
  const { id, rotatedTo } = found.key
  const detail =
    rotatedTo === undefined
      ? 'Only an active key can be rotated.'
      : 'It was rotated already. Rotate its successor.'
  const link = [
    `keys/${rotatedTo ?? id}`,
    rotatedTo ? 'Go to its successor' : 'Go to the key',
  ] as const
  throw new Problem(409, { title: 'This key cannot be rotated', detail, link })
}

function formPage(
  asked: PageRequest,
  key: FoundKey['key'],
  chosen: string,
  mistakes: Mistakes = NO_MISTAKES,
): Page {
  const { format, options } = asked.portal
  const choices = options.grace.map((value) => ({
    value,
    label: value === '0s' ? 'At once' : `After ${spokenDuration(value)}`,
    hint:
      value === '0s'
        ? 'For a key that has leaked. Programs that use the old key are refused from their next request on.'
        : isDuration(value) &&
          html`Both keys work until ${format.time(new Date(options.clock() + milliseconds(value)))}.`,
  }))
  const used = key.lastUsedAt
  return keyFormPage(
    asked,
    key,
    { action: 'rotate', title: 'Rotate', button: 'Rotate key', mistakes },
    card(
      'What will happen',
      html`<p class="note">
        You get a new key with the same rights. It is shown once, on the next page. Put it where the
        old one is, before the old one stops working.
        ${used === undefined ? 'The old one was never used.' : html`The old one was last used ${format.ago(used)}.`}
      </p>`,
      choiceField({
        name: 'grace',
        label: 'When the old key stops working',
        kind: 'radio',
        choices,
        chosen: [chosen],
        mistakes,
        layout: 'list',
      }),
    ),
  )
}
