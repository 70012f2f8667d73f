/** Whether PostgreSQL can keep this text: what has a NUL, or half of a surrogate pair, is the name of nothing there. */
export function isText(text: string): boolean {
  return !text.includes('\0') && !/\p{Cs}/u.test(text)
}
