/** Whether this is how a gate names its tokens. */
export function isTokenId(text: string): boolean {
  return /^tok_[0-9A-Za-z]{22}$/.test(text)
}
