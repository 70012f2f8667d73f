/** HTML that may be put into a page as it is. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What may be put into a template. */
export type Piece = Markup | string | number | undefined | false | readonly Piece[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Makes HTML. Whatever is put into it is text, unless it was made here as well.
 * @example html`<td title="${key.hint}">${key.name}</td>`
 */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(parts.map((part, at) => part + textOf(pieces[at])).join(''))
}

/** An attribute without a value, where it holds: `<input ${flag('checked', isOn)}>`. */
export function flag(
  name: 'checked' | 'selected' | 'required' | 'autofocus' | 'open',
  holds: boolean,
) {
  return holds ? new Markup(name) : undefined
}

/** A long name, such as an address of mail, with the places where a line of it may end. */
export function breakable(name: string): Markup {
  return html`${name.split(/(?<=[@.])/).map((part, at) => (at === 0 ? part : html`<wbr />${part}`))}`
}

/** A joiner between two characters is a part of how they are written: of Persian, of Hindi, of a family. */
const UNSEEN =
  /(?![\t\n]|(?<=[^\s\u200c\u200d])[\u200c\u200d](?=[^\s\u200c\u200d]))[\p{Cc}\p{Cf}\p{Cs}]/gu

function textOf(piece: Piece): string {
  if (piece === undefined || piece === false) return ''
  if (piece instanceof Markup) return piece.text
  if (typeof piece === 'object') return piece.map(textOf).join('')
  // Neither control characters nor those that turn the direction of the text around them.
  const shown = String(piece).replace(UNSEEN, '\ufffd')
  return shown.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
