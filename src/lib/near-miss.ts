/** What two texts may differ by where one was meant to be the other: each takes it out of both. */
const DIFFERENCES: readonly (readonly [string, (text: string) => string])[] = [
  ['by white space', (text) => text.trim()],
  ['by a trailing slash', (text) => text.replace(/\/$/, '')],
  ['by http for https', (text) => text.replace(/^http:/i, 'https:')],
  ['in letter case', (text) => text.toLowerCase()],
]

/** Which of these a text is nearly, and what keeps it from being that: `differs from 'x' by a trailing slash only`. */
export function nearMiss(text: string, wanted: readonly string[]): string | undefined {
  const short = text.slice(0, 1_024)
  for (const one of wanted) {
    const found = differencesOf(short, one)
    if (found !== undefined) return `It differs from '${one}' ${found} only.`
  }
  return undefined
}

function differencesOf(text: string, wanted: string): string | undefined {
  let [left, right] = [text, wanted]
  const names: string[] = []
  for (const [name, without] of DIFFERENCES) {
    const [nextLeft, nextRight] = [without(left), without(right)]
    // It is one of their differences where taking it out of both brings them closer in what it takes out.
    if (
      (left === nextLeft) !== (right === nextRight) ||
      (name === 'in letter case' && left !== right)
    )
      names.push(name)
    ;[left, right] = [nextLeft, nextRight]
  }
  return left === right && names.length > 0 ? names.join(' and ') : undefined
}
