/** What an error says, whatever was thrown: code of apps throws anything. */
export function messageOf(error: unknown): string {
  try {
    const said: unknown = error instanceof Error ? error.message : error
    return String(said)
  } catch {
    return 'an error that cannot be shown'
  }
}
