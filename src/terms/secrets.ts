/** A key of any gate, from its kind on; its underscores may be percent-encoded. */
const KEYS = /(?:_|%5[fF])[sp]k(?:_|%5[fF])[0-9A-Za-z]{16,}/g
/** Characters that stand in tokens. */
const RUNS = /[\w.-]+/g
/** How the header of a token begins: `{"`, in base64url. */
const BEGINNING = 'eyJ'

const SECRET = '[secret]'

/** The same text without what looks like an API key or a token. */
export function withoutSecrets(text: string): string {
  const mayHaveKey = text.includes('k_') || text.includes('k%5')
  const clean = mayHaveKey ? text.replace(KEYS, `_${SECRET}`) : text
  return clean.includes(BEGINNING) ? clean.replace(RUNS, withoutToken) : clean
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
    for (const at of new Set([part.indexOf(BEGINNING), part.lastIndexOf(BEGINNING)])) {
      if (at !== -1 && isHeader(part.slice(at))) return run.slice(0, before + at) + SECRET
    }
    before += part.length + 1
  }
  return run
}

function isHeader(part: string): boolean {
  return /^\{"\w+"\s*:/.test(Buffer.from(part, 'base64url').toString('latin1'))
}
