/** Edits (insert, delete, replace, one character each) that lead from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next[j] = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
    }
    row = next
  }
  return row[to.length] ?? 0
}

/** The name that was probably meant, if any is near enough to suggest. */
export function nearest(word: unknown, names: Iterable<string>): string | undefined {
  let best: string | undefined
  // From JavaScript, it may be anything.
  const asked = String(word).toLowerCase().slice(0, 64)
  let least = Math.max(2, Math.floor(String(word).length / 3)) + 1
  for (const name of names) {
    const edits = distance(asked, name.toLowerCase().slice(0, 64))
    if (edits < least) [best, least] = [name, edits]
  }
  return best
}

/** What to say of a name that is not among the known ones. */
export function unknownName(unknown: string, names: readonly string[]): string {
  const meant = nearest(unknown, names)
  const advice = meant === undefined ? `known are ${names.join(', ')}` : `did you mean '${meant}'?`
  return `is not known; ${advice}`
}
