/** RFC 6454 section 6.2: scheme, host and port, and nothing more. */
export function isOrigin(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    /^https?:/.test(text) &&
    URL.canParse(text) &&
    new URL(text).origin === text
  )
}
