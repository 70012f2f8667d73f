import { flag, html, type Markup, type Piece } from './html.js'

interface FilterForm {
  /** The address that is filtered, from this page. */
  readonly action: string
  /** What the form does, for readers who do not see it. */
  readonly label: string
  /** How many filters the address has. */
  readonly set: number
}

/** The filters of a list. In a narrow window they are folded, unless one is set; it needs no script. */
export function filterForm(
  { action, label, set }: FilterForm,
  ...fields: readonly Piece[]
): Markup {
  return html`<details class="fold" ${flag('open', set > 0)}>
    <summary>Filters${set > 0 && ` (${String(set)} set)`}</summary>
    <form class="filters" action="${action}" role="search" aria-label="${label}">
      ${fields}
      <p class="acts">
        <button class="btn" type="submit">Apply</button>
        <a class="btn" href="${action}">Reset</a>
      </p>
    </form>
  </details>`
}
