import { TOKEN_FIELD } from '../web/form.js'
import { flag, html, type Markup, type Piece } from './html.js'

/** What is wrong with a form, by the name of the field; `''` for what is wrong with all of it. */
export type Mistakes = ReadonlyMap<string, string>

export const NO_MISTAKES: Mistakes = new Map()

interface FieldText {
  readonly name: string
  readonly label: string
  readonly hint?: Piece
}

interface TextField extends FieldText {
  readonly value: string
  readonly mistakes?: Mistakes
  readonly max?: number
  readonly rows?: number
  readonly kind?: 'text' | 'search' | 'date'
  readonly isRequired?: boolean
  readonly isCode?: boolean
}

/** One of several. */
export interface Choice {
  readonly value: string
  readonly label: Piece
  readonly hint?: Piece
}

interface ChoiceField extends FieldText {
  readonly kind: 'radio' | 'checkbox'
  readonly choices: readonly Choice[]
  readonly chosen: readonly string[]
  readonly mistakes?: Mistakes
  readonly layout?: 'row' | 'cols' | 'list' | ''
}

/** The form of a page: sent to where `action` says, with its token. */
export function form(
  { action, token }: { readonly action: string; readonly token: string },
  ...content: readonly Piece[]
): Markup {
  return html`<form class="form" method="post" action="${action}" novalidate>
    <input type="hidden" name="${TOKEN_FIELD}" value="${token}" />
    ${content}
  </form>`
}

/** A button that changes something by itself. */
export function button(
  {
    action,
    token,
    hidden = {},
  }: {
    readonly action: string
    readonly token: string
    readonly hidden?: Readonly<Record<string, string>>
  },
  words: string,
  kind: 'main' | 'mild' | 'mild slim' | '' = '',
): Markup {
  return html`<form class="once" method="post" action="${action}">
    <input type="hidden" name="${TOKEN_FIELD}" value="${token}" />
    ${Object.entries(hidden).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
    )}
    <button class="btn ${kind}" type="submit">${words}</button>
  </form>`
}

/** All mistakes, each with a link to its field. It has the focus. */
export function summary(mistakes: Mistakes): Markup | undefined {
  if (mistakes.size === 0) return undefined
  return html`<div class="summary" role="group" aria-labelledby="mistakes" tabindex="-1" autofocus>
    <h2 id="mistakes">Nothing was changed: please correct the form</h2>
    <ul>
      ${[...mistakes].map(([name, text]) =>
        name === '' ? html`<li>${text}</li>` : html`<li><a href="#f-${name}">${text}</a></li>`,
      )}
    </ul>
  </div>`
}

export function textField(field: TextField): Markup {
  const { name, label, value, mistakes = NO_MISTAKES, max, rows, kind = 'text' } = field
  const { describedBy, texts } = descriptions(field, mistakes)
  const rules = html`${max !== undefined && html`maxlength="${max}"`}
  ${flag('required', field.isRequired === true)} ${describedBy}`
  const control =
    rows === undefined
      ? html`<input
          type="${kind}"
          id="f-${name}"
          name="${name}"
          value="${value}"
          autocomplete="off"
          ${rules}
        />`
      : html`<textarea id="f-${name}" name="${name}" rows="${rows}" ${rules}>${value}</textarea>`
  return html`<div class="field ${field.isCode === true && 'coded'}">
    <label for="f-${name}">${label}</label>${texts} ${control}
  </div>`
}

export function select(
  field: FieldText & { readonly value: string; readonly choices: readonly Choice[] },
): Markup {
  const { name, label, value, choices } = field
  return html`<div class="field">
    <label for="f-${name}">${label}</label>
    <select id="f-${name}" name="${name}">
      ${choices.map(
        (choice) =>
          html`<option value="${choice.value}" ${flag('selected', choice.value === value)}>
            ${choice.label}
          </option>`,
      )}
    </select>
  </div>`
}

/** Radio buttons or check boxes, in a group of their own. */
export function choiceField(field: ChoiceField): Markup {
  const { label, mistakes = NO_MISTAKES } = field
  const { describedBy, texts } = descriptions(field, mistakes)
  return html`<fieldset class="field-set" ${describedBy}>
    <legend>${label}</legend>
    ${texts} ${choiceList(field)}
  </fieldset>`
}

/** The choices alone, for a group that has its own heading. The first one is what a mistake leads to. */
export function choiceList(
  { name, kind, choices, chosen, layout = '' }: Omit<ChoiceField, 'label'>,
  isFirst = true,
): Markup {
  return html`<ul class="choices ${layout}">
    ${choices.map(
      ({ value, label, hint }, at) =>
        html`<li>
          <label class="choice"
            ><input
              type="${kind}"
              name="${name}"
              value="${value}"
              ${isFirst && at === 0 && html`id="f-${name}"`}
              ${flag('checked', chosen.includes(value))}
            /><span
              ><b>${label}</b>${hint !== undefined && html`<small>${hint}</small>`}</span
            ></label
          >
        </li>`,
    )}
  </ul>`
}

function descriptions({ name, hint }: FieldText, mistakes: Mistakes) {
  const wrong = mistakes.get(name)
  const ids = [hint !== undefined && `h-${name}`, wrong !== undefined && `w-${name}`].filter(
    Boolean,
  )
  return {
    describedBy: html`${ids.length > 0 && html`aria-describedby="${ids.join(' ')}"`}
    ${wrong !== undefined && html`aria-invalid="true"`}`,
    texts: html`${hint !== undefined && html`<span class="hint" id="h-${name}">${hint}</span>`}
    ${wrong !== undefined && html`<span class="wrong" id="w-${name}">${wrong}</span>`}`,
  }
}
