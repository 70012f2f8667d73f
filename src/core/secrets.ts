import { isObjectLike } from './token-like.js'

/** A key of any gate, from its kind on; its underscores may be percent-encoded. */
const KEYS = /(?:_|%5[fF])[sp]k(?:_|%5[fF])[0-9A-Za-z]{16,}/g
/** Characters that stand in tokens. */
const RUNS = /[\w.-]+/g
/**
 * Where the header of a token may begin, in base64url: at a brace and what may follow it, or at the last or the last two characters of white space before
 * the brace. A longer white space begins with whole groups, which tell nothing.
 */
const BEGINNINGS =
  /(?=ey[ABIJKL]|ew[klop01]|e3[0-3]|(?:IH|CX|Cn|DX)[st]|(?:I[AC]|C[QSgi]|D[QS])[Blp1]7)/g
/** The same, asked of a whole text. */
const BEGINNING = new RegExp(BEGINNINGS.source.slice('(?='.length, -')'.length))

const SECRET = '[secret]'

/** The same text without what looks like an API key or a token. */
export function withoutSecrets(text: string): string {
  const mayHaveKey = text.includes('k_') || text.includes('k%5')
  const clean = mayHaveKey ? text.replace(KEYS, `_${SECRET}`) : text
  return mayHaveToken(clean) ? clean.replace(RUNS, withoutToken) : clean
}

/** Whether something in the text looks like an API key or a token. */
export function hasSecret(text: string): boolean {
  return withoutSecrets(text) !== text
}

/**
 * Three parts or more, of which the first is a JSON object in base64url. By parts: one expression for a whole token takes as long as the square of a
 * text that is full of beginnings.
 */
function withoutToken(run: string): string {
  const parts = run.split('.')
  let before = 0
  for (const part of parts.slice(0, -2)) {
    for (const { index } of part.matchAll(BEGINNINGS)) {
      if (isObjectLike(part.slice(index))) return run.slice(0, before + index) + SECRET
    }
    before += part.length + 1
  }
  return run
}

/** A look at what stands before each dot, as most texts are short of what a header begins with: no expression is asked about those. */
function mayHaveToken(text: string): boolean {
  for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', dot + 1)) {
    for (let at = dot - 1; at >= 0; at--) {
      const kind = KINDS[text.charCodeAt(at)]
      if (kind === FIRST) return BEGINNING.test(text)
      if (kind !== PART) break
    }
  }
  return false
}

/** Of a character of ASCII: whether it is of the alphabet of base64url, and whether a header may begin with it. */
const [PART, FIRST] = [1, 2]
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const letter = String.fromCharCode(code)
  if (/[eICD]/.test(letter)) return FIRST
  return /[\w-]/.test(letter) ? PART : 0
})
