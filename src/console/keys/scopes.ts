import { choiceList, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'

/** The scopes that a person may hand out, as check boxes. @param preset the address of the form with all that only read */
export function scopeGroups(
  scopes: readonly string[],
  chosen: readonly string[],
  mistakes: Mistakes,
  preset: string,
): Markup {
  const wrong = mistakes.get('scopes')
  const choices = scopes.map((value) => ({ value, label: value }))
  return html`<fieldset
    ${wrong !== undefined && html`aria-invalid="true" aria-describedby="w-scopes"`}
  >
    <legend>Scopes</legend>
    <span class="hint"
      >Choose only what the program needs. <a href="${preset}">Choose all that only read</a></span
    >
    ${wrong !== undefined && html`<span class="wrong" id="w-scopes">${wrong}</span>`}
    ${
      choices.length === 0
        ? html`<p class="note">You hold no scopes that you could hand out.</p>`
        : choiceList({ name: 'scopes', kind: 'checkbox', choices, chosen, layout: 'cols' })
    }
  </fieldset>`
}
