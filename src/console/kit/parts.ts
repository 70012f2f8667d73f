import { html, Markup, type Piece } from './html.js'

/** How a tag looks: its words say the same. */
export type Tone = 'ok' | 'warn' | 'bad' | 'off' | ''

export function tag(tone: Tone, words: string): Markup {
  return html`<span class="tag ${tone}">${words}</span>`
}

export function chips(words: readonly string[]): Markup {
  return html`<ul class="chips">
    ${words.map((word) => html`<li class="chip">${word}</li>`)}
  </ul>`
}

/** A column: its heading, and whether it has numbers. */
export interface Column {
  readonly title: Piece
  readonly isNumber?: boolean
  /** For a heading that sorts. */
  readonly sort?: 'ascending' | 'descending'
}

interface TableOptions {
  /** What the table holds, for readers who do not see it. */
  readonly caption: string
  readonly columns: readonly Column[]
  /** The first cell of each is its heading. */
  readonly rows: readonly (readonly Piece[])[]
  /** `keys` and `wide`: of many columns, and a list of cards in a narrow window. */
  readonly kind?: 'keys' | 'wide' | ''
}

/**
 * A table that is moved sideways in a region of its own where the window is narrow; one with a kind is a list of cards there, each cell beside its heading. The keyboard stops at the region, so that it can be moved without script; the script takes the stop away while there is nothing to move. The roles hold whatever the style sheet
 * makes of it.
 */
export function table({ caption, columns, rows, kind = '' }: TableOptions): Markup {
  const side = (at: number) => columns[at]?.isNumber === true && html` class="n"`
  const name = (at: number) => {
    const title = columns[at]?.title
    return kind !== '' && typeof title === 'string' && html` data-name="${title}"`
  }
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="${kind}" role="table">
      <caption>
        ${caption}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(
            ({ title, sort }, at) =>
              html`<th
                scope="col"
                role="columnheader"
                ${side(at)}${sort && html` aria-sort="${sort}"`}
              >
                ${title}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          ([first, ...others]) =>
            html`<tr role="row">
              <th scope="row" role="rowheader">${first}</th>
              ${others.map((cell, at) => html`<td role="cell" ${side(at + 1)}${name(at + 1)}>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** Names and values. What is absent is left out. */
export function facts(pairs: readonly (readonly [name: string, value: Piece])[]): Markup {
  return html`<dl class="facts">
    ${pairs
      .filter(([, value]) => value !== undefined && value !== false)
      .map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
  </dl>`
}

export function card(title: string | undefined, ...content: readonly Piece[]): Markup {
  return html`<section class="card">
    ${title !== undefined && html`<h2>${title}</h2>`} ${content}
  </section>`
}

export function tiles(
  items: readonly (readonly [figure: Piece, words: Piece, more?: Piece])[],
): Markup {
  return html`<ul class="tiles">
    ${items.map(
      ([figure, words, more]) =>
        html`<li class="tile">
          <b>${figure}</b>${words}${Boolean(more) && html`<br /><span>${more}</span>`}
        </li>`,
    )}
  </ul>`
}

export function notice(tone: Tone, title: string, ...content: readonly Piece[]): Markup {
  return html`<section class="notice ${tone}">
    <h2>${title}</h2>
    ${content}
  </section>`
}

/** What is shown where there is nothing yet: what it is for, and what to do first. */
export function empty(title: string, text: Piece, actions?: Markup): Markup {
  return html`<div class="empty">
    ${KEY_PICTURE}
    <h2>${title}</h2>
    <p>${text}</p>
    ${actions && html`<div class="acts">${actions}</div>`}
  </div>`
}

const KEY_PICTURE = new Markup(
  '<svg viewBox="0 0 56 56" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><rect x="6" y="10" width="44" height="36" rx="6"/><circle cx="20" cy="28" r="6"/><path d="M26 28h17M38 28v6M32 28v4"/></svg>',
)

/** What a page was narrowed to, for its print: the form that says so is not printed. Empty values are left out. */
export function printed(shown: Readonly<Record<string, string>>): Markup | undefined {
  const said = Object.entries(shown).filter(([, value]) => value !== '')
  if (said.length === 0) return undefined
  return html`<p class="printed note">Shown: ${said.map((pair) => pair.join(' ')).join(', ')}.</p>`
}
