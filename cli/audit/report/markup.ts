/** HTML that may be put into a page as it is. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Piece = Markup | string | number | undefined | readonly Piece[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Makes HTML. What is put into it is text, whoever it is from, unless it was made here as well. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(parts.map((part, at) => part + textOf(pieces[at])).join(''))
}

function textOf(piece: Piece): string {
  if (piece === undefined) return ''
  if (piece instanceof Markup) return piece.text
  if (typeof piece === 'object') return piece.map(textOf).join('')
  // Neither control characters nor those that turn the direction of the text around them.
  const shown = String(piece).replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\ufffd')
  return shown.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
