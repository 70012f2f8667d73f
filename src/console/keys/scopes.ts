import type { Gate } from '../../gate/gate.js'
import { choiceList, type Choice, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import type { Form } from '../web/form.js'

interface Group {
  readonly title: string | undefined
  readonly choices: readonly Choice[]
}

/** Those of which the name says that they only read. */
export function onlyRead(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => /(?:^|[^a-z])(?:read|view|list|get)(?:$|[^a-z])/i.test(scope))
}

/** The scopes that a person may hand out, as check boxes in groups by level. Where none is chosen, that has to be meant. @param preset the address of the form with all that only read */
export function scopeGroups(
  gates: readonly Gate[],
  scopes: readonly string[],
  given: Form,
  mistakes: Mistakes,
  preset: string,
): Markup {
  const chosen = given.all('scopes')
  const wrong = mistakes.get('scopes')
  const read = onlyRead(scopes)
  const groups = groupsOf(gates, scopes)
  const invalid = wrong !== undefined && html`aria-invalid="true" aria-describedby="w-scopes"`
  return html`<fieldset ${invalid}>
    <legend>Scopes</legend>
    <span class="hint"
      >Choose only what the program needs.
      ${
        read.length > 0 &&
        html`<a
          href="${preset}"
          data-check="scopes"
          data-values="${read.join(' ')}"
          data-done="Chosen: ${read.join(', ')}."
          >Choose all that only read</a
        >`
      }</span
    >
    <span class="status" role="status"></span>
    ${wrong !== undefined && html`<span class="wrong" id="w-scopes">${wrong}</span>`}
    ${groups.length === 0 && html`<p class="note">${NONE_HELD}</p>`}
    ${groups.map(
      ({ title, choices }, at) =>
        html`<div class="group">
          ${groups.length > 1 && title !== undefined && html`<p>${title}</p>`}
          ${choiceList({ name: 'scopes', kind: 'checkbox', choices, chosen, layout: 'cols' }, at === 0)}
        </div>`,
    )}
    ${(wrong !== undefined || given.all('without_scopes').length > 0) && withoutScopes(given)}
  </fieldset>`
}

const NONE_HELD = 'You have no scopes to give. The key can call only endpoints that need no scope.'

/** A key that can do next to nothing is made by those alone who say that they want it. */
function withoutScopes(given: Form): Markup {
  const choice = {
    ...{ value: 'yes', label: 'This key has no scopes' },
    hint: 'It can call only endpoints that need no scope. Scopes cannot be added later.',
  }
  const name = 'without_scopes'
  return html`<div class="group">
    ${choiceList({ name, kind: 'checkbox', choices: [choice], chosen: given.all(name), layout: 'cols' })}
  </div>`
}

/** In the order of the levels, the lowest first. */
function groupsOf(gates: readonly Gate[], held: readonly string[]): readonly Group[] {
  const groups = new Map<string, { title: string | undefined; choices: Choice[] }>()
  const seen = new Set<string>()
  for (const gate of gates) {
    const { scopes, levels } = gate.describe()
    const order = levels.map(({ name }) => name)
    const placeOf = (level: number | string) =>
      typeof level === 'number' ? level : order.indexOf(level)
    for (const scope of [...scopes].sort((a, b) => placeOf(a.level) - placeOf(b.level))) {
      const { name, title, description, level } = scope
      if (!held.includes(name) || seen.has(name)) continue
      seen.add(name)
      const known = levels.find((one) => one.name === level)
      const heading = known === undefined ? `Level ${String(level)}` : (known.title ?? known.name)
      const group = groups.get(heading) ?? { title: heading, choices: [] }
      const hint = [title !== undefined && name, description].filter(Boolean).join(': ')
      group.choices.push({ value: name, label: title ?? name, ...(hint !== '' && { hint }) })
      groups.set(heading, group)
    }
  }
  return [...groups.values()]
}
